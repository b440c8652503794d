-- How many conversations are anybody's to take, one's own, or waiting, is counted in an index alone.

CREATE INDEX conversations_active ON conversations (org_id, owner, owner_id, state, waiting_since) WHERE state <> 'resolved';
