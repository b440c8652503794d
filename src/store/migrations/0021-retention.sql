-- How long records, or single fields of them, are kept after their last change.
CREATE TABLE retention_rules (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	id TEXT NOT NULL,
	object TEXT NOT NULL,
	field TEXT,
	days INTEGER NOT NULL,
	custom TEXT NOT NULL,
	version INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	deleted_at INTEGER,
	PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
