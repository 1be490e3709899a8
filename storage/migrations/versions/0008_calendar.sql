-- The days on which an agency does not work as the week has it.

CREATE TABLE calendar_days (
    agency text NOT NULL CONSTRAINT calendar_days_agency_fkey REFERENCES agencies (id),
    day date NOT NULL,
    kind text NOT NULL CONSTRAINT calendar_days_kind_check CHECK (kind IN ('holiday', 'working')),
    name text NOT NULL,
    CONSTRAINT calendar_days_pkey PRIMARY KEY (agency, day)
);
