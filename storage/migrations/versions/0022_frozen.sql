-- A recalled document is frozen with its metadata (Decree 30/2020, Annex VI, III.8), whoever writes. Only its file may still
-- grow, since its proof is renewed like any other's. A sealed attachment stays as it is.

CREATE FUNCTION refuse_thaw() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    -- the year is worked out from the date, and not before this function has looked
    growing CONSTANT text[] := ARRAY['current_sha256', 'current_length', 'current_predecessor', 'issued_year'];
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(NEW) - growing = to_jsonb(OLD) - growing THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'a recalled document is frozen'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'documents_frozen';
END;
$$;

CREATE TRIGGER documents_frozen BEFORE UPDATE OR DELETE ON documents
    FOR EACH ROW WHEN (OLD.state = 'recalled') EXECUTE FUNCTION refuse_thaw();
CREATE TRIGGER attachments_sealed BEFORE UPDATE OR DELETE ON attachments
    FOR EACH ROW WHEN (OLD.sealed_sha256 IS NOT NULL) EXECUTE FUNCTION refuse_change();
