"""What keeps ``kyso sign`` from beginning, and what keeps it from touching one file. Nothing was signed by these."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


class BatchError(Exception):
    """Anything that the batch itself refuses; ``vi`` is the sentence for people."""

    code: ClassVar[str] = "batch-error"
    hint: ClassVar[str] = ""
    transient: ClassVar[bool] = False
    vi: ClassVar[str] = ""


class NothingToSign(BatchError):
    """The arguments name no PDF file."""

    code = "nothing-to-sign"
    hint = "Name PDF files, or folders that hold some."
    vi = "Không có tệp PDF nào"

    def __init__(self, *, places: tuple[Path, ...]) -> None:
        super().__init__("no PDF file in " + ", ".join(str(place) for place in places))


class NamesCollide(BatchError):
    """Two files would be written to the same place."""

    code = "names-collide"
    hint = "Sign them in two runs with two output folders, or name the folder that holds both."
    vi = "Hai tệp sẽ ghi vào cùng một chỗ"

    def __init__(self, *, first: Path, second: Path) -> None:
        super().__init__(f"{first} and {second} would both be written to {first.name}")


class FolderBusy(BatchError):
    """Another run is signing into this folder."""

    code = "output-folder-busy"
    hint = "Wait until the other run ends, or stop it; what it has finished is kept."
    transient = True
    vi = "Thư mục kết quả đang được một lần chạy khác dùng"

    def __init__(self, *, folder: Path) -> None:
        super().__init__(f"another run signs into {folder}")


class OtherOrder(BatchError):
    """The folder was begun with another key, certificate, level or appearance."""

    code = "other-order"
    hint = "Repeat the command with the options of the first run, or choose another output folder."
    vi = "Thư mục kết quả đã bắt đầu với tùy chọn khác"

    def __init__(self, *, folder: Path) -> None:
        super().__init__(f"{folder} was begun with another key or other options")


class JournalDamaged(BatchError):
    """What was written down about earlier runs cannot be read; going on could sign a file twice."""

    code = "journal-damaged"
    hint = "Keep this folder as it is and sign what is left into another one."
    vi = "Nhật ký của thư mục kết quả bị hỏng"

    def __init__(self, *, file: Path) -> None:
        super().__init__(f"{file} is unreadable")


class KeyWithoutCertificate(BatchError):
    """No signature can be made with a key that has no certificate."""

    code = "key-without-certificate"
    hint = "Import the certificate: kyso tokens import-cert."
    vi = "Khóa chưa có chứng thư số"

    def __init__(self, *, key: str) -> None:
        super().__init__(f"key {key} has no certificate on its token")


class InputUnreadable(BatchError):
    """A file cannot be read."""

    code = "input-unreadable"
    hint = "Check the name and who may read it."
    vi = "Không đọc được tệp"

    def __init__(self, *, reason: str) -> None:
        super().__init__(reason)


class InputChanged(BatchError):
    """The file is not the one that was signed under this name."""

    code = "input-changed"
    hint = "Sign the changed file under another name or into another folder; the earlier result is kept."
    vi = "Tệp đã thay đổi sau khi được ký"

    def __init__(self, *, at: datetime) -> None:
        super().__init__(f"another file was signed under this name at {at:%FT%TZ}")


class OutputTaken(BatchError):
    """Something stands where the result belongs, and it is not the result; nothing is overwritten."""

    code = "output-taken"
    hint = "Move that file away, or choose another output folder."
    vi = "Đã có tệp khác ở chỗ ghi kết quả"

    def __init__(self, *, file: Path) -> None:
        super().__init__(f"{file} is there already")


class ResultGone(BatchError):
    """The file was signed, and its result is not where it was put; it is not signed again."""

    code = "result-gone"
    hint = "Look for the file with this SHA-256. To have it signed anew, choose another output folder."
    vi = "Tệp đã được ký nhưng kết quả không còn"

    def __init__(self, *, sha256: str, at: datetime) -> None:
        super().__init__(f"it was signed at {at:%FT%TZ}; the result with SHA-256 {sha256} is gone")
