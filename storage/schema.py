"""The tables of the register, with every rule that the database itself can keep.

Migrations make them (``storage/migrations``); a test compares the two. Names of constraints follow PostgreSQL's own.
Identifiers of documents are UUIDv7, made by the caller, so that their order is the order of making.
"""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from certs.algorithms import SignatureAlgorithm
from issuance.capacity import Capacity
from issuance.document_types import NumberingOrder
from issuance.documents import PUBLISHED, DocumentState, Purpose
from issuance.entries import EntryKind
from issuance.ports import Role
from signing.copy_form import CopyForm
from storage import (  # noqa: F401 - their tables belong to the same catalogue
    notification_tables,
    request_tables,
    rule_tables,
    trust_tables,
)
from storage.schema_parts import SHA256 as _SHA256
from storage.schema_parts import instant as _instant
from storage.schema_parts import listed as _list
from storage.schema_parts import metadata as metadata  # noqa: PLC0414 - handed on
from storage.schema_parts import together as _together
from storage.schema_parts import values as _values

# The states that the service itself leaves, as in `issuance.advance.TRANSITIONAL`, which costs a second to import; a
# test holds them equal.
UNFINISHED = frozenset(
    {DocumentState.SIGNING, DocumentState.AWAITING_TIMESTAMP, DocumentState.NUMBERED, DocumentState.SEALED}
)
_NUMBERED = (*PUBLISHED, DocumentState.NUMBERED, DocumentState.SEALED, DocumentState.VOIDED)

agencies = Table(
    "agencies",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("parent", Text),
    Column("place", Text, nullable=False),
    Column("seal_diameter", Double, nullable=False),
    Column("seal_image", LargeBinary, nullable=False),
    CheckConstraint("seal_diameter > 0", name="seal_diameter"),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("agency", Text, ForeignKey("agencies.id"), nullable=False),
    Column("full_name", Text, nullable=False),
    Column("position", Text),
    Column("roles", ARRAY(Text), nullable=False),
    Column("signature_image", LargeBinary),
    Column("secret_hash", Text, nullable=False),
    _instant("closed_at", nullable=True),
    CheckConstraint(f"roles <@ ARRAY[{_values(Role)}]::text[]", name="roles"),
)

