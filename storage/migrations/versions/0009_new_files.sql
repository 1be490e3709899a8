-- A document that was sent back may get a better file, with which a new chain of revisions begins.

ALTER TABLE revisions DROP CONSTRAINT revisions_ordinal_check;
ALTER TABLE revisions ADD CONSTRAINT revisions_ordinal_check
    CHECK (ordinal > 1 OR (ordinal = 1 AND predecessor IS NULL));
