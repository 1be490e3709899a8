-- The register as it began. Constraints carry the names that PostgreSQL itself would give.

-- Names

CREATE TABLE agencies (
    id text CONSTRAINT agencies_pkey PRIMARY KEY,
    name text NOT NULL,
    parent text,
    place text NOT NULL,
    seal_diameter double precision NOT NULL CONSTRAINT agencies_seal_diameter_check CHECK (seal_diameter > 0),
    seal_image bytea NOT NULL
);

CREATE TABLE accounts (
    id text CONSTRAINT accounts_pkey PRIMARY KEY,
    agency text NOT NULL CONSTRAINT accounts_agency_fkey REFERENCES agencies (id),
    full_name text NOT NULL,
    "position" text,
    roles text[] NOT NULL CONSTRAINT accounts_roles_check
        CHECK (roles <@ ARRAY['clerk', 'signatory', 'submitter']::text[]),
    signature_image bytea,
    secret_hash text NOT NULL
);

CREATE TABLE bearer_tokens (
    token_sha256 bytea CONSTRAINT bearer_tokens_pkey PRIMARY KEY
        CONSTRAINT bearer_tokens_token_sha256_check CHECK (length(token_sha256) = 32),
    account text NOT NULL CONSTRAINT bearer_tokens_account_fkey REFERENCES accounts (id) ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);
CREATE INDEX bearer_tokens_expires_at_idx ON bearer_tokens (expires_at);

CREATE TABLE credentials (
    name text CONSTRAINT credentials_pkey PRIMARY KEY,
    agency text NOT NULL CONSTRAINT credentials_agency_fkey REFERENCES agencies (id),
    purpose text NOT NULL CONSTRAINT credentials_purpose_check CHECK (purpose IN ('seal', 'signature')),
    holder text CONSTRAINT credentials_holder_fkey REFERENCES accounts (id),
    key text NOT NULL,
    algorithm text NOT NULL CONSTRAINT credentials_algorithm_check CHECK (algorithm IN (
        'RSA_SHA256', 'RSA_SHA384', 'RSA_SHA512', 'RSA_PSS_SHA256', 'RSA_PSS_SHA384', 'RSA_PSS_SHA512',
        'ECDSA_SHA256', 'ECDSA_SHA384', 'ECDSA_SHA512', 'ED25519'
    )),
    certificate bytea NOT NULL,
    chain bytea[] NOT NULL,
    activation_hash text NOT NULL,
    CONSTRAINT credentials_holder_check CHECK ((purpose = 'seal') = (holder IS NULL))
);

-- Numbers

CREATE TABLE number_series (
    agency text NOT NULL CONSTRAINT number_series_agency_fkey REFERENCES agencies (id),
    name text NOT NULL,
    year integer NOT NULL,
    symbol text NOT NULL,
    next bigint NOT NULL DEFAULT 1 CONSTRAINT number_series_next_check CHECK (next >= 1),
    newest_date date CONSTRAINT number_series_newest_date_year_check CHECK (EXTRACT(YEAR FROM newest_date) = year),
    CONSTRAINT number_series_pkey PRIMARY KEY (agency, name, year),
    CONSTRAINT number_series_agency_year_symbol_key UNIQUE (agency, year, symbol),
    CONSTRAINT number_series_newest_date_check CHECK (next > 1 OR newest_date IS NULL)
);

-- Documents

CREATE TABLE documents (
    id uuid CONSTRAINT documents_pkey PRIMARY KEY,
    lookup_code text NOT NULL
        CONSTRAINT documents_lookup_code_key UNIQUE
        CONSTRAINT documents_lookup_code_check CHECK (lookup_code ~ '^[0-9A-HJKMNP-TV-Z]{17}$'),
    agency text NOT NULL CONSTRAINT documents_agency_fkey REFERENCES agencies (id),
    document_type text NOT NULL,
    subject text NOT NULL,
    signatory text NOT NULL CONSTRAINT documents_signatory_fkey REFERENCES accounts (id),
    series text NOT NULL,
    dossier_code text,
    procedure_code text,
    recipients text[] NOT NULL,
    due_at timestamptz,
    callback_url text,
    external_id text,
    layout jsonb NOT NULL,
    state text NOT NULL CONSTRAINT documents_state_check CHECK (state IN (
        'awaiting_timestamp', 'draft', 'issued', 'numbered', 'sealed', 'signed', 'signing', 'submitted'
    )),
    current_sha256 text NOT NULL,
    current_length bigint NOT NULL,
    current_predecessor text,
    created_by text NOT NULL CONSTRAINT documents_created_by_fkey REFERENCES accounts (id),
    created_at timestamptz NOT NULL,
    intent_purpose text CONSTRAINT documents_intent_purpose_check CHECK (intent_purpose IN ('seal', 'signature')),
    intent_actor text,
    intent_credential text CONSTRAINT documents_intent_credential_fkey REFERENCES credentials (name),
    intent_at timestamptz,
    number_ordinal bigint CONSTRAINT documents_number_ordinal_check CHECK (number_ordinal >= 1),
    number_symbol text,
    issued_on date,
    issued_year integer GENERATED ALWAYS AS (EXTRACT(YEAR FROM issued_on)::integer) STORED,
    obstacle_code text,
    obstacle_text text,
    obstacle_at timestamptz,
    CONSTRAINT documents_number_key UNIQUE (agency, issued_year, number_symbol, number_ordinal),
    CONSTRAINT documents_number_check CHECK (num_nulls(number_ordinal, number_symbol, issued_on) IN (0, 3)),
    CONSTRAINT documents_numbered_check
        CHECK (number_ordinal IS NOT NULL OR state NOT IN ('issued', 'numbered', 'sealed')),
    CONSTRAINT documents_intent_check
        CHECK (num_nulls(intent_purpose, intent_actor, intent_credential, intent_at) IN (0, 4)),
    CONSTRAINT documents_intended_check
        CHECK (intent_purpose IS NOT NULL OR state NOT IN ('awaiting_timestamp', 'numbered', 'sealed', 'signing')),
    CONSTRAINT documents_obstacle_check CHECK (num_nulls(obstacle_code, obstacle_text, obstacle_at) IN (0, 3))
);
CREATE INDEX documents_agency_id_idx ON documents (agency, id);
CREATE INDEX documents_agency_state_id_idx ON documents (agency, state, id);
CREATE INDEX documents_agency_dossier_code_id_idx ON documents (agency, dossier_code, id)
    WHERE dossier_code IS NOT NULL;
