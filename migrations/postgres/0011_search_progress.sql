-- The index of trigrams follows what can be found by itself: PostgreSQL keeps a list of what it has yet to take in.
SELECT 1;
