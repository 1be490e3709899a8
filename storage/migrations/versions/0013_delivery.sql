-- Documents that reached the one they are for: every check below only allows more than before.

ALTER TABLE documents DROP CONSTRAINT documents_state_check;
ALTER TABLE documents ADD CONSTRAINT documents_state_check CHECK (state IN (
    'awaiting_timestamp', 'corrected', 'delivered', 'draft', 'issued', 'numbered', 'partly_signed', 'recalled',
    'rejected', 'replaced', 'returned', 'sealed', 'signed', 'signing', 'submitted', 'voided', 'withdrawn'
));
ALTER TABLE documents DROP CONSTRAINT documents_numbered_check;
ALTER TABLE documents ADD CONSTRAINT documents_numbered_check CHECK (
    number_ordinal IS NOT NULL
    OR state NOT IN ('corrected', 'delivered', 'issued', 'numbered', 'recalled', 'replaced', 'sealed', 'voided')
);
ALTER TABLE timeline DROP CONSTRAINT timeline_state_check;
ALTER TABLE timeline ADD CONSTRAINT timeline_state_check CHECK (state IN (
    'awaiting_timestamp', 'corrected', 'delivered', 'draft', 'issued', 'numbered', 'partly_signed', 'recalled',
    'rejected', 'replaced', 'returned', 'sealed', 'signed', 'signing', 'submitted', 'voided', 'withdrawn'
));

CREATE TABLE download_links (
    token_sha256 text PRIMARY KEY CONSTRAINT download_links_token_sha256_check CHECK (token_sha256 ~ '^[0-9a-f]{64}$'),
    document_id uuid NOT NULL CONSTRAINT download_links_document_id_fkey REFERENCES documents (id),
    made_by text NOT NULL,
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX download_links_document_id_idx ON download_links (document_id);
