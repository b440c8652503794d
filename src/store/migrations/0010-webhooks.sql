-- Who is told of changes, and every telling: kept until it was taken or given up, and a while longer for replay.
CREATE TABLE webhooks (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	url TEXT NOT NULL,
	secret TEXT NOT NULL,
	events TEXT NOT NULL,
	active INTEGER NOT NULL,
	paused_because TEXT,
	failing_since INTEGER,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE webhook_deliveries (
	org_id TEXT NOT NULL,
	id TEXT NOT NULL,
	webhook_id TEXT NOT NULL,
	event TEXT NOT NULL,
	record_id TEXT NOT NULL,
	payload TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'given_up')),
	attempts INTEGER NOT NULL DEFAULT 0,
	next_at INTEGER NOT NULL,
	status INTEGER,
	trouble TEXT,
	created_at INTEGER NOT NULL,
	done_at INTEGER,
	PRIMARY KEY (org_id, id),
	FOREIGN KEY (org_id, webhook_id) REFERENCES webhooks (org_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_at) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_webhook ON webhook_deliveries (org_id, webhook_id, id);
CREATE INDEX webhook_deliveries_record ON webhook_deliveries (org_id, record_id);
