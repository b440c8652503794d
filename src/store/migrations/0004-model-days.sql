-- What the model elsewhere has cost by day (days since 1970, UTC), so that its budget outlives the process that spent it.
CREATE TABLE model_days (
	day INTEGER PRIMARY KEY,
	tokens INTEGER NOT NULL
) STRICT;
