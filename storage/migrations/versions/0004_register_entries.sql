-- The outgoing register: one row for every number, whatever it was taken for, and which series a type is numbered in.

CREATE TABLE numbering_rules (
    agency text NOT NULL CONSTRAINT numbering_rules_agency_fkey REFERENCES agencies (id),
    document_type text NOT NULL,
    series text NOT NULL,
    symbol text NOT NULL,
    CONSTRAINT numbering_rules_pkey PRIMARY KEY (agency, document_type)
);
CREATE INDEX numbering_rules_agency_symbol_idx ON numbering_rules (agency, symbol);

CREATE TABLE register_entries (
    id uuid CONSTRAINT register_entries_pkey PRIMARY KEY,
    agency text NOT NULL CONSTRAINT register_entries_agency_fkey REFERENCES agencies (id),
    series text NOT NULL,
    year integer NOT NULL,
    ordinal bigint NOT NULL CONSTRAINT register_entries_ordinal_check CHECK (ordinal >= 1),
    symbol text NOT NULL,
    issued_on date NOT NULL,
    kind text NOT NULL CONSTRAINT register_entries_kind_check CHECK (kind IN ('document', 'imported', 'paper')),
    document_type text NOT NULL,
    subject text NOT NULL,
    signer text NOT NULL,
    recipients text[] NOT NULL,
    copy_keeper text,
    copies integer,
    sent_on date,
    note text,
    taken_at timestamptz NOT NULL,
    taken_by text NOT NULL,
    voided_at timestamptz,
    void_reason text,
    CONSTRAINT register_entries_agency_year_series_ordinal_key UNIQUE (agency, year, series, ordinal),
    CONSTRAINT register_entries_agency_year_symbol_ordinal_key UNIQUE (agency, year, symbol, ordinal),
    CONSTRAINT register_entries_year_check CHECK (EXTRACT(YEAR FROM issued_on) = year),
    CONSTRAINT register_entries_voided_check CHECK (num_nulls(voided_at, void_reason) IN (0, 2))
);

-- What was numbered before this table was there.
INSERT INTO register_entries (
    id, agency, series, year, ordinal, symbol, issued_on, kind, document_type, subject, signer, recipients,
    taken_at, taken_by, voided_at, void_reason
)
SELECT
    d.id, d.agency, d.series, d.issued_year, d.number_ordinal, d.number_symbol, d.issued_on, 'document',
    d.document_type, d.subject, a.full_name, d.recipients,
    coalesce(numbered.at, d.intent_at, d.created_at), coalesce(numbered.actor, d.intent_actor, d.created_by),
    voided.at, CASE WHEN voided.at IS NOT NULL THEN coalesce(voided.reason, '-') END
FROM documents d
JOIN accounts a ON a.id = d.signatory
LEFT JOIN LATERAL (
    SELECT t.at, t.actor FROM timeline t WHERE t.document_id = d.id AND t.state = 'numbered' ORDER BY t.id LIMIT 1
) numbered ON true
LEFT JOIN LATERAL (
    SELECT t.at, t.reason FROM timeline t WHERE t.document_id = d.id AND t.state = 'voided' ORDER BY t.id LIMIT 1
) voided ON true
WHERE d.number_ordinal IS NOT NULL;

-- An entry is only ever voided, once; nothing else about it changes, whoever writes.

CREATE FUNCTION refuse_change_of_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.voided_at IS NULL
        AND to_jsonb(NEW) - 'voided_at' - 'void_reason' = to_jsonb(OLD) - 'voided_at' - 'void_reason' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an entry of the register is only ever voided'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'register_entries_only_voided';
END;
$$;

CREATE TRIGGER register_entries_only_voided BEFORE UPDATE OR DELETE ON register_entries
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_entry();
CREATE TRIGGER register_entries_only_grows BEFORE TRUNCATE ON register_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
