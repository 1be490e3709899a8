"""The whole service on one machine: ``kyso up`` until Ctrl-C, ``kyso demo`` for one notice."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from rich.console import Console
from rich.text import Text

from api.client import Client
from api.clock import SystemClock
from api.configuration.settings import OneMachineSettings, read_settings
from api.demo.outcome import Outcome
from api.demo.people import DemonstrationSecrets, secrets_file
from api.demo.scenario import DemonstrationFailed, run_scenario, tell_outcome
from api.demo.telling import Teller, near
from api.listening import free_loopback_address
from api.supervision.supervisor import ChildNews, Supervisor
from api.supervision.up import Contents, OneMachine


class DemonstrationIncomplete(Exception):
    """The main job did not come to its end; what is stored stays, and a repeat begins with a new document."""

    code: ClassVar[str] = "demonstration-incomplete"
    transient: ClassVar[bool] = True

    def __init__(self, *, reason: str, logs: Path) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = f"Nhật ký (logs): {near(logs)}; có thể chạy lại (it may be repeated)."


def up(home: Path, *, contents: Contents, listen: str | None) -> None:
    """Start everything, say where it answers, run until SIGINT or SIGTERM.

    Raises ``SettingsInvalid``, ``FolderUnusable`` and what a supervisor raises.
    """
    settings = _demonstration_settings() if contents is Contents.DEMONSTRATION else read_settings(OneMachineSettings)
    if listen is not None:
        settings = settings.model_copy(update={"listen": listen})
    console = Console(stderr=True)
    machine = OneMachine(home, contents=contents, settings=settings)
    supervisor = Supervisor(home, machine.children(), tell=lambda news: _tell(news, console))

    def welcome() -> None:
        _remark(machine, console)
        console.print(Text.assemble("✓ Ký Số: ", (machine.url, "bold")), soft_wrap=True)
        if contents is Contents.DEMONSTRATION:
            _introduce(machine.secrets, home.absolute(), console)
        console.print(Text("  Ctrl-C để dừng (to stop)", style="dim"))

    supervisor.run_until_stopped(once_up=welcome)
    console.print(Text("✓ Đã dừng (stopped)"))


def demonstrate(home: Path) -> Outcome:
    """Start everything on a free port, issue the sample notice, stop everything.

    Raises :class:`DemonstrationIncomplete`, ``FolderUnusable`` and what a supervisor raises at its start.
    """
    console = Console()
    teller = Teller(console)
    settings = _demonstration_settings().model_copy(update={"listen": str(free_loopback_address())})
    machine = OneMachine(home, contents=Contents.DEMONSTRATION, settings=settings)
    supervisor = Supervisor(home, machine.children(), tell=lambda news: _tell_restart(news, console))
    teller.title("Ký Số: ban hành một thông báo mẫu")
    try:
        with teller.step("Khởi động các thành phần") as line:
            supervisor.start()
            line.remark = f"{len(supervisor.children_status())} thành phần"
        _remark(machine, console)
        moment = SystemClock().now()
        outcome = run_scenario(Client(machine.url), home=home, secrets=machine.secrets, teller=teller, at=moment)
    except DemonstrationFailed as error:
        reason = str(supervisor.failure or error)
        raise DemonstrationIncomplete(reason=reason, logs=home.absolute() / "log") from error
    finally:
        supervisor.stop()
    tell_outcome(outcome, teller)
    return outcome


def _demonstration_settings() -> OneMachineSettings:
    """Nothing of the operator's: what is only shown must not touch what is in use."""
    return OneMachineSettings.model_construct()


def _remark(machine: OneMachine, console: Console) -> None:
    for remark in machine.remarks:
        console.print(Text(f"    {remark}", style="dim"), soft_wrap=True)


def _introduce(secrets: DemonstrationSecrets, home: Path, console: Console) -> None:
    """The accounts of a demonstration, which are worth nothing elsewhere."""
    console.print(Text(f"  Tài khoản mẫu (demonstration accounts), {near(secrets_file(home))}:"), soft_wrap=True)
    for name, secret in (*secrets.accounts.items(), ("mã kích hoạt (activation)", secrets.activation)):
        console.print(Text.assemble(f"    {name:<28}", (secret, "bold")), soft_wrap=True)


def _tell(news: ChildNews, console: Console) -> None:
    if news.reason is None:
        console.print(Text(f"  {news.name}: sẵn sàng (ready)", style="dim"))
    else:
        _tell_restart(news, console)


def _tell_restart(news: ChildNews, console: Console) -> None:
    """In a demonstration, that a part is ready is no news."""
    if news.reason is not None:
        words = f"  ! {news.name} {news.reason}; khởi động lại (restarting), {near(news.log)}"
        console.print(Text(words, style="yellow"), soft_wrap=True)
