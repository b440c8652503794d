-- What of the firm's work the message is about, each in its mood: "delivery:negative quality:positive"; NULL: not looked for, as before.
ALTER TABLE message_judgements ADD COLUMN aspects TEXT;
