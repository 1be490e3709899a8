CREATE TABLE paper_copies (
    id uuid CONSTRAINT paper_copies_pkey PRIMARY KEY
        CONSTRAINT paper_copies_id_fkey REFERENCES register_entries (id),
    document_id uuid NOT NULL CONSTRAINT paper_copies_document_id_fkey REFERENCES documents (id),
    form text NOT NULL CONSTRAINT paper_copies_form_check CHECK (form IN ('TRUE_COPY', 'RECOPY', 'EXTRACT')),
    authority text[] NOT NULL
);
CREATE INDEX paper_copies_document_id_idx ON paper_copies (document_id);