bearer_tokens = Table(
    "bearer_tokens",
    metadata,
    Column("token_sha256", LargeBinary, primary_key=True),
    Column("account", Text, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    _instant("expires_at"),
    CheckConstraint("length(token_sha256) = 32", name="token_sha256"),
    Index(None, "expires_at"),
    Index(None, "account"),
)

credentials = Table(
    "credentials",
    metadata,
    Column("name", Text, primary_key=True),
    Column("agency", Text, ForeignKey("agencies.id"), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("holder", Text, ForeignKey("accounts.id")),
    # None: on a token that the holder keeps
    Column("key", Text),
    Column("algorithm", Text, nullable=False),
    Column("certificate", LargeBinary, nullable=False),
    Column("chain", ARRAY(LargeBinary), nullable=False),
    Column("activation_hash", Text, nullable=False),
    _instant("withdrawn_at", nullable=True),
    CheckConstraint(f"purpose IN ({_values(Purpose)})", name="purpose"),
    CheckConstraint("(purpose = 'seal') = (holder IS NULL)", name="holder"),
    CheckConstraint("key IS NOT NULL OR holder IS NOT NULL", name="key"),
    CheckConstraint(f"algorithm IN ({_list(SignatureAlgorithm.__members__)})", name="algorithm"),
)

number_series = Table(
    "number_series",
    metadata,
    Column("agency", Text, ForeignKey("agencies.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("symbol", Text, nullable=False),
    Column("next", BigInteger, nullable=False, server_default=text("1")),
    Column("newest_date", Date),
    # Number and symbol are unique in an agency and year (Decree 30/2020, art. 15), so two series never share a symbol.
    UniqueConstraint("agency", "year", "symbol"),
    CheckConstraint("next >= 1", name="next"),
    CheckConstraint("next > 1 OR newest_date IS NULL", name="newest_date"),
    CheckConstraint("EXTRACT(YEAR FROM newest_date) = year", name="newest_date_year"),
)

numbering_rules = Table(
    "numbering_rules",
    metadata,
    Column("agency", Text, ForeignKey("agencies.id"), primary_key=True),
    Column("document_type", Text, primary_key=True),
    Column("series", Text, nullable=False),
    Column("symbol", Text, nullable=False),
    Index(None, "agency", "symbol"),
)

# One row for every number that was ever taken: for a document of this system, for paper, or imported.
register_entries = Table(
    "register_entries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("agency", Text, ForeignKey("agencies.id"), nullable=False),
    Column("series", Text, nullable=False),
    Column("year", Integer, nullable=False),
    Column("ordinal", BigInteger, nullable=False),
    Column("symbol", Text, nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("kind", Text, nullable=False),
    Column("document_type", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("signer", Text, nullable=False),
    Column("recipients", ARRAY(Text), nullable=False),
    Column("copy_keeper", Text),
    Column("copies", Integer),
    Column("sent_on", Date),
    Column("note", Text),
    _instant("taken_at"),
    Column("taken_by", Text, nullable=False),
    _instant("voided_at", nullable=True),
    Column("void_reason", Text),
    # A number is taken once in its series, and once with its symbol (Decree 30/2020, art. 15; Annex VI, III.1.h).
    UniqueConstraint("agency", "year", "series", "ordinal"),
    UniqueConstraint("agency", "year", "symbol", "ordinal"),
    CheckConstraint("ordinal >= 1", name="ordinal"),
    CheckConstraint(f"kind IN ({_values(EntryKind)})", name="kind"),
    CheckConstraint("EXTRACT(YEAR FROM issued_on) = year", name="year"),
    CheckConstraint(_together("voided_at", "void_reason"), name="voided"),
)

documents = Table(
    "documents",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("lookup_code", Text, nullable=False),
    # what the sending system says
    Column("agency", Text, ForeignKey("agencies.id"), nullable=False),
    Column("document_type", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("signatory", Text, ForeignKey("accounts.id"), nullable=False),
    Column("series", Text, nullable=False),
    Column("dossier_code", Text),
    Column("procedure_code", Text),
    Column("recipients", ARRAY(Text), nullable=False),
    _instant("due_at", nullable=True),
    Column("callback_url", Text),
    Column("external_id", Text),
    Column("drafting_unit", Text),
    Column("capacity", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("order", Text, nullable=False, server_default=text("'signature_first'::text")),
    Column("cosigners", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    # what a copy was made from; ``copy_of`` where it has an entry in the register
    Column("copy_form", Text),
    Column("copy_of", Uuid, ForeignKey("register_entries.id")),
    Column("copy_original", JSONB),
    # where it stands
    Column("layout", JSONB(none_as_null=True)),
    Column("state", Text, nullable=False),
    Column("current_sha256", Text, nullable=False),
    Column("current_length", BigInteger, nullable=False),
    Column("current_predecessor", Text),
    Column("created_by", Text, ForeignKey("accounts.id"), nullable=False),
    _instant("created_at"),
    Column("cosigned", Integer, nullable=False, server_default=text("0")),
    Column("intent_purpose", Text),
    Column("intent_actor", Text),
    Column("intent_credential", Text, ForeignKey("credentials.name")),
    _instant("intent_at", nullable=True),
    Column("number_ordinal", BigInteger),
    Column("number_symbol", Text),
    Column("issued_on", Date),
    Column("issued_year", Integer, Computed("EXTRACT(YEAR FROM issued_on)::integer", persisted=True)),
    Column("obstacle_code", Text),
    Column("obstacle_text", Text),
    _instant("obstacle_at", nullable=True),
    # The current revision is one of the chain, at the latest when the transaction ends.
    ForeignKeyConstraint(
        ["id", "current_sha256"],
        ["revisions.document_id", "revisions.sha256"],
        deferrable=True,
        initially="DEFERRED",
        use_alter=True,
        name="documents_current_fkey",
    ),
    UniqueConstraint("lookup_code"),
    UniqueConstraint("agency", "issued_year", "number_symbol", "number_ordinal", name="documents_number_key"),
    CheckConstraint(f"capacity <@ ARRAY[{_values(Capacity)}]::text[]", name="capacity"),
    CheckConstraint(f'"order" IN ({_values(NumberingOrder)})', name="order"),
    CheckConstraint(f"copy_form IN ({_list(CopyForm.__members__)})", name="copy_form"),
    CheckConstraint(_together("copy_form", "copy_original"), name="copy"),
    CheckConstraint("copy_of IS NULL OR copy_form IS NOT NULL", name="copy_of"),
    CheckConstraint("(layout IS NULL) = (copy_form IS NOT NULL)", name="layout"),
    CheckConstraint("cosigned BETWEEN 0 AND jsonb_array_length(cosigners)", name="cosigned"),
    CheckConstraint(f"state IN ({_values(DocumentState)})", name="state"),
    CheckConstraint("lookup_code ~ '^[0-9A-HJKMNP-TV-Z]{17}$'", name="lookup_code"),
    CheckConstraint("number_ordinal >= 1", name="number_ordinal"),
    CheckConstraint(_together("number_ordinal", "number_symbol", "issued_on"), name="number"),
    CheckConstraint(f"number_ordinal IS NOT NULL OR state NOT IN ({_values(_NUMBERED)})", name="numbered"),
    CheckConstraint(_together("intent_purpose", "intent_actor", "intent_credential", "intent_at"), name="intent"),
    CheckConstraint(f"intent_purpose IN ({_values(Purpose)})", name="intent_purpose"),
    # The intent is committed before the key is used.
    CheckConstraint(f"intent_purpose IS NOT NULL OR state NOT IN ({_values(UNFINISHED)})", name="intended"),
    CheckConstraint(_together("obstacle_code", "obstacle_text", "obstacle_at"), name="obstacle"),
    Index(None, "agency", "id"),
    Index(None, "agency", "state", "id"),
    Index(None, "agency", "dossier_code", "id", postgresql_where=text("dossier_code IS NOT NULL")),
    Index(None, "copy_of", postgresql_where=text("copy_of IS NOT NULL")),
    Index(None, "agency", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    Index(None, "due_at", postgresql_where=text("due_at IS NOT NULL")),
    Index("documents_unfinished_idx", "id", postgresql_where=text(f"state IN ({_values(UNFINISHED)})")),
)

revisions = Table(
    "revisions",
    metadata,
    Column("document_id", Uuid, ForeignKey("documents.id"), primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("sha256", Text, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("predecessor", Text),
    # Each revision follows another of the same document, and none has two successors; a new file begins a new chain.
    ForeignKeyConstraint(["document_id", "predecessor"], ["revisions.document_id", "revisions.sha256"]),
    UniqueConstraint("document_id", "sha256"),
    UniqueConstraint("document_id", "predecessor"),
    CheckConstraint("ordinal > 1 OR (ordinal = 1 AND predecessor IS NULL)", name="ordinal"),
    CheckConstraint(f"sha256 ~ {_SHA256}", name="sha256"),
    CheckConstraint("length > 0", name="length"),
    Index(None, "sha256"),
)

timeline = Table(
    "timeline",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("document_id", Uuid, ForeignKey("documents.id"), nullable=False),
    Column("state", Text, nullable=False),
    _instant("at"),
    Column("actor", Text, nullable=False),
    Column("reason", Text),
    Column("other", Uuid, ForeignKey("documents.id")),
    CheckConstraint(f"state IN ({_values(DocumentState)})", name="state"),
    Index(None, "document_id", "id"),
    Index(None, "other", "id", postgresql_where=text("other IS NOT NULL")),
)

audit = Table(
    "audit",
    metadata,
    # The order of writing. A transaction that was rolled back leaves a gap; the log of a later version numbers leaves.
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    _instant("at"),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("document_id", Uuid),  # no foreign key: the log stands alone
    Column("facts", JSONB, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    CheckConstraint("length(leaf) = 32", name="leaf"),
    Index(None, "document_id", "id"),
)

# Wrong tries of a secret since the last right one, for all processes together.
secret_tries = Table(
    "secret_tries",
    metadata,
    Column("name", Text, primary_key=True),
    Column("wrong", Integer, nullable=False, server_default=text("0")),
    _instant("locked_until", nullable=True),
    CheckConstraint("wrong >= 0", name="wrong"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("client", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_sha256", LargeBinary, nullable=False),
    Column("attempt", Integer, nullable=False, server_default=text("1")),
    # what the request makes is named before it is made, so that no attempt makes a second one
    Column("effect", Uuid, nullable=False, server_default=text("gen_random_uuid()")),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("status", SmallInteger),
    Column("headers", JSONB),
    Column("body", LargeBinary),
    CheckConstraint("length(request_sha256) = 32", name="request_sha256"),
    CheckConstraint(_together("status", "headers", "body"), name="response"),
    CheckConstraint("length(key) BETWEEN 1 AND 255", name="key"),
    Index(None, "created_at"),
)
