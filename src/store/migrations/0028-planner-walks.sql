-- Rows of the tables themselves are short for the planner, so that it walks a table rather than an index and each row behind it: a
-- million contacts by a field without an index were sorted in 4 s of CPU that way, looked up one by one in the order of their names.

UPDATE sqlite_stat1 SET stat = stat || ' sz=190' WHERE idx = tbl;
ANALYZE sqlite_schema;
