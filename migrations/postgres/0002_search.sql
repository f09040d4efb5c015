-- What can be found: one row for each ticket, task, run and comment, folded by the program.
CREATE TABLE search_entries (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL,
    ref_id UUID NOT NULL,
    project_id UUID NOT NULL,
    parent_id UUID,
    title TEXT COLLATE "C" NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    text_folded TEXT COLLATE "C" NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (kind, ref_id)
);
CREATE INDEX search_entries_newest ON search_entries (updated_at, id);
CREATE INDEX search_entries_of_project ON search_entries (project_id);
CREATE INDEX search_entries_of_parent ON search_entries (parent_id) WHERE parent_id IS NOT NULL;
-- Substrings are found by their trigrams where the extension can be had; without it search reads all entries.
DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
    CREATE INDEX search_trigrams ON search_entries USING gin (text_folded public.gin_trgm_ops);
EXCEPTION WHEN OTHERS THEN
    RAISE NOTICE 'search works without trigrams: %', SQLERRM;
END
$$;
