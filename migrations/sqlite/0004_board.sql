-- How often in a row a task was blocked in the same way, whether a person let it go without its parents, and whether
-- something that it builds on was opened again.
ALTER TABLE tasks ADD COLUMN last_block_kind TEXT;
ALTER TABLE tasks ADD COLUMN block_recurrences INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN ignores_parents INTEGER NOT NULL DEFAULT FALSE;
ALTER TABLE tasks ADD COLUMN stale INTEGER NOT NULL DEFAULT FALSE;
UPDATE tasks SET finished_at = updated_at
    WHERE finished_at IS NULL AND status IN ('done', 'failed', 'archived');

-- How many tasks of whom stand where; an empty text stands for nobody. They take the place of the counters by state alone.
CREATE TABLE board_counts (
    project_id BLOB NOT NULL,
    tenant TEXT NOT NULL,
    assignee TEXT NOT NULL,
    status TEXT NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (project_id, tenant, assignee, status)
) STRICT;
INSERT INTO board_counts (project_id, tenant, assignee, status, amount)
    SELECT project_id, coalesce(tenant, ''), coalesce(assignee, ''), status, count(*)
    FROM tasks GROUP BY 1, 2, 3, 4;
DELETE FROM counts WHERE kind = 'task';

-- The columns of a board for one agent or tenant, and those whose tasks have ended, the last to end first.
CREATE INDEX tasks_of_assignee_on_the_board ON tasks (project_id, assignee, status, priority DESC, created_at, id)
    WHERE assignee IS NOT NULL;
CREATE INDEX tasks_of_tenant_on_the_board ON tasks (project_id, tenant, status, priority DESC, created_at, id)
    WHERE tenant IS NOT NULL;
CREATE INDEX tasks_ended ON tasks (project_id, status, finished_at, id) WHERE finished_at IS NOT NULL;
CREATE INDEX tasks_ended_of_assignee ON tasks (project_id, assignee, status, finished_at, id)
    WHERE assignee IS NOT NULL AND finished_at IS NOT NULL;
CREATE INDEX tasks_ended_of_tenant ON tasks (project_id, tenant, status, finished_at, id)
    WHERE tenant IS NOT NULL AND finished_at IS NOT NULL;

-- How each person wants to see a board.
CREATE TABLE board_preferences (
    principal TEXT NOT NULL PRIMARY KEY,
    default_tenant TEXT NOT NULL,
    lane_by_profile INTEGER NOT NULL,
    include_archived_by_default INTEGER NOT NULL,
    render_markdown INTEGER NOT NULL
) STRICT;

-- A question is withdrawn when its task ends without the answer.
ALTER TABLE questions ADD COLUMN withdrawn_at INTEGER;
CREATE INDEX questions_open_of_project ON questions (project_id, created_at, id)
    WHERE answered_at IS NULL AND withdrawn_at IS NULL;
CREATE INDEX questions_that_wait ON questions (created_at, id) WHERE answered_at IS NULL AND withdrawn_at IS NULL;

-- What the inbox shows besides: tasks that were sent back to triage in circles, and runs that are not heard of.
CREATE INDEX tasks_in_circles ON tasks (created_at, id) WHERE status = 'triage' AND block_recurrences > 0;
CREATE INDEX runs_lost ON runs (created_at, id) WHERE ended_at IS NULL AND lost_contact = TRUE;
CREATE INDEX runs_lost_of_project ON runs (project_id, created_at, id) WHERE ended_at IS NULL AND lost_contact = TRUE;
