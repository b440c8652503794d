-- Files of records. The bytes lie under their hash in DATA/attachments; rows count the uses of a file.
CREATE TABLE attachments (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	id TEXT NOT NULL,
	object TEXT NOT NULL,
	record_id TEXT NOT NULL,
	file_name TEXT NOT NULL,
	content_type TEXT NOT NULL,
	n_bytes INTEGER NOT NULL,
	sha256 TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	created_by TEXT,
	PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX attachments_record ON attachments (org_id, object, record_id, id);
CREATE INDEX attachments_sha256 ON attachments (sha256);
