"""The validation policy as data: which algorithms are strong enough until when, and what each check leads to.

A report names the policy it was judged under, and facts are kept apart from the verdict, so that an old report can be
judged again under a new policy (ETSI TS 119 172-1; algorithm dates after ETSI TS 119 312).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum

from signing.layout import DATE_FIELD, NUMBER_FIELD


class Check(Enum):
    """Checks beyond EN 319 102-1 whose outcome is for the policy to weigh."""

    READ_STRICTLY = "read_strictly"
    HEADER_FIRST = "header_first"
    NOTHING_AFTER_END = "nothing_after_end"
    NO_OBJECTS_AFTER_END = "no_objects_after_end"
    VALUE_SHOWN = "value_shown"
    FIELDS_SHOWN = "fields_shown"
    OBJECT_NOT_SHARED = "object_not_shared"
    SIGNATURE_AS_STANDARD = "signature_as_standard"
    SIGNING_CERTIFICATE_NAMED = "signing_certificate_named"
    ENDS_WITH_SIGNATURE = "ends_with_signature"
    PAGES_COUNTED = "pages_counted"
    SIGNATURES_BESIDE_TEXT = "signatures_beside_text"
    SIGNATURES_IN_FIELDS = "signatures_in_fields"
    PAGES_AS_SIGNED = "pages_as_signed"
    PAGES_COMPARED = "pages_compared"
    LETTERS_AGREED = "letters_agreed"


class Weight(Enum):
    """What a failed check leads to."""

    FAIL = "fail"
    WARN = "warn"
    INFO = "info"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class AlgorithmRule:
    """An algorithm, the key size from which the rule holds (0 for digests), and until when it may be relied on.

    ``name`` is a digest (``sha256``) or a scheme (``rsassa_pkcs1v15``, ``rsassa_pss``, ``ecdsa``, ``ed25519``).
    ``until`` None means: no end is set.
    """

    name: str
    bits: int = 0
    until: datetime | None = None


class Purpose(Enum):
    """What an anchor is trusted for: the government's own hierarchy, the public authorities', or time."""

    GOVERNMENT = "government"
    PUBLIC = "public"
    TIMESTAMPING = "timestamping"


@dataclass(frozen=True, slots=True)
class ValidationPolicy:
    """Everything about a verdict that is a choice. Algorithms that no rule names are not allowed at any time.

    ``anchors`` are SHA-256 fingerprints (lower-case hexadecimal) by purpose; where there are none, every configured
    anchor counts. ``freshness`` is how old revocation data may be at the time that matters, besides its own
    ``nextUpdate``; None leaves that to the responder.
    """

    name: str
    version: str
    algorithms: tuple[AlgorithmRule, ...]
    weights: dict[Check, Weight] = field(default_factory=dict)
    clock_tolerance: timedelta = timedelta(minutes=5)
    cells: tuple[str, ...] = (NUMBER_FIELD, DATE_FIELD)
    anchors: dict[Purpose, tuple[str, ...]] = field(default_factory=dict)
    freshness: timedelta | None = None

    @property
    def label(self) -> str:
        """``name@version``, as reports give it."""
        return f"{self.name}@{self.version}"

    def weight(self, check: Check) -> Weight:
        """What a failed check leads to; a check that the policy does not name fails the signature."""
        return self.weights.get(check, Weight.FAIL)

    def trusts(self, anchor: str, *purposes: Purpose) -> bool:
        """Whether the anchor with this fingerprint may serve one of these purposes."""
        return not self.anchors or any(anchor in self.anchors.get(purpose, ()) for purpose in purposes)

    def usable_until(self, name: str, *, bits: int) -> datetime | None:
        """When the algorithm stops being usable with a key of this size; ``datetime.max`` where no end is set.

        None where it never was usable under this policy.
        """
        ends = [rule.until or _NO_END for rule in self.algorithms if rule.name == name and bits >= rule.bits]
        return max(ends, default=None)


SIGNING_PURPOSES = (Purpose.GOVERNMENT, Purpose.PUBLIC)
_NO_END = datetime.max.replace(tzinfo=UTC)
_SHA1_END = datetime(2014, 1, 1, tzinfo=UTC)
_RSA_1024_END = datetime(2014, 1, 1, tzinfo=UTC)

DEFAULT_POLICY = ValidationPolicy(
    name="kyso",
    version="1",
    algorithms=(
        AlgorithmRule("sha1", until=_SHA1_END),
        *(AlgorithmRule(name) for name in ("sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512")),
        *(AlgorithmRule(name, bits=1024, until=_RSA_1024_END) for name in ("rsassa_pkcs1v15", "rsassa_pss")),
        *(AlgorithmRule(name, bits=2048) for name in ("rsassa_pkcs1v15", "rsassa_pss")),
        AlgorithmRule("ecdsa", bits=256),
        AlgorithmRule("ed25519"),
        AlgorithmRule("ed448"),
    ),
    weights={
        Check.READ_STRICTLY: Weight.WARN,
        Check.HEADER_FIRST: Weight.WARN,
        Check.NOTHING_AFTER_END: Weight.WARN,
        Check.NO_OBJECTS_AFTER_END: Weight.FAIL,
        Check.VALUE_SHOWN: Weight.FAIL,
        Check.FIELDS_SHOWN: Weight.WARN,
        Check.OBJECT_NOT_SHARED: Weight.FAIL,
        Check.SIGNATURE_AS_STANDARD: Weight.WARN,
        Check.SIGNING_CERTIFICATE_NAMED: Weight.FAIL,
        Check.ENDS_WITH_SIGNATURE: Weight.FAIL,
        Check.PAGES_COUNTED: Weight.WARN,
        Check.SIGNATURES_BESIDE_TEXT: Weight.WARN,
        Check.SIGNATURES_IN_FIELDS: Weight.FAIL,
        Check.PAGES_AS_SIGNED: Weight.FAIL,
        Check.PAGES_COMPARED: Weight.WARN,
        Check.LETTERS_AGREED: Weight.WARN,
    },
)
"""What `kyso verify` and the service use unless told otherwise."""
