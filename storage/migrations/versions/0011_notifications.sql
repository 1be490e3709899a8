CREATE TABLE notifications (
    id uuid PRIMARY KEY,
    document_id uuid NOT NULL REFERENCES documents,
    account text NOT NULL,
    url text NOT NULL,
    event text NOT NULL,
    body bytea NOT NULL,
    created_at timestamptz NOT NULL,
    due_at timestamptz DEFAULT now(),
    attempts integer NOT NULL DEFAULT 0,
    delivered_at timestamptz,
    problem text,
    CONSTRAINT notifications_delivered_check CHECK (delivered_at IS NULL OR due_at IS NULL)
);
CREATE INDEX notifications_due_at_idx ON notifications (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX notifications_document_id_idx ON notifications (document_id);
