-- Results that were put off, once, with an apology.

CREATE TABLE reappointments (
    document_id uuid CONSTRAINT reappointments_pkey PRIMARY KEY
        CONSTRAINT reappointments_document_id_fkey REFERENCES documents (id),
    slip uuid NOT NULL,
    new_due_at timestamptz NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL,
    by text NOT NULL
);
