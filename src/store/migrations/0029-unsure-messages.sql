-- Messages about which n-grams were not sure, and the encoder was not asked yet; the newest 10,000.
CREATE TABLE unsure_messages (
	message_seq INTEGER PRIMARY KEY,
	org_id TEXT NOT NULL,
	conversation_id TEXT NOT NULL
) STRICT;
CREATE INDEX unsure_messages_conversation ON unsure_messages (org_id, conversation_id);
