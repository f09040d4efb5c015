-- Since when a task stands where it stands, which an edit does not change, and how many workers in a row went from it
-- without a word.
ALTER TABLE tasks ADD COLUMN status_since INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN silent_runs INTEGER NOT NULL DEFAULT 0;
UPDATE tasks SET status_since = updated_at;

-- Which tasks are named by what is said about a task: by its own words, by a comment, by what came of a run.
CREATE TABLE mentions (
    task_id BLOB NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    source_id BLOB NOT NULL,
    named_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (task_id, named_id, source_id)
) STRICT;

-- The lists that the inbox is made of, what waits longest first. None of them holds what is as it should be, so that none is
-- paid for by a task to which nothing happens.
DROP INDEX tasks_in_circles;
DROP INDEX runs_lost;
DROP INDEX runs_lost_of_project;
CREATE INDEX tasks_for_a_person ON tasks (status, status_since, id)
    WHERE status IN ('review', 'failed', 'blocked');
CREATE INDEX tasks_for_a_person_of_project ON tasks (project_id, status, status_since, id)
    WHERE status IN ('review', 'failed', 'blocked');
CREATE INDEX tasks_in_trouble ON tasks (status, status_since, id)
    WHERE status IN ('ready', 'blocked') AND (failure_count >= 2 OR silent_runs >= 2);
CREATE INDEX tasks_in_trouble_of_project ON tasks (project_id, status, status_since, id)
    WHERE status IN ('ready', 'blocked') AND (failure_count >= 2 OR silent_runs >= 2);
CREATE INDEX tasks_gone_silent ON tasks (status, status_since, id)
    WHERE status = 'ready' AND silent_runs = 1 AND failure_count < 2;
CREATE INDEX tasks_gone_silent_of_project ON tasks (project_id, status, status_since, id)
    WHERE status = 'ready' AND silent_runs = 1 AND failure_count < 2;
CREATE INDEX tasks_in_circles ON tasks (status, status_since, id) WHERE status = 'triage' AND block_recurrences > 0;
CREATE INDEX tasks_in_circles_of_project ON tasks (project_id, status, status_since, id)
    WHERE status = 'triage' AND block_recurrences > 0;
CREATE INDEX runs_lost ON runs (last_heartbeat_at, id) WHERE ended_at IS NULL AND lost_contact = TRUE;
CREATE INDEX runs_lost_of_project ON runs (project_id, last_heartbeat_at, id)
    WHERE ended_at IS NULL AND lost_contact = TRUE;
