-- What is thought of a customer's message: mood, intent, urgency, by which version of the judge; and what people put right.
CREATE TABLE message_judgements (
	message_seq INTEGER PRIMARY KEY,
	org_id TEXT NOT NULL REFERENCES organisations (id),
	message_id TEXT NOT NULL,
	conversation_id TEXT NOT NULL,
	at INTEGER NOT NULL,
	language TEXT NOT NULL,
	mood TEXT NOT NULL,
	mood_probability REAL NOT NULL,
	strength REAL NOT NULL,
	intent TEXT NOT NULL,
	intent_probability REAL NOT NULL,
	urgent INTEGER NOT NULL,
	version TEXT NOT NULL,
	corrected_mood TEXT,
	corrected_intent TEXT,
	corrected_by TEXT,
	corrected_at INTEGER
) STRICT;
CREATE INDEX message_judgements_conversation ON message_judgements (org_id, conversation_id, message_id);
CREATE INDEX message_judgements_at ON message_judgements (org_id, at);
CREATE INDEX message_judgements_corrected ON message_judgements (org_id, corrected_at) WHERE corrected_at IS NOT NULL;
