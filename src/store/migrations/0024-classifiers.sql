-- Trained classifiers that may judge messages, whole, so that a backup holds them too.
CREATE TABLE classifiers (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	sha256 TEXT NOT NULL,
	name TEXT NOT NULL,
	task TEXT NOT NULL,
	version INTEGER NOT NULL,
	card TEXT NOT NULL,
	n_bytes INTEGER NOT NULL,
	file BLOB NOT NULL,
	added_at INTEGER NOT NULL,
	PRIMARY KEY (org_id, sha256),
	UNIQUE (org_id, task, version)
) STRICT;
-- One put into use, or into shadow, until that was ended. Of a task the newest that is not ended counts; none: what comes with the program.
CREATE TABLE classifier_promotions (
	id INTEGER PRIMARY KEY,
	org_id TEXT NOT NULL,
	sha256 TEXT NOT NULL,
	task TEXT NOT NULL,
	shadow INTEGER NOT NULL,
	at INTEGER NOT NULL,
	by_name TEXT NOT NULL,
	ended_at INTEGER,
	FOREIGN KEY (org_id, sha256) REFERENCES classifiers (org_id, sha256)
) STRICT;
CREATE INDEX classifier_promotions_classifier ON classifier_promotions (org_id, sha256);
-- What a classifier in shadow would have said of a message.
CREATE TABLE message_shadows (
	message_seq INTEGER NOT NULL,
	org_id TEXT NOT NULL,
	conversation_id TEXT NOT NULL,
	task TEXT NOT NULL,
	sha256 TEXT NOT NULL,
	word TEXT NOT NULL,
	probability REAL NOT NULL,
	PRIMARY KEY (message_seq, task, sha256)
) STRICT;
CREATE INDEX message_shadows_classifier ON message_shadows (org_id, task, sha256);
CREATE INDEX message_shadows_conversation ON message_shadows (org_id, conversation_id);
