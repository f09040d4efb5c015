-- Which failures of a task were crashes, and how many attempts in a row could not begin, or were refused by their model's
-- provider.
ALTER TABLE tasks ADD COLUMN crash_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN false_starts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN refusals INTEGER NOT NULL DEFAULT 0;
UPDATE tasks SET crash_count = (SELECT count(*) FROM runs
        WHERE runs.task_id = tasks.id AND runs.parent_run_id IS NULL AND runs.outcome = 'crashed')
    WHERE failure_count > 0;
UPDATE tasks SET crash_count = failure_count WHERE crash_count > failure_count;

-- They bring a task into the inbox as failures do.
DROP INDEX tasks_in_trouble;
DROP INDEX tasks_in_trouble_of_project;
CREATE INDEX tasks_in_trouble ON tasks (status, status_since, id)
    WHERE status IN ('ready', 'blocked')
        AND (failure_count >= 2 OR silent_runs >= 2 OR false_starts >= 3 OR refusals >= 3);
CREATE INDEX tasks_in_trouble_of_project ON tasks (project_id, status, status_since, id)
    WHERE status IN ('ready', 'blocked')
        AND (failure_count >= 2 OR silent_runs >= 2 OR false_starts >= 3 OR refusals >= 3);
