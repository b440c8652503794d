-- How the bot came to a message, as it was at that moment: passages with their scores, the gate's probability, what a model was asked
-- (task, version, hashes, never its prompt) and whether the check let it pass. JSON, for staff.
ALTER TABLE messages ADD COLUMN why TEXT;
