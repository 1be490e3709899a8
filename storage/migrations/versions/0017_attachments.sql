-- Files that go out with a document, and their seals between the two halves.

CREATE TABLE attachments (
    id uuid CONSTRAINT attachments_pkey PRIMARY KEY,
    document_id uuid NOT NULL CONSTRAINT attachments_document_id_fkey REFERENCES documents (id),
    place integer NOT NULL CONSTRAINT attachments_place_check CHECK (place >= 1),
    title text NOT NULL,
    given_sha256 text NOT NULL CONSTRAINT attachments_given_sha256_check CHECK (given_sha256 ~ '^[0-9a-f]{64}$'),
    given_length bigint NOT NULL CONSTRAINT attachments_given_length_check CHECK (given_length > 0),
    sealed_sha256 text CONSTRAINT attachments_sealed_sha256_check CHECK (sealed_sha256 ~ '^[0-9a-f]{64}$'),
    sealed_length bigint CONSTRAINT attachments_sealed_length_check CHECK (sealed_length > given_length),
    CONSTRAINT attachments_document_id_place_key UNIQUE (document_id, place),
    CONSTRAINT attachments_sealed_check CHECK (num_nulls(sealed_sha256, sealed_length) IN (0, 2))
);
CREATE INDEX attachments_given_sha256_idx ON attachments (given_sha256);
CREATE INDEX attachments_sealed_sha256_idx ON attachments (sealed_sha256);

CREATE TABLE attachment_halves (
    attachment_id uuid CONSTRAINT attachment_halves_pkey PRIMARY KEY
        CONSTRAINT attachment_halves_attachment_id_fkey REFERENCES attachments (id) ON DELETE CASCADE,
    credential text NOT NULL CONSTRAINT attachment_halves_credential_fkey REFERENCES credentials (name),
    increment bytea NOT NULL,
    reserved_start bigint NOT NULL,
    reserved_end bigint NOT NULL,
    document_digest bytea NOT NULL,
    signed_attributes bytea NOT NULL,
    value bytea,
    timestamp bytea,
    CONSTRAINT attachment_halves_reserved_check CHECK (0 <= reserved_start AND reserved_start < reserved_end),
    CONSTRAINT attachment_halves_timestamp_check CHECK (timestamp IS NULL OR value IS NOT NULL)
);
