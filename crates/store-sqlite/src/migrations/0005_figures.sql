-- Figures by the hour, what became of signals, and finding people by what is known of them. The words of those who are
-- stored already are filled in by the step in Rust that follows this text.

-- `webhook_id`: empty for what is the workspace's own. `hour`: its beginning. `measure`: see `tally.rs`.
CREATE TABLE tally (
    workspace_id BLOB NOT NULL,
    webhook_id   BLOB NOT NULL,
    hour         INTEGER NOT NULL,
    measure      INTEGER NOT NULL,
    count        INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, webhook_id, hour, measure)
) STRICT, WITHOUT ROWID;

-- When segments fired last: kept apart, so that nobody has to look through everybody's firings.
CREATE TABLE segment_fired (
    workspace_id BLOB NOT NULL,
    segment_id   INTEGER NOT NULL,
    at           INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, segment_id)
) STRICT, WITHOUT ROWID;
INSERT INTO segment_fired (workspace_id, segment_id, at)
SELECT workspace_id, segment_id, max(at) FROM firing GROUP BY workspace_id, segment_id;

-- The history of deleted webhooks has figures too.
CREATE INDEX webhook_deleted ON webhook (workspace_id, id) WHERE deleted_at IS NOT NULL;

-- The words that contacts and companies are found by. `kind`: 0 contact, 1 company.
CREATE TABLE search_word (
    workspace_id BLOB NOT NULL,
    kind         INTEGER NOT NULL,
    word         TEXT NOT NULL,
    id           BLOB NOT NULL,
    PRIMARY KEY (workspace_id, kind, word, id)
) STRICT, WITHOUT ROWID;

-- A company's contacts, in the order in which contacts are listed.
DROP INDEX contact_of_company;
CREATE INDEX contact_of_company ON contact (workspace_id, company_id, id) WHERE company_id IS NOT NULL;

-- What was announced of somebody. Nobody stands behind events that are published directly: they are not in it.
CREATE INDEX event_of_contact ON event (workspace_id, contact_id, created_at, seq) WHERE contact_id IS NOT NULL;
CREATE INDEX event_of_company ON event (workspace_id, company_id, created_at, seq) WHERE company_id IS NOT NULL;

-- Ids grow as signals come, so that one index has their order and finds each of them.
DROP INDEX signal_of_workspace;
CREATE INDEX signal_of_workspace ON signal (workspace_id, id);
DROP INDEX signal_of_contact;
CREATE INDEX signal_of_contact ON signal (workspace_id, contact_id, id) WHERE contact_id IS NOT NULL;

ALTER TABLE signal ADD COLUMN story TEXT NOT NULL DEFAULT '{}';
