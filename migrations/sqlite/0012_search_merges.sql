-- Segments of the index are merged when eight of one size are there, not four: entries come a thousand at once.
INSERT INTO search_trigrams (search_trigrams, rank) VALUES ('automerge', 8);
