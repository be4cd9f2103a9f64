-- Times are milliseconds since 1970 in UTC. Ids are 16 bytes. `doc` is the JSON of the noun it is named after.
-- Logs (event, delivery, attempt, signal, page_view, intent) have an integer key that only grows: their
-- lists are walked by it. They have no foreign keys: they are written far more often than anything
-- else, and only by steps that have just read what they refer to.

CREATE TABLE workspace (
    id             BLOB PRIMARY KEY,
    name           TEXT NOT NULL,
    created_at     INTEGER NOT NULL,
    config_version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE api_key (
    id           BLOB PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspace (id),
    hash         BLOB NOT NULL UNIQUE,
    name         TEXT NOT NULL,
    hint         TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    revoked_at   INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX api_key_of_workspace ON api_key (workspace_id, id);

CREATE TABLE write_key (
    id           BLOB PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspace (id),
    key          TEXT NOT NULL UNIQUE,
    name         TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    revoked_at   INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX write_key_of_workspace ON write_key (workspace_id, id);

CREATE TABLE webhook (
    id           BLOB PRIMARY KEY,
    workspace_id BLOB NOT NULL REFERENCES workspace (id),
    revision     INTEGER NOT NULL,
    enabled      INTEGER NOT NULL,
    deleted_at   INTEGER,
    doc          TEXT NOT NULL,
    secrets      TEXT NOT NULL
) STRICT;
CREATE INDEX webhook_of_workspace ON webhook (workspace_id, id) WHERE deleted_at IS NULL;

CREATE TABLE segment (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id BLOB NOT NULL REFERENCES workspace (id),
    revision     INTEGER NOT NULL,
    deleted_at   INTEGER,
    doc          TEXT NOT NULL
) STRICT;
CREATE INDEX segment_of_workspace ON segment (workspace_id, id) WHERE deleted_at IS NULL;
-- The first segment is 1001.
INSERT INTO sqlite_sequence (name, seq) VALUES ('segment', 1000);

CREATE TABLE event_type (
    workspace_id BLOB NOT NULL REFERENCES workspace (id),
    name         TEXT NOT NULL,
    doc          TEXT NOT NULL,
    PRIMARY KEY (workspace_id, name)
) STRICT;

-- `channels` are joined by spaces, which no channel contains. The payload stands last, so that reading
-- the rest never reads it.
CREATE TABLE event (
    seq            INTEGER PRIMARY KEY,
    workspace_id   BLOB NOT NULL,
    id             TEXT NOT NULL,
    event_type     TEXT NOT NULL,
    channels       TEXT NOT NULL,
    segment_id     INTEGER,
    contact_id     BLOB,
    company_id     BLOB,
    visit_id       BLOB,
    test           INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    delivery_count INTEGER NOT NULL,
    payload        BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX event_by_id ON event (workspace_id, id);
CREATE INDEX event_by_time ON event (workspace_id, created_at);
CREATE INDEX event_by_type ON event (workspace_id, event_type, created_at);

CREATE TABLE event_channel (
    workspace_id BLOB NOT NULL,
    channel      TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    event        INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, channel, created_at, event)
) STRICT, WITHOUT ROWID;

-- `status`: 0 pending, 1 retrying, 2 delivered, 3 failed, 4 canceled. The three `…_due_at` say where the
-- delivery's rows in `due` are, so that they are found without an index of their own.
-- A delivery's `created_at` is its event's, and its key grows with its event's: both lists are one order.
CREATE TABLE delivery (
    seq                INTEGER PRIMARY KEY,
    id                 BLOB NOT NULL,
    workspace_id       BLOB NOT NULL,
    webhook_id         BLOB NOT NULL,
    event              INTEGER NOT NULL,
    event_type         TEXT NOT NULL,
    status             INTEGER NOT NULL,
    attempt_count      INTEGER NOT NULL,
    scheduled_attempts INTEGER NOT NULL,
    schedule_due_at    INTEGER,
    resend_due_at      INTEGER,
    test_due_at        INTEGER,
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX delivery_by_id ON delivery (id);
CREATE INDEX delivery_by_time ON delivery (workspace_id, created_at);
CREATE INDEX delivery_by_webhook ON delivery (workspace_id, webhook_id, created_at);
CREATE INDEX delivery_by_status ON delivery (workspace_id, status, created_at);
CREATE INDEX delivery_by_type ON delivery (workspace_id, event_type, created_at);
CREATE INDEX delivery_by_event ON delivery (event);

-- The queue. `trigger`: 0 schedule, 1 resend, 2 test.
CREATE TABLE due (
    webhook_id BLOB NOT NULL,
    due_at     INTEGER NOT NULL,
    delivery   INTEGER NOT NULL,
    trigger    INTEGER NOT NULL,
    PRIMARY KEY (webhook_id, due_at, delivery, trigger)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempt (
    seq             INTEGER PRIMARY KEY,
    id              BLOB NOT NULL,
    delivery        INTEGER NOT NULL,
    webhook_id      BLOB NOT NULL,
    number          INTEGER NOT NULL,
    trigger         INTEGER NOT NULL,
    started_at      INTEGER NOT NULL,
    next_attempt_at INTEGER,
    record          TEXT NOT NULL
) STRICT;
CREATE INDEX attempt_of_delivery ON attempt (delivery);
CREATE INDEX attempt_of_webhook ON attempt (webhook_id);

CREATE TABLE contact (
    workspace_id BLOB NOT NULL,
    id           BLOB NOT NULL,
    email        TEXT,
    user_id      TEXT,
    company_id   BLOB,
    doc          TEXT NOT NULL,
    PRIMARY KEY (workspace_id, id)
) STRICT;
CREATE UNIQUE INDEX contact_by_email ON contact (workspace_id, email) WHERE email IS NOT NULL;
CREATE UNIQUE INDEX contact_by_user_id ON contact (workspace_id, user_id) WHERE user_id IS NOT NULL;
CREATE INDEX contact_of_company ON contact (workspace_id, company_id) WHERE company_id IS NOT NULL;

CREATE TABLE company (
    workspace_id BLOB NOT NULL,
    id           BLOB NOT NULL,
    domain       TEXT,
    group_id     TEXT,
    doc          TEXT NOT NULL,
    PRIMARY KEY (workspace_id, id)
) STRICT;
CREATE UNIQUE INDEX company_by_domain ON company (workspace_id, domain) WHERE domain IS NOT NULL;
CREATE UNIQUE INDEX company_by_group_id ON company (workspace_id, group_id) WHERE group_id IS NOT NULL;

CREATE TABLE visitor (
    workspace_id BLOB NOT NULL,
    key          TEXT NOT NULL,
    contact_id   BLOB,
    company_id   BLOB,
    doc          TEXT NOT NULL,
    PRIMARY KEY (workspace_id, key)
) STRICT;
CREATE INDEX visitor_of_contact ON visitor (workspace_id, contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX visitor_of_company ON visitor (workspace_id, company_id) WHERE company_id IS NOT NULL;

CREATE TABLE visit (
    workspace_id BLOB NOT NULL,
    id           BLOB NOT NULL,
    contact_id   BLOB,
    company_id   BLOB,
    doc          TEXT NOT NULL,
    PRIMARY KEY (workspace_id, id)
) STRICT;
CREATE INDEX visit_of_contact ON visit (workspace_id, contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX visit_of_company ON visit (workspace_id, company_id) WHERE company_id IS NOT NULL;

-- The two indexes that histories are read from hold all that a history says.
CREATE TABLE page_view (
    seq          INTEGER PRIMARY KEY,
    workspace_id BLOB NOT NULL,
    visit_id     BLOB NOT NULL,
    contact_id   BLOB,
    company_id   BLOB,
    at           INTEGER NOT NULL,
    path         TEXT NOT NULL
) STRICT;
CREATE INDEX page_view_of_contact ON page_view (workspace_id, contact_id, at, path) WHERE contact_id IS NOT NULL;
CREATE INDEX page_view_of_company ON page_view (workspace_id, company_id, at, path) WHERE company_id IS NOT NULL;
CREATE INDEX page_view_unclaimed ON page_view (workspace_id, visit_id) WHERE contact_id IS NULL;

CREATE TABLE intent (
    seq          INTEGER PRIMARY KEY,
    workspace_id BLOB NOT NULL,
    contact_id   BLOB NOT NULL,
    company_id   BLOB,
    observed_at  INTEGER NOT NULL,
    topic        TEXT NOT NULL,
    score        REAL,
    source       TEXT
) STRICT;
CREATE INDEX intent_of_contact ON intent (workspace_id, contact_id, observed_at);
CREATE INDEX intent_of_company ON intent (workspace_id, company_id, observed_at) WHERE company_id IS NOT NULL;

-- Last firings. `subject_kind`: 0 contact, 1 company.
CREATE TABLE firing (
    workspace_id BLOB NOT NULL,
    subject_kind INTEGER NOT NULL,
    subject_id   BLOB NOT NULL,
    segment_id   INTEGER NOT NULL,
    event_type   TEXT NOT NULL,
    at           INTEGER NOT NULL,
    visit_id     BLOB,
    PRIMARY KEY (workspace_id, subject_kind, subject_id, segment_id, event_type)
) STRICT, WITHOUT ROWID;

CREATE TABLE signal (
    seq          INTEGER PRIMARY KEY,
    workspace_id BLOB NOT NULL,
    id           BLOB NOT NULL,
    kind         TEXT NOT NULL,
    at           INTEGER NOT NULL,
    received_at  INTEGER NOT NULL,
    visitor_id   BLOB,
    contact_id   BLOB,
    company_id   BLOB,
    raw          TEXT NOT NULL
) STRICT;
CREATE INDEX signal_of_workspace ON signal (workspace_id);
CREATE INDEX signal_of_contact ON signal (workspace_id, contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX signal_of_nobody ON signal (workspace_id, visitor_id) WHERE contact_id IS NULL;

CREATE TABLE message_id (
    workspace_id BLOB NOT NULL,
    message_id   TEXT NOT NULL,
    seen_at      INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_id_by_time ON message_id (workspace_id, seen_at);

CREATE TABLE kept_answer (
    workspace_id BLOB NOT NULL,
    key          TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    status       INTEGER NOT NULL,
    content_type TEXT,
    location     TEXT,
    created_at   INTEGER NOT NULL,
    body         BLOB NOT NULL,
    PRIMARY KEY (workspace_id, key)
) STRICT;
CREATE INDEX kept_answer_by_time ON kept_answer (workspace_id, created_at);

-- The readiness check writes here.
CREATE TABLE probe (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    writes INTEGER NOT NULL
) STRICT;
INSERT INTO probe (id, writes) VALUES (1, 0);
