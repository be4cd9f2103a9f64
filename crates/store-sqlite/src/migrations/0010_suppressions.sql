-- Who must not become known. `kind`: 0 address, 1 user id. `value` is null where it is not to be kept.
CREATE TABLE suppression (
    workspace_id BLOB NOT NULL,
    hash         BLOB NOT NULL,
    id           BLOB NOT NULL,
    kind         INTEGER NOT NULL,
    value        TEXT,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, hash)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX suppression_by_id ON suppression (workspace_id, id);
