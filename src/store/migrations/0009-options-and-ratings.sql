-- What a message offers to say next, as a JSON list of texts.
ALTER TABLE messages ADD COLUMN options TEXT NOT NULL DEFAULT '[]';

-- What the customer thought of an answer: 1 = helpful, -1 = not. Messages themselves are append-only.
CREATE TABLE message_ratings (
	org_id TEXT NOT NULL,
	message_id TEXT NOT NULL,
	conversation_id TEXT NOT NULL,
	rating INTEGER NOT NULL CHECK (rating IN (-1, 1)),
	at INTEGER NOT NULL,
	PRIMARY KEY (org_id, message_id),
	FOREIGN KEY (org_id, conversation_id) REFERENCES conversations (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_ratings_conversation ON message_ratings (org_id, conversation_id);
