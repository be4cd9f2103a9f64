-- Contacts that are being erased. `stage`: 0 their logs and the payloads of their events go, in steps; 1 the events
-- themselves go, once no request of them can be under way any more.
CREATE TABLE erasure (
    workspace_id BLOB NOT NULL,
    contact_id   BLOB NOT NULL,
    at           INTEGER NOT NULL,
    stage        INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, contact_id)
) STRICT, WITHOUT ROWID;
