-- Copies: in which form, and of what. A copy has no cells but number 14.

ALTER TABLE documents
    ALTER COLUMN layout DROP NOT NULL,
    ADD COLUMN copy_form text CONSTRAINT documents_copy_form_check CHECK (copy_form IN ('TRUE_COPY', 'RECOPY', 'EXTRACT')),
    ADD COLUMN copy_of uuid CONSTRAINT documents_copy_of_fkey REFERENCES register_entries (id),
    ADD COLUMN copy_original jsonb,
    ADD CONSTRAINT documents_copy_check CHECK (num_nulls(copy_form, copy_original) IN (0, 2)),
    ADD CONSTRAINT documents_copy_of_check CHECK (copy_of IS NULL OR copy_form IS NOT NULL),
    ADD CONSTRAINT documents_layout_check CHECK ((layout IS NULL) = (copy_form IS NOT NULL));
CREATE INDEX documents_copy_of_idx ON documents (copy_of) WHERE copy_of IS NOT NULL;
