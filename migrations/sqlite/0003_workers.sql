-- Processes that take tasks. One that went away stays for a while, so that it can be seen.
CREATE TABLE workers (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    host TEXT,
    principal TEXT NOT NULL,
    version TEXT,
    agents TEXT NOT NULL,
    skills TEXT NOT NULL,
    projects TEXT NOT NULL,
    capacity INTEGER NOT NULL,
    draining INTEGER NOT NULL,
    joined_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    left_at INTEGER
) STRICT;
CREATE UNIQUE INDEX workers_by_name ON workers (principal, name, COALESCE(host, ''));
CREATE INDEX workers_newest ON workers (joined_at, id);
CREATE INDEX workers_there ON workers (joined_at, id) WHERE left_at IS NULL;
CREATE INDEX workers_by_silence ON workers (last_seen_at) WHERE left_at IS NULL;

CREATE INDEX runs_of_worker ON runs (worker, created_at, id)
    WHERE ended_at IS NULL AND worker IS NOT NULL;
CREATE INDEX runs_to_stop ON runs (started_at)
    WHERE ended_at IS NULL AND max_runtime_seconds IS NOT NULL;

-- What is offered to the workers of one agent, and when something that was held back may be offered again.
CREATE INDEX tasks_to_offer ON tasks (project_id, assignee, priority DESC, created_at, id)
    WHERE status = 'ready';
CREATE INDEX tasks_held_back ON tasks (not_before)
    WHERE status = 'ready' AND not_before IS NOT NULL;

ALTER TABLE projects ADD COLUMN max_running INTEGER;
ALTER TABLE projects ADD COLUMN max_running_per_agent INTEGER;
ALTER TABLE projects ADD COLUMN max_wip INTEGER;
ALTER TABLE projects ADD COLUMN last_dispatch_at INTEGER;
