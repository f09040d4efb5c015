-- Every index is paid for by every new task. All tasks in their order are the archived and the others, merged; and what
-- is handed out is read project by project.
DROP INDEX tasks_newest;
DROP INDEX tasks_of_project;
DROP INDEX tasks_to_hand_out;
-- A key names a task as long as the task is not put away.
DROP INDEX tasks_by_idempotency_key;
CREATE UNIQUE INDEX tasks_by_idempotency_key ON tasks (project_id, idempotency_key)
    WHERE idempotency_key IS NOT NULL AND status <> 'archived';
-- Workers that wait for an answer keep a place under the limits.
CREATE INDEX tasks_asking ON tasks (project_id) WHERE status = 'waiting' AND current_run_id IS NOT NULL;
