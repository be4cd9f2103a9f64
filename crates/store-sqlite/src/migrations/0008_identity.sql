-- Whether a write key is kept on servers: what it says is verified.
ALTER TABLE write_key ADD COLUMN server INTEGER NOT NULL DEFAULT 0;

-- By what contacts are found beside their first address and their user id: `email:`, `sha256:` or `linkedin:`, and the
-- identifier.
CREATE TABLE contact_key (
    workspace_id BLOB NOT NULL,
    key          TEXT NOT NULL,
    contact_id   BLOB NOT NULL,
    PRIMARY KEY (workspace_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_key_of_contact ON contact_key (workspace_id, contact_id);

-- Both stand in `doc` as well. The hash is that of an address that nobody known has.
ALTER TABLE visitor ADD COLUMN id BLOB;
ALTER TABLE visitor ADD COLUMN email_sha256 TEXT;
CREATE INDEX visitor_waiting ON visitor (workspace_id, email_sha256) WHERE email_sha256 IS NOT NULL;

-- Contacts that were made one. `moving`: 0 all rows are where they belong, 1 some are still the loser's, 2 undone, and
-- some are still the survivor's.
CREATE TABLE merge (
    workspace_id BLOB NOT NULL,
    id           BLOB NOT NULL,
    survivor_id  BLOB NOT NULL,
    loser_id     BLOB NOT NULL,
    undone       INTEGER NOT NULL,
    moving       INTEGER NOT NULL,
    doc          TEXT NOT NULL,
    PRIMARY KEY (workspace_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX merge_of_survivor ON merge (workspace_id, survivor_id, id);
CREATE INDEX merge_of_loser ON merge (workspace_id, loser_id) WHERE undone = 0;
CREATE INDEX merge_moving ON merge (workspace_id, id) WHERE moving > 0;

-- Whose a row was before its contact was merged, so that it can be given back.
ALTER TABLE page_view ADD COLUMN merged_from BLOB;
ALTER TABLE visit ADD COLUMN merged_from BLOB;
ALTER TABLE intent ADD COLUMN merged_from BLOB;
ALTER TABLE signal ADD COLUMN merged_from BLOB;
ALTER TABLE event ADD COLUMN merged_from BLOB;
CREATE INDEX page_view_merged ON page_view (workspace_id, merged_from) WHERE merged_from IS NOT NULL;
CREATE INDEX visit_merged ON visit (workspace_id, merged_from) WHERE merged_from IS NOT NULL;
CREATE INDEX intent_merged ON intent (workspace_id, merged_from) WHERE merged_from IS NOT NULL;
CREATE INDEX signal_merged ON signal (workspace_id, merged_from) WHERE merged_from IS NOT NULL;
CREATE INDEX event_merged ON event (workspace_id, merged_from) WHERE merged_from IS NOT NULL;

CREATE TABLE identity_note (
    seq          INTEGER PRIMARY KEY,
    workspace_id BLOB NOT NULL,
    visitor_id   BLOB,
    contact_id   BLOB,
    at           INTEGER NOT NULL,
    doc          TEXT NOT NULL
) STRICT;
CREATE INDEX identity_note_of_visitor ON identity_note (workspace_id, visitor_id) WHERE visitor_id IS NOT NULL;
CREATE INDEX identity_note_of_contact ON identity_note (workspace_id, contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX identity_note_in_time ON identity_note (workspace_id, at);
