"""A system-call filter for the process that calls it: no network, no programs, no other processes, nothing written.

The process that reads foreign files needs to compute and to answer, and the kernel can hold it to that (seccomp(2)).
Denied calls fail with EPERM. It is a list of what is denied and not of what is allowed, since a list of the allowed
would have to know every C library; memory, time and open files are held by resource limits.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
from dataclasses import dataclass

_DENIED: dict[str, tuple[int | None, int | None]] = {
    # name: (x86_64, aarch64), from the kernel's tables; None where the architecture has no such call.
    # the network; socketpair stays, event loops wake themselves with one
    "socket": (41, 198),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    # programs and threads
    "execve": (59, 221),
    "execveat": (322, 281),
    "fork": (57, None),
    "vfork": (58, None),
    "clone": (56, 220),
    "clone3": (435, 435),
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    # files: whatever writes, renames, removes or marks
    "openat2": (437, 437),
    "creat": (85, None),
    "open_by_handle_at": (304, 265),
    "memfd_create": (319, 279),
    "truncate": (76, 45),
    "ftruncate": (77, 46),
    "fallocate": (285, 47),
    "rename": (82, None),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "link": (86, None),
    "linkat": (265, 37),
    "symlink": (88, None),
    "symlinkat": (266, 36),
    "unlink": (87, None),
    "unlinkat": (263, 35),
    "mkdir": (83, None),
    "mkdirat": (258, 34),
    "rmdir": (84, None),
    "mknod": (133, None),
    "mknodat": (259, 33),
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    # the system and its keys
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "move_mount": (429, 429),
    "open_tree": (428, 428),
    "fsopen": (430, 430),
    "fsmount": (432, 432),
    "setns": (308, 268),
    "unshare": (272, 97),
    "setuid": (105, 146),
    "setgid": (106, 144),
    "setresuid": (117, 147),
    "setresgid": (119, 149),
    "setgroups": (116, 159),
    "capset": (126, 91),
    "setrlimit": (160, 164),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "personality": (135, 92),
}


@dataclass(frozen=True, slots=True)
class _Machine:
    """What the filter needs to know of an architecture: its audit number and calls whose arguments decide."""

    audit: int
    column: int
    open: int | None
    openat: int
    prlimit64: int


_MACHINES = {
    "x86_64": _Machine(audit=0xC000003E, column=0, open=2, openat=257, prlimit64=302),
    "aarch64": _Machine(audit=0xC00000B7, column=1, open=None, openat=56, prlimit64=261),
}
FILES = frozenset(
    {
        *("creat", "ftruncate", "fallocate", "rename", "renameat", "renameat2"),
        *("unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "open", "openat"),
    }
)
"""The calls that make, fill and remove plain files: for a process that Landlock holds to one folder."""
THREADS = frozenset({"clone", "clone3"})
"""The calls that begin a thread; a new process stays refused."""
_CLONE_THREAD = 0x10000
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | 0o20000000  # the last is O_TMPFILE's own
_X32_CALLS = 0x40000000

# struct seccomp_data: nr at 0, arch at 4, six 64-bit arguments from 16 on.
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000 | errno.EPERM
_UNKNOWN = 0x00050000 | errno.ENOSYS
_PR_SET_SECCOMP, _MODE_FILTER = 22, 2


class _Instruction(ctypes.Structure):
    _fields_ = (("code", ctypes.c_uint16), ("jt", ctypes.c_uint8), ("jf", ctypes.c_uint8), ("k", ctypes.c_uint32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction)))


def install_filter(left: frozenset[str] = frozenset()) -> None:
    """Hold this process, for good, to the calls that are left; ``PR_SET_NO_NEW_PRIVS`` must be set already.

    ``left`` is nothing, :data:`FILES`, :data:`THREADS`, or both. Raises OSError where the kernel or the architecture
    has no such filters.
    """
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        raise OSError(errno.ENOSYS, f"no system-call table for {platform.machine()}")
    filter_ = _filter(machine, left)
    instructions = (_Instruction * len(filter_))(*(_Instruction(*fields) for fields in filter_))
    program = _Program(len(filter_), instructions)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _filter(machine: _Machine, left: frozenset[str]) -> list[tuple[int, int, int, int]]:
    """A classic BPF program: every denied call is one comparison and one return, so no jump is far."""
    load_number = (_LOAD, 0, 0, _NUMBER)
    program = [(_LOAD, 0, 0, _ARCHITECTURE), (_EQUAL, 1, 0, machine.audit), (_RETURN, 0, 0, _KILL), load_number]
    program += [(_AT_LEAST, 0, 1, _X32_CALLS), (_RETURN, 0, 0, _REFUSE)]
    for name, numbers in _DENIED.items():
        number = numbers[machine.column]
        if number is not None and name not in left:
            program += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE)]
    if left >= THREADS:
        program += _threads_only(machine, load_number)
    for number, flags in () if left >= FILES else ((machine.open, 1), (machine.openat, 2)):
        if number is not None:
            test = [_load_argument(flags), (_ANY_BIT, 0, 1, _WRITING), (_RETURN, 0, 0, _REFUSE), load_number]
            program += [(_EQUAL, 0, len(test), number), *test]
    # Limits may be read (no new value: a null pointer) but not set.
    test = [
        _load_argument(2),
        (_EQUAL, 1, 0, 0),
        (_RETURN, 0, 0, _REFUSE),
        _load_argument(2, high=4),
        (_EQUAL, 1, 0, 0),
        (_RETURN, 0, 0, _REFUSE),
    ]
    return [*program, (_EQUAL, 0, len(test), machine.prlimit64), *test, (_RETURN, 0, 0, _ALLOW)]


def _threads_only(machine: _Machine, load_number: tuple[int, int, int, int]) -> list[tuple[int, int, int, int]]:
    """``clone`` for threads; ``clone3``, whose flags no filter can see, is unknown, so that the C library uses that."""
    clone, clone3 = (_DENIED[name][machine.column] or 0 for name in ("clone", "clone3"))
    test = [_load_argument(0), (_ANY_BIT, 1, 0, _CLONE_THREAD), (_RETURN, 0, 0, _REFUSE), load_number]
    return [(_EQUAL, 0, 1, clone3), (_RETURN, 0, 0, _UNKNOWN), (_EQUAL, 0, len(test), clone), *test]


def _load_argument(index: int, *, high: int = 0) -> tuple[int, int, int, int]:
    return (_LOAD, 0, 0, _ARGUMENTS + 8 * index + high)
