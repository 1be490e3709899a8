-- Several signatories in order, and the written authorisations under which some of them sign.

CREATE TABLE delegations (
    id uuid CONSTRAINT delegations_pkey PRIMARY KEY,
    agency text NOT NULL CONSTRAINT delegations_agency_fkey REFERENCES agencies (id),
    delegator text NOT NULL CONSTRAINT delegations_delegator_fkey REFERENCES accounts (id),
    delegate text NOT NULL CONSTRAINT delegations_delegate_fkey REFERENCES accounts (id),
    document_types text[] NOT NULL CONSTRAINT delegations_document_types_check CHECK (cardinality(document_types) > 0),
    first_day date NOT NULL,
    last_day date NOT NULL,
    reference text NOT NULL,
    registered_at timestamptz NOT NULL,
    registered_by text NOT NULL,
    revoked_at timestamptz,
    revoke_reason text,
    CONSTRAINT delegations_delegate_check CHECK (delegator <> delegate),
    CONSTRAINT delegations_days_check CHECK (first_day <= last_day),
    CONSTRAINT delegations_revoked_check CHECK (num_nulls(revoked_at, revoke_reason) IN (0, 2))
);
CREATE INDEX delegations_agency_id_idx ON delegations (agency, id);

ALTER TABLE documents
    ADD COLUMN cosigners jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN cosigned integer NOT NULL DEFAULT 0,
    ADD CONSTRAINT documents_cosigned_check CHECK (cosigned BETWEEN 0 AND jsonb_array_length(cosigners));
ALTER TABLE documents DROP CONSTRAINT documents_state_check;
ALTER TABLE documents ADD CONSTRAINT documents_state_check CHECK (state IN (
    'awaiting_timestamp', 'corrected', 'draft', 'issued', 'numbered', 'partly_signed', 'recalled', 'rejected',
    'replaced', 'returned', 'sealed', 'signed', 'signing', 'submitted', 'voided', 'withdrawn'
));
ALTER TABLE timeline DROP CONSTRAINT timeline_state_check;
ALTER TABLE timeline ADD CONSTRAINT timeline_state_check CHECK (state IN (
    'awaiting_timestamp', 'corrected', 'draft', 'issued', 'numbered', 'partly_signed', 'recalled', 'rejected',
    'replaced', 'returned', 'sealed', 'signed', 'signing', 'submitted', 'voided', 'withdrawn'
));

ALTER TABLE signature_requests
    ADD COLUMN turn integer NOT NULL DEFAULT 0 CONSTRAINT signature_requests_turn_check CHECK (turn >= 0),
    DROP CONSTRAINT signature_requests_pkey,
    ADD CONSTRAINT signature_requests_pkey PRIMARY KEY (document_id, purpose, turn);
