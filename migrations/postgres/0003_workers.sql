-- Processes that take tasks. One that went away stays for a while, so that it can be seen.
CREATE TABLE workers (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    host TEXT COLLATE "C",
    principal TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C",
    agents TEXT COLLATE "C" NOT NULL,
    skills TEXT COLLATE "C" NOT NULL,
    projects TEXT COLLATE "C" NOT NULL,
    capacity BIGINT NOT NULL,
    draining BOOLEAN NOT NULL,
    joined_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    left_at BIGINT
);
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

ALTER TABLE projects ADD COLUMN max_running BIGINT;
ALTER TABLE projects ADD COLUMN max_running_per_agent BIGINT;
ALTER TABLE projects ADD COLUMN max_wip BIGINT;
ALTER TABLE projects ADD COLUMN last_dispatch_at BIGINT;
