CREATE TABLE followers (
    id uuid PRIMARY KEY,
    document_id uuid NOT NULL REFERENCES documents,
    address text NOT NULL,
    added_by text NOT NULL,
    added_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX followers_document_id_address_idx ON followers (document_id, lower(address));

ALTER TABLE notifications ADD COLUMN follower uuid REFERENCES followers ON DELETE CASCADE;
DROP INDEX notifications_due_at_idx;
CREATE INDEX notifications_due_at_idx ON notifications (due_at) WHERE due_at IS NOT NULL AND follower IS NULL;
CREATE INDEX notifications_letters_due_at_idx
    ON notifications (due_at) WHERE due_at IS NOT NULL AND follower IS NOT NULL;
CREATE INDEX notifications_follower_idx ON notifications (follower) WHERE follower IS NOT NULL;

ALTER TABLE notification_counts ADD COLUMN way text;
UPDATE notification_counts SET way = 'call';
ALTER TABLE notification_counts DROP CONSTRAINT notification_counts_pkey;
ALTER TABLE notification_counts ADD PRIMARY KEY (way, outcome);
ALTER TABLE notification_counts ADD CONSTRAINT notification_counts_way_check CHECK (way IN ('call', 'letter'));
INSERT INTO notification_counts (way, outcome) VALUES ('letter', 'delivered'), ('letter', 'failed'), ('letter', 'given_up');
