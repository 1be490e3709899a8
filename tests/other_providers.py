"""Tokens that are not SoftHSM in the signer's own children: behind `p11-kit server`, and NSS softokn behind it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from hsm.pin import write_pin_file
from hsm.provisioning import TokenAccess
from hsm.uri import Pkcs11Uri
from tests.softhsm import PIN, SOFTHSM, debian_library, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

P11_KIT_CLIENT = debian_library("pkcs11/p11-kit-client.so")
_SOFTOKN = debian_library("libsoftokn3.so")
_NSS_TOKEN = "NSS Certificate DB"
_NOBODY = 65534


def behind_socket(token: TokenAccess, socket: Path) -> TokenAccess:
    """The same token, reached through p11-kit's client module and this socket."""
    environment = {"P11_KIT_SERVER_ADDRESS": f"unix:path={socket}"}
    return replace(token, uri=replace(token.uri, module_path=P11_KIT_CLIENT), environment=environment)


@contextmanager
def served_by_p11_kit(socket: Path, token: TokenAccess) -> Iterator[None]:
    """``p11-kit server``: a SoftHSM token in yet another process, until the block ends."""
    arguments = ["--provider", str(SOFTHSM), "-n", str(socket), "pkcs11:"]
    with _server(arguments, socket=socket, environment=token.environment, user=None):
        yield


@contextmanager
def served_nss(folder: Path) -> Iterator[TokenAccess]:
    """Mozilla's NSS softokn with an empty database, behind ``p11-kit server``.

    NSS can only be started through p11-kit's configuration, which p11-kit does not read for root: the server runs as
    nobody there.
    """
    folder.mkdir()
    modules = folder / "home" / ".config" / "pkcs11" / "modules"
    modules.mkdir(parents=True)
    (modules.parent / "pkcs11.conf").write_text("user-config: only\n", encoding="ascii")
    reserved = f"configdir='sql:{folder}/db' certPrefix='' keyPrefix='' secmod='secmod.db' flags="
    (modules / "nss.module").write_text(f"module: {_SOFTOKN}\nx-init-reserved: {reserved}\n", encoding="ascii")
    (folder / "db").mkdir()
    pin = folder.parent / "nss.pin"
    write_pin_file(pin, PIN)
    subprocess.run(["certutil", "-N", "-d", f"sql:{folder}/db", "-f", pin], check=True)
    socket = folder / "p11.sock"
    token = Pkcs11Uri(token=_NSS_TOKEN, pin_source=f"file:{pin}")
    arguments = ["-n", str(socket), "pkcs11:token=NSS%20Certificate%20DB"]
    user = _NOBODY if os.geteuid() == 0 else None
    if user is not None:
        folder.parent.chmod(0o711)
        for place in (folder, *folder.rglob("*")):
            shutil.chown(place, user)
    with _server(arguments, socket=socket, environment={"HOME": str(folder / "home")}, user=user):
        yield behind_socket(TokenAccess(uri=token, pin=PIN), socket)


@contextmanager
def _server(arguments: list[str], *, socket: Path, environment: Mapping[str, str], user: int | None) -> Iterator[None]:
    socket.unlink(missing_ok=True)
    server = subprocess.Popen(
        ["p11-kit", "server", "--foreground", *arguments],
        env={**os.environ, **environment},
        user=user,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until(socket.exists)
        yield
    finally:
        os.killpg(server.pid, signal.SIGKILL)  # it has a child for each connection
        server.wait()
