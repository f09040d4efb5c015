-- What can be found: one row for each ticket, task, run and comment, folded by the program.
CREATE TABLE search_entries (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    ref_id BLOB NOT NULL,
    project_id BLOB NOT NULL,
    parent_id BLOB,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    text_folded TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (kind, ref_id)
) STRICT;
CREATE INDEX search_entries_newest ON search_entries (updated_at, id);
CREATE INDEX search_entries_of_project ON search_entries (project_id);
CREATE INDEX search_entries_of_parent ON search_entries (parent_id) WHERE parent_id IS NOT NULL;
-- Substrings of three letters or more are found by their trigrams.
CREATE VIRTUAL TABLE search_trigrams USING fts5 (
    text_folded, content = 'search_entries', content_rowid = 'id', tokenize = 'trigram case_sensitive 1', detail = 'none', columnsize = 0
);
CREATE TRIGGER search_entry_added AFTER INSERT ON search_entries BEGIN
    INSERT INTO search_trigrams (rowid, text_folded) VALUES (new.id, new.text_folded);
END;
CREATE TRIGGER search_entry_removed AFTER DELETE ON search_entries BEGIN
    INSERT INTO search_trigrams (search_trigrams, rowid, text_folded) VALUES ('delete', old.id, old.text_folded);
END;
CREATE TRIGGER search_entry_changed AFTER UPDATE OF text_folded ON search_entries BEGIN
    INSERT INTO search_trigrams (search_trigrams, rowid, text_folded) VALUES ('delete', old.id, old.text_folded);
    INSERT INTO search_trigrams (rowid, text_folded) VALUES (new.id, new.text_folded);
END;
