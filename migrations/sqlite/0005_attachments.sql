-- Files of tasks. Their contents lie on disk, each under its SHA-256.
CREATE TABLE attachments (
    id BLOB NOT NULL PRIMARY KEY,
    task_id BLOB NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX attachments_of_task ON attachments (task_id, created_at, id);
CREATE UNIQUE INDEX attachments_by_content ON attachments (sha256, task_id, name);
