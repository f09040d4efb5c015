-- PostgreSQL's index of trigrams has nothing to merge.
SELECT 1;
