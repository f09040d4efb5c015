-- The index of trigrams follows what can be found: entries up to this number stand in it, and newer ones are read one by one.
CREATE TABLE search_progress (indexed_to INTEGER NOT NULL) STRICT;
INSERT INTO search_progress (indexed_to) SELECT coalesce(max(id), 0) FROM search_entries;

DROP TRIGGER search_entry_added;
DROP TRIGGER search_entry_removed;
DROP TRIGGER search_entry_changed;
CREATE TRIGGER search_entry_removed AFTER DELETE ON search_entries
WHEN old.id <= (SELECT indexed_to FROM search_progress) BEGIN
    INSERT INTO search_trigrams (search_trigrams, rowid, text_folded) VALUES ('delete', old.id, old.text_folded);
    -- The numbers of entries that were the last ones are given again.
    UPDATE search_progress SET indexed_to = min(indexed_to, (SELECT coalesce(max(id), 0) FROM search_entries));
END;
CREATE TRIGGER search_entry_changed AFTER UPDATE OF text_folded ON search_entries
WHEN old.id <= (SELECT indexed_to FROM search_progress) BEGIN
    INSERT INTO search_trigrams (search_trigrams, rowid, text_folded) VALUES ('delete', old.id, old.text_folded);
    INSERT INTO search_trigrams (rowid, text_folded) VALUES (new.id, new.text_folded);
END;
