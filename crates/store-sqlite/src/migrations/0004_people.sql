-- Who may come in, what they changed, and what a workspace sets for itself. `hash`: SHA-256 of a token that is not kept.

ALTER TABLE workspace ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';

CREATE TABLE member (
    id            BLOB PRIMARY KEY,
    workspace_id  BLOB NOT NULL REFERENCES workspace (id),
    email         TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    role          TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    signed_in_at  INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX member_of_workspace ON member (workspace_id, created_at, id);

CREATE TABLE invitation (
    id           BLOB PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspace (id),
    hash         BLOB NOT NULL UNIQUE,
    email        TEXT,
    role         TEXT NOT NULL,
    resets       BLOB REFERENCES member (id),
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX invitation_of_workspace ON invitation (workspace_id, created_at, id);
CREATE INDEX invitation_of_member ON invitation (resets) WHERE resets IS NOT NULL;

CREATE TABLE session (
    hash       BLOB PRIMARY KEY,
    member_id  BLOB NOT NULL REFERENCES member (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_of_member ON session (member_id);
CREATE INDEX session_by_end ON session (expires_at);

-- A log, as those of 0001. `changed` is sealed: how it was before and after shows whom things are about.
CREATE TABLE audit (
    seq          INTEGER PRIMARY KEY,
    workspace_id BLOB NOT NULL,
    id           BLOB NOT NULL,
    at           INTEGER NOT NULL,
    action       TEXT NOT NULL,
    subject      TEXT NOT NULL,
    actor        TEXT NOT NULL,
    changed      BLOB NOT NULL
) STRICT;
CREATE INDEX audit_of_workspace ON audit (workspace_id);
CREATE INDEX audit_of_subject ON audit (workspace_id, subject);
