"""Figures of signer, register, webhooks and letters as Prometheus reads them (text exposition format 0.0.4)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from hsm.latency import BOUNDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hsm.inventory import KeyHealth, SignerHealth, TokenHealth
    from storage.outbox import OutboxFigures
    from storage.standing import Standing

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Sample = tuple["Mapping[str, str]", float]


@dataclass(frozen=True, slots=True)
class DatabaseFigures:
    """What the database tells: how the register stands, and how calls and letters do."""

    standing: Standing
    calls: OutboxFigures
    letters: OutboxFigures


def metrics_text(health: SignerHealth | None, database: DatabaseFigures | None) -> str:
    """All families; of the signer or the database that does not answer only that it did not."""
    families = [_family("kyso_signer_up", "gauge", "Whether the signer answers.", [({}, float(health is not None))])]
    if health is not None:
        families += _token_families(health.tokens)
        families += _key_families(health.keys)
    up = float(database is not None)
    families += _family("kyso_database_up", "gauge", "Whether the database answers.", [({}, up)])
    if database is not None:
        families += _register_families(database.standing)
        families += _outbox_families("webhooks", "Notifications", database.calls)
        families += _outbox_families("letters", "Letters", database.letters)
    return "".join(families)


def _register_families(standing: Standing) -> Iterator[str]:
    def each(name: str, meaning: str, figures: Iterable[float]) -> str:
        names = ({"state": waiting.state.value} for waiting in standing.under_way)
        return _family(f"kyso_documents_{name}", "gauge", meaning, zip(names, figures, strict=True))

    yield each("under_way", "Documents that the service itself takes on.", (w.documents for w in standing.under_way))
    yield each("stuck", "Those of them with an obstacle.", (w.with_obstacle for w in standing.under_way))
    meaning = "Issued files that are to be archived, or whose proof is to be renewed."
    yield _family("kyso_proofs_to_renew", "gauge", meaning, [({}, standing.proofs_to_renew)])
    meaning = "Questions to timestamp authorities that are open now, of all processes."
    yield _family("kyso_timestamp_questions", "gauge", meaning, [({}, standing.timestamp_questions)])


def _outbox_families(family: str, what: str, outbox: OutboxFigures) -> Iterator[str]:
    def one(kind: str, name: str, meaning: str, figure: float) -> str:
        return _family(f"kyso_{family}_{name}", kind, meaning, [({}, figure)])

    yield one("counter", "sent_total", f"{what} that their receiver took.", outbox.delivered)
    yield one("counter", "failed_total", "Attempts that failed and are repeated.", outbox.failed)
    yield one("counter", "given_up_total", f"{what} whose last attempt failed.", outbox.given_up)
    yield one("gauge", "waiting", f"{what} that are still to be sent.", outbox.waiting)
    oldest = outbox.oldest.total_seconds()
    yield one("gauge", "oldest_waiting_seconds", "For how long the oldest of them has waited.", oldest)


def _token_families(tokens: tuple[TokenHealth, ...]) -> Iterator[str]:
    def each(kind: str, name: str, meaning: str, figures: Iterable[float]) -> str:
        samples = [({"token": token.name}, figure) for token, figure in zip(tokens, figures, strict=True)]
        return _family(f"kyso_signer_{name}", kind, meaning, samples)

    yield each("gauge", "token_ready", "Whether the token can be used.", (t.problem is None for t in tokens))
    yield each(
        "gauge",
        "token_pin_refused",
        "Whether the breaker is open: the PIN was refused and nothing tries again until an operator acts.",
        (t.problem == "pin-refused" for t in tokens),
    )
    yield each("counter", "signatures_total", "Values that were released.", (t.signatures for t in tokens))
    yield each("counter", "failures_total", "Calls that a device ended without a value.", (t.failures for t in tokens))
    yield each("counter", "logins_total", "Sessions that were logged in.", (t.logins for t in tokens))
    yield each("counter", "children_total", "Processes that were started for the token.", (t.children for t in tokens))
    yield "".join(_histogram(tokens))


def _histogram(tokens: tuple[TokenHealth, ...]) -> Iterator[str]:
    name = "kyso_signer_sign_seconds"
    yield f"# HELP {name} How long a signature took, waiting and repeats included.\n# TYPE {name} histogram\n"
    for token in tokens:
        below = list(accumulate(token.durations)) or [0] * (len(BOUNDS) + 1)
        for bound, count in zip([*(f"{b / 1000:g}" for b in BOUNDS), "+Inf"], below, strict=True):
            yield _line(f"{name}_bucket", {"token": token.name, "le": bound}, count)
        yield _line(f"{name}_sum", {"token": token.name}, token.milliseconds / 1000)
        yield _line(f"{name}_count", {"token": token.name}, below[-1])


def _key_families(keys: tuple[KeyHealth, ...]) -> Iterator[str]:
    names = [_key_labels(key) for key in keys]

    def each(kind: str, name: str, meaning: str, figures: Iterable[float | None]) -> str:
        samples = [(labels, figure) for labels, figure in zip(names, figures, strict=True) if figure is not None]
        return _family(f"kyso_key_{name}", kind, meaning, samples)

    yield each(
        "counter", "signatures_total", "Values that the key has given in all its life.", (k.signatures for k in keys)
    )
    yield each("counter", "failures_total", "Calls with the key that gave no value.", (k.failures for k in keys))
    yield each("gauge", "retired", "Whether an operator retired the key.", (k.retired is not None for k in keys))
    yield each(
        "gauge",
        "certificate_expires_timestamp_seconds",
        "When the key's certificate ends.",
        (None if k.expires is None else k.expires.timestamp() for k in keys),
    )


def _key_labels(key: KeyHealth) -> dict[str, str]:
    uri = key.uri
    return {"token": uri.token or "", "key": uri.object or "", "id": (uri.id or b"").hex()}


def _family(name: str, kind: str, meaning: str, samples: Iterable[Sample]) -> str:
    head = f"# HELP {name} {meaning}\n# TYPE {name} {kind}\n"
    return head + "".join(_line(name, labels, figure) for labels, figure in samples)


def _line(name: str, labels: Mapping[str, str], figure: float) -> str:
    inside = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    return f"{name}{{{inside}}} {float(figure):.15g}\n" if inside else f"{name} {float(figure):.15g}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
