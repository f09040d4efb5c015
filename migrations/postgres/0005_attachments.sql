-- Files of tasks. Their contents lie on disk, each under its SHA-256.
CREATE TABLE attachments (
    id UUID NOT NULL PRIMARY KEY,
    task_id UUID NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    name TEXT COLLATE "C" NOT NULL,
    media_type TEXT COLLATE "C" NOT NULL,
    size BIGINT NOT NULL,
    sha256 TEXT COLLATE "C" NOT NULL,
    created_by TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX attachments_of_task ON attachments (task_id, created_at, id);
CREATE UNIQUE INDEX attachments_by_content ON attachments (sha256, task_id, name);
