-- Ways off the main path: every check below only allows more than before.

ALTER TABLE documents DROP CONSTRAINT documents_state_check;
ALTER TABLE documents ADD CONSTRAINT documents_state_check CHECK (state IN (
    'awaiting_timestamp', 'corrected', 'draft', 'issued', 'numbered', 'recalled', 'rejected', 'replaced', 'returned',
    'sealed', 'signed', 'signing', 'submitted', 'voided', 'withdrawn'
));
ALTER TABLE documents DROP CONSTRAINT documents_numbered_check;
ALTER TABLE documents ADD CONSTRAINT documents_numbered_check CHECK (
    number_ordinal IS NOT NULL
    OR state NOT IN ('corrected', 'issued', 'numbered', 'recalled', 'replaced', 'sealed', 'voided')
);

ALTER TABLE timeline DROP CONSTRAINT timeline_state_check;
ALTER TABLE timeline ADD CONSTRAINT timeline_state_check CHECK (state IN (
    'awaiting_timestamp', 'corrected', 'draft', 'issued', 'numbered', 'recalled', 'rejected', 'replaced', 'returned',
    'sealed', 'signed', 'signing', 'submitted', 'voided', 'withdrawn'
));
ALTER TABLE timeline ADD COLUMN reason text;
ALTER TABLE timeline ADD COLUMN other uuid CONSTRAINT timeline_other_fkey REFERENCES documents (id);
