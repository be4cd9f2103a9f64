-- Fewer indexes for the lists, because every one is written with every delivery. What has no index of its own is found
-- by walking a broader one, which has what it takes to pass over most of what does not fit without reading its row.

-- All deliveries, and those of a type: by their events, which are in the order of time.
DROP INDEX delivery_by_time;
DROP INDEX delivery_by_type;
DROP INDEX event_by_type;
DROP INDEX event_by_time;
CREATE INDEX event_in_time ON event (workspace_id, created_at, seq, event_type, delivery_count);

DROP INDEX delivery_by_event;
CREATE INDEX delivery_of_event ON delivery (event, seq, webhook_id);

-- A webhook is of one workspace.
DROP INDEX delivery_by_webhook;
CREATE INDEX delivery_of_webhook ON delivery (webhook_id, created_at, seq, event_type);

-- Nearly all deliveries are delivered in the end: they are not in it.
DROP INDEX delivery_by_status;
CREATE INDEX delivery_undelivered ON delivery (workspace_id, status, created_at, seq, webhook_id, event_type)
WHERE status <> 2;
