-- Types of documents as each agency lays them down, and what a draft says by them.

CREATE TABLE document_types (
    agency text NOT NULL CONSTRAINT document_types_agency_fkey REFERENCES agencies (id),
    name text NOT NULL,
    template text,
    signers text[] NOT NULL,
    capacities text[] NOT NULL CONSTRAINT document_types_capacities_check
        CHECK (capacities <@ ARRAY['KT', 'Q', 'TL', 'TM', 'TUQ']::text[]),
    retention_years integer CONSTRAINT document_types_retention_years_check CHECK (retention_years BETWEEN 1 AND 100),
    publication text NOT NULL CONSTRAINT document_types_publication_check CHECK (publication IN ('by_code', 'closed')),
    "order" text NOT NULL CONSTRAINT document_types_order_check
        CHECK ("order" IN ('number_first', 'signature_first')),
    CONSTRAINT document_types_pkey PRIMARY KEY (agency, name)
);

ALTER TABLE documents
    ADD COLUMN drafting_unit text,
    ADD COLUMN capacity text[] NOT NULL DEFAULT '{}',
    ADD COLUMN "order" text NOT NULL DEFAULT 'signature_first',
    ADD CONSTRAINT documents_capacity_check CHECK (capacity <@ ARRAY['KT', 'Q', 'TL', 'TM', 'TUQ']::text[]),
    ADD CONSTRAINT documents_order_check CHECK ("order" IN ('number_first', 'signature_first'));
