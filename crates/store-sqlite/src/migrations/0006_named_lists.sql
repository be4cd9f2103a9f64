-- Named lists of contacts or of companies.

-- `subject`: 0 contact, 1 company. `name_key`: the name in lower case. `members`: how many are on it; kept by the triggers.
CREATE TABLE list (
    workspace_id BLOB NOT NULL REFERENCES workspace (id),
    id           BLOB NOT NULL,
    subject      INTEGER NOT NULL,
    name         TEXT NOT NULL,
    name_key     TEXT NOT NULL,
    members      INTEGER NOT NULL DEFAULT 0,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX list_by_name ON list (workspace_id, subject, name_key);

-- `member_id`: of a contact or a company, as the list's subject says.
CREATE TABLE list_member (
    workspace_id BLOB NOT NULL,
    list_id      BLOB NOT NULL,
    member_id    BLOB NOT NULL,
    added_at     INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, list_id, member_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX list_of_member ON list_member (workspace_id, member_id, list_id);

CREATE TRIGGER list_member_added AFTER INSERT ON list_member BEGIN
    UPDATE list SET members = members + 1 WHERE workspace_id = NEW.workspace_id AND id = NEW.list_id;
END;
CREATE TRIGGER list_member_removed AFTER DELETE ON list_member BEGIN
    UPDATE list SET members = members - 1 WHERE workspace_id = OLD.workspace_id AND id = OLD.list_id;
END;
