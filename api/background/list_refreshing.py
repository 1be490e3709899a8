"""Every hour a look for newer trusted lists; what cannot be had or believed is told, and the last good one stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from certs.errors import CertsError
from certs.list_refresh import Refreshed, refresh

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from api.living_trust import LivingTrust
    from certs.list_sources import ListKeeper
    from certs.online import OnlineClient
    from issuance.ports import Clock


def refreshing(
    trust: LivingTrust, *, kept: ListKeeper, online: OnlineClient, clock: Clock
) -> Callable[[], Iterator[None]]:
    """The chore: one list a step, through the guarded client."""
    log = structlog.get_logger("kyso.trust")

    def refresh_all() -> Iterator[None]:
        for source in trust.sources:
            if source.url is not None:
                try:
                    brought = refresh(source, online=online, kept=kept, at=clock.now())
                except CertsError as error:
                    log.warning("trusted list not refreshed", list=source.name, code=error.code, reason=str(error))
                else:
                    if brought is Refreshed.NEWER:
                        log.info("newer trusted list", list=source.name)
            yield
        for name, held in trust.lists.items():
            if held.next_update <= clock.now():
                log.warning("trusted list is over", list=name, next_update=f"{held.next_update:%F}")

    return refresh_all
