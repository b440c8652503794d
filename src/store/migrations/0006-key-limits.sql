-- A key may end by itself, and may be held to so many requests a minute. NULL: it does not, it is not.
ALTER TABLE api_keys ADD COLUMN expires_at INTEGER;
ALTER TABLE api_keys ADD COLUMN per_minute INTEGER;