CREATE INDEX documents_unfinished_idx ON documents (id)
    WHERE state IN ('awaiting_timestamp', 'numbered', 'sealed', 'signing');

CREATE TABLE revisions (
    document_id uuid NOT NULL CONSTRAINT revisions_document_id_fkey REFERENCES documents (id),
    ordinal integer NOT NULL,
    sha256 text NOT NULL CONSTRAINT revisions_sha256_check CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    length bigint NOT NULL CONSTRAINT revisions_length_check CHECK (length > 0),
    predecessor text,
    CONSTRAINT revisions_pkey PRIMARY KEY (document_id, ordinal),
    CONSTRAINT revisions_document_id_sha256_key UNIQUE (document_id, sha256),
    CONSTRAINT revisions_document_id_predecessor_key UNIQUE (document_id, predecessor),
    CONSTRAINT revisions_document_id_predecessor_fkey
        FOREIGN KEY (document_id, predecessor) REFERENCES revisions (document_id, sha256),
    CONSTRAINT revisions_ordinal_check CHECK ((ordinal = 1) = (predecessor IS NULL) AND ordinal >= 1)
);
CREATE INDEX revisions_sha256_idx ON revisions (sha256);

ALTER TABLE documents ADD CONSTRAINT documents_current_fkey
    FOREIGN KEY (id, current_sha256) REFERENCES revisions (document_id, sha256) DEFERRABLE INITIALLY DEFERRED;

CREATE TABLE timeline (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT timeline_pkey PRIMARY KEY,
    document_id uuid NOT NULL CONSTRAINT timeline_document_id_fkey REFERENCES documents (id),
    state text NOT NULL CONSTRAINT timeline_state_check CHECK (state IN (
        'awaiting_timestamp', 'draft', 'issued', 'numbered', 'sealed', 'signed', 'signing', 'submitted'
    )),
    at timestamptz NOT NULL,
    actor text NOT NULL
);
CREATE INDEX timeline_document_id_id_idx ON timeline (document_id, id);

CREATE TABLE signature_requests (
    document_id uuid NOT NULL CONSTRAINT signature_requests_document_id_fkey REFERENCES documents (id),
    purpose text NOT NULL CONSTRAINT signature_requests_purpose_check CHECK (purpose IN ('seal', 'signature')),
    base text NOT NULL,
    increment bytea NOT NULL,
    reserved_start bigint NOT NULL,
    reserved_end bigint NOT NULL,
    document_digest bytea NOT NULL,
    signed_attributes bytea NOT NULL,
    algorithm text NOT NULL CONSTRAINT signature_requests_algorithm_check CHECK (algorithm IN (
        'RSA_SHA256', 'RSA_SHA384', 'RSA_SHA512', 'RSA_PSS_SHA256', 'RSA_PSS_SHA384', 'RSA_PSS_SHA512',
        'ECDSA_SHA256', 'ECDSA_SHA384', 'ECDSA_SHA512', 'ED25519'
    )),
    credential text NOT NULL CONSTRAINT signature_requests_credential_fkey REFERENCES credentials (name),
    created_at timestamptz NOT NULL,
    value bytea,
    "timestamp" bytea,
    CONSTRAINT signature_requests_pkey PRIMARY KEY (document_id, purpose),
    CONSTRAINT signature_requests_document_id_base_fkey
        FOREIGN KEY (document_id, base) REFERENCES revisions (document_id, sha256),
    CONSTRAINT signature_requests_reserved_check CHECK (0 <= reserved_start AND reserved_start < reserved_end),
    CONSTRAINT signature_requests_timestamp_check CHECK ("timestamp" IS NULL OR value IS NOT NULL)
);

-- Audit

CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT audit_pkey PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    document_id uuid,
    facts jsonb NOT NULL,
    leaf bytea NOT NULL CONSTRAINT audit_leaf_check CHECK (length(leaf) = 32)
);
CREATE INDEX audit_document_id_id_idx ON audit (document_id, id);

-- What happened stays: these tables only grow, whoever writes.

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table % only grows', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_TABLE_NAME || '_only_grows';
END;
$$;

CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER revisions_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON revisions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER timeline_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON timeline
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Idempotency keys

CREATE TABLE idempotency_keys (
    client text NOT NULL,
    key text NOT NULL CONSTRAINT idempotency_keys_key_check CHECK (length(key) BETWEEN 1 AND 255),
    request_sha256 bytea NOT NULL CONSTRAINT idempotency_keys_request_sha256_check CHECK (length(request_sha256) = 32),
    attempt integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz NOT NULL DEFAULT now(),
    status smallint,
    headers jsonb,
    body bytea,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (client, key),
    CONSTRAINT idempotency_keys_response_check CHECK (num_nulls(status, headers, body) IN (0, 3))
);
CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at);
