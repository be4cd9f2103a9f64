-- Who made an invitation; and figures of all webhooks together.

-- `made_by`: empty where an API key or Beckon itself did.
ALTER TABLE invitation ADD COLUMN made_by BLOB;

-- With the empty `webhook_id` stand the workspace's own, as before, and from now on also the sums over its webhooks.
INSERT INTO tally (workspace_id, webhook_id, hour, measure, count)
SELECT workspace_id, x'', hour, measure, sum(count) FROM tally WHERE webhook_id <> x'' GROUP BY workspace_id, hour, measure;
