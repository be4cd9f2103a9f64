-- What a delivery engine needs that can be trusted: lanes, order, health, jobs, an outbox; and a vault, for what
-- must not lie open. What 0001 kept open is sealed by the step in Rust that follows this text: it reads the tables
-- called `…_open` and drops them.

-- One row. `key_id` names the key that everything sealed here was sealed with. `scrubbed`: 0 while what was once
-- open may still stand in unused parts of the file.
CREATE TABLE vault (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    key_id   BLOB NOT NULL,
    scrubbed INTEGER NOT NULL
) STRICT;

-- `fifo`, `enabled` and `deleted_at` repeat what `doc` says, for steps that need nothing else. `sealed` holds the
-- parts that `doc` leaves out.
DROP INDEX webhook_of_workspace;
ALTER TABLE webhook RENAME TO webhook_open;
CREATE TABLE webhook (
    id           BLOB PRIMARY KEY,
    workspace_id BLOB NOT NULL,
    revision     INTEGER NOT NULL,
    enabled      INTEGER NOT NULL,
    fifo         INTEGER NOT NULL,
    deleted_at   INTEGER,
    doc          TEXT NOT NULL,
    sealed       BLOB NOT NULL
) STRICT;
CREATE INDEX webhook_of_workspace ON webhook (workspace_id, id) WHERE deleted_at IS NULL;

-- `record` is sealed: it repeats URLs, and what receivers answered.
DROP INDEX attempt_of_delivery;
DROP INDEX attempt_of_webhook;
ALTER TABLE attempt RENAME TO attempt_open;
CREATE TABLE attempt (
    seq             INTEGER PRIMARY KEY,
    id              BLOB NOT NULL,
    delivery        INTEGER NOT NULL,
    webhook_id      BLOB NOT NULL,
    number          INTEGER NOT NULL,
    trigger         INTEGER NOT NULL,
    started_at      INTEGER NOT NULL,
    next_attempt_at INTEGER,
    record          BLOB NOT NULL
) STRICT;
CREATE INDEX attempt_of_delivery ON attempt (delivery);
CREATE INDEX attempt_of_webhook ON attempt (webhook_id);

-- Where a delivery's rows in `due` are follows from these and its webhook's `fifo` (see `standing.rs`).
-- `replay`: its schedule is one that was begun anew. `canceled_with_webhook`: nobody canceled the delivery itself.
ALTER TABLE delivery ADD COLUMN replay INTEGER NOT NULL DEFAULT 0;
ALTER TABLE delivery ADD COLUMN canceled_with_webhook INTEGER NOT NULL DEFAULT 0;
-- What a webhook did not take: the way of those jobs that recover it. What goes well is never in it.
CREATE INDEX delivery_missed ON delivery (webhook_id, created_at) WHERE status IN (3, 4);

-- The queue, lane by lane. `lane`: 0 tests, 1 first attempts, 2 resends, 3 retries, 4 replays. `due_at` is the place
-- in the lane: of a FIFO webhook's scheduled requests, which all stand in lane 1, the time of their event; of all
-- others the time that they are due.
ALTER TABLE due RENAME TO due_unsorted;
CREATE TABLE due (
    webhook_id BLOB NOT NULL,
    lane       INTEGER NOT NULL CHECK (lane BETWEEN 0 AND 4),
    due_at     INTEGER NOT NULL,
    delivery   INTEGER NOT NULL,
    PRIMARY KEY (webhook_id, lane, due_at, delivery)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO due (webhook_id, lane, due_at, delivery)
SELECT due_unsorted.webhook_id,
       CASE trigger WHEN 2 THEN 0 WHEN 1 THEN 2 ELSE iif(coalesce(scheduled_attempts, 0) = 0, 1, 3) END,
       due_at,
       due_unsorted.delivery
FROM due_unsorted LEFT JOIN delivery ON delivery.seq = due_unsorted.delivery;
DROP TABLE due_unsorted;

-- Webhooks that are not well.
CREATE TABLE webhook_health (
    webhook_id   BLOB PRIMARY KEY,
    workspace_id BLOB NOT NULL,
    doc          TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- `status`: 0 running, 1 done, 2 canceled, 3 failed. `place` is how far it has come in what it goes through.
CREATE TABLE job (
    seq          INTEGER PRIMARY KEY,
    id           BLOB NOT NULL UNIQUE,
    workspace_id BLOB NOT NULL,
    kind         TEXT NOT NULL,
    status       INTEGER NOT NULL,
    error        TEXT,
    total        INTEGER NOT NULL,
    examined     INTEGER NOT NULL,
    replayed     INTEGER NOT NULL,
    place        BLOB,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX job_of_workspace ON job (workspace_id);
CREATE INDEX job_running ON job (workspace_id) WHERE status = 0;

-- Notices that are still to be told by e-mail, by the key of their event.
CREATE TABLE unmailed (
    seq   INTEGER PRIMARY KEY,
    event INTEGER NOT NULL UNIQUE
) STRICT;
