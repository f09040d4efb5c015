-- What the database knows about itself: its epoch and the server's settings.
CREATE TABLE meta (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- The number of the last event: one row, which is also the append lock where several processes write.
CREATE TABLE event_head (
    single INTEGER NOT NULL PRIMARY KEY,
    head INTEGER NOT NULL
) STRICT;
INSERT INTO event_head (single, head) VALUES (TRUE, 0);

-- Refers to nothing by constraint: events outlive what they are about.
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    project_id BLOB,
    ticket_id BLOB,
    task_id BLOB,
    run_id BLOB,
    event_type TEXT NOT NULL,
    severity TEXT NOT NULL,
    source TEXT NOT NULL,
    message TEXT NOT NULL,
    details TEXT,
    actor TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    ticket_title TEXT,
    submitter TEXT,
    runner TEXT,
    model TEXT
) STRICT;
CREATE INDEX events_by_project ON events (project_id, seq) WHERE project_id IS NOT NULL;
CREATE INDEX events_by_ticket ON events (ticket_id, seq) WHERE ticket_id IS NOT NULL;
CREATE INDEX events_by_task ON events (task_id, seq) WHERE task_id IS NOT NULL;
CREATE INDEX events_by_run ON events (run_id, seq) WHERE run_id IS NOT NULL;
CREATE INDEX events_by_type ON events (event_type, seq);
CREATE INDEX events_that_matter ON events (seq) WHERE severity IN ('warning', 'error');

CREATE TABLE projects (
    id BLOB NOT NULL PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    icon TEXT,
    color TEXT,
    repo_path TEXT,
    clone_url TEXT,
    loop_state TEXT NOT NULL,
    loop_reason TEXT,
    cost_usd INTEGER NOT NULL,
    unpriced_calls INTEGER NOT NULL,
    tokens_input INTEGER NOT NULL,
    tokens_output INTEGER NOT NULL,
    tokens_cache_read INTEGER NOT NULL,
    tokens_cache_write INTEGER NOT NULL,
    total_llm_calls INTEGER NOT NULL,
    archived_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    last_task_sequence INTEGER NOT NULL DEFAULT 0,
    last_run_number INTEGER NOT NULL DEFAULT 0
) STRICT;

-- The project that a caller looks at, by the caller's name.
CREATE TABLE current_projects (
    principal TEXT NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES projects (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX current_projects_by_project ON current_projects (project_id);

-- How many tickets, tasks and runs of a project stand where. Rows of deleted projects stay: runs that ended have ended.
CREATE TABLE counts (
    project_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (project_id, kind, state)
) STRICT;

CREATE TABLE tickets (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES projects (id),
    external_id TEXT,
    external_url TEXT,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    acceptance_criteria TEXT NOT NULL,
    status TEXT NOT NULL,
    labels TEXT NOT NULL,
    priority INTEGER NOT NULL,
    submitter TEXT,
    assignee TEXT,
    branch_name TEXT,
    pr_url TEXT,
    pr_number INTEGER,
    is_partial INTEGER NOT NULL,
    last_completed_task_seq INTEGER NOT NULL,
    error_message TEXT,
    parent_ticket_id BLOB REFERENCES tickets (id) ON DELETE SET NULL,
    cost_usd INTEGER NOT NULL,
    unpriced_calls INTEGER NOT NULL,
    tokens_input INTEGER NOT NULL,
    tokens_output INTEGER NOT NULL,
    tokens_cache_read INTEGER NOT NULL,
    tokens_cache_write INTEGER NOT NULL,
    total_llm_calls INTEGER NOT NULL,
    tasks_total INTEGER NOT NULL,
    tasks_done INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER,
    version INTEGER NOT NULL,
    last_task_sequence INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX tickets_by_external_id ON tickets (project_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX tickets_by_any_external_id ON tickets (external_id) WHERE external_id IS NOT NULL;
CREATE INDEX tickets_by_parent ON tickets (parent_ticket_id) WHERE parent_ticket_id IS NOT NULL;
-- One index for each way to choose and each way to sort, so that a page costs the same at any size.
CREATE INDEX tickets_by_creation ON tickets (created_at, id);
CREATE INDEX tickets_by_update ON tickets (updated_at, id);
CREATE INDEX tickets_by_priority ON tickets (priority DESC, created_at, id);
CREATE INDEX tickets_by_cost ON tickets (cost_usd, id);
CREATE INDEX tickets_of_project_by_creation ON tickets (project_id, created_at, id);
CREATE INDEX tickets_of_project_by_update ON tickets (project_id, updated_at, id);
CREATE INDEX tickets_of_project_by_priority ON tickets (project_id, priority DESC, created_at, id);
CREATE INDEX tickets_of_project_by_cost ON tickets (project_id, cost_usd, id);
CREATE INDEX tickets_of_status_by_creation ON tickets (status, created_at, id);
CREATE INDEX tickets_of_status_by_update ON tickets (status, updated_at, id);
CREATE INDEX tickets_of_status_by_priority ON tickets (status, priority DESC, created_at, id);
CREATE INDEX tickets_of_status_by_cost ON tickets (status, cost_usd, id);
CREATE INDEX tickets_of_project_and_status_by_creation ON tickets (project_id, status, created_at, id);
CREATE INDEX tickets_of_project_and_status_by_update ON tickets (project_id, status, updated_at, id);
CREATE INDEX tickets_of_project_and_status_by_priority ON tickets (project_id, status, priority DESC, created_at, id);
CREATE INDEX tickets_of_project_and_status_by_cost ON tickets (project_id, status, cost_usd, id);
CREATE INDEX tickets_of_assignee_by_creation ON tickets (assignee, created_at, id) WHERE assignee IS NOT NULL;
CREATE INDEX tickets_of_assignee_by_update ON tickets (assignee, updated_at, id) WHERE assignee IS NOT NULL;
CREATE INDEX tickets_of_assignee_by_priority ON tickets (assignee, priority DESC, created_at, id) WHERE assignee IS NOT NULL;
CREATE INDEX tickets_of_assignee_by_cost ON tickets (assignee, cost_usd, id) WHERE assignee IS NOT NULL;

CREATE TABLE ticket_labels (
    ticket_id BLOB NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
    label TEXT NOT NULL,
    PRIMARY KEY (ticket_id, label)
) STRICT;
CREATE INDEX ticket_labels_by_label ON ticket_labels (label, ticket_id);

CREATE TABLE tasks (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES projects (id),
    ticket_id BLOB REFERENCES tickets (id),
    sequence INTEGER NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    status TEXT NOT NULL,
    assignee TEXT,
    priority INTEGER NOT NULL,
    tenant TEXT,
    skills TEXT NOT NULL,
    workspace_kind TEXT NOT NULL,
    workspace_path TEXT,
    branch_name TEXT,
    idempotency_key TEXT,
    max_runtime_seconds INTEGER,
    max_retries INTEGER NOT NULL,
    not_before INTEGER,
    human_gate INTEGER NOT NULL,
    block_kind TEXT,
    block_reason TEXT,
    blocked_by TEXT,
    failure_count INTEGER NOT NULL,
    current_run_id BLOB,
    created_by TEXT NOT NULL,
    result TEXT,
    implementation_attempts INTEGER NOT NULL,
    spec_review_attempts INTEGER NOT NULL,
    quality_review_attempts INTEGER NOT NULL,
    commit_sha TEXT,
    cost_usd INTEGER NOT NULL,
    unpriced_calls INTEGER NOT NULL,
    tokens_input INTEGER NOT NULL,
    tokens_output INTEGER NOT NULL,
    tokens_cache_read INTEGER NOT NULL,
    tokens_cache_write INTEGER NOT NULL,
    total_llm_calls INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER,
    version INTEGER NOT NULL,
    last_run_number INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX tasks_by_idempotency_key ON tasks (project_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX tasks_by_ticket ON tasks (ticket_id, sequence) WHERE ticket_id IS NOT NULL;
CREATE INDEX tasks_newest ON tasks (created_at, id);
CREATE INDEX tasks_of_project ON tasks (project_id, created_at, id);
CREATE INDEX tasks_shown ON tasks (created_at, id) WHERE status <> 'archived';
CREATE INDEX tasks_shown_of_project ON tasks (project_id, created_at, id) WHERE status <> 'archived';
CREATE INDEX tasks_of_status ON tasks (status, created_at, id);
CREATE INDEX tasks_of_project_and_status ON tasks (project_id, status, created_at, id);
CREATE INDEX tasks_of_assignee ON tasks (assignee, created_at, id) WHERE assignee IS NOT NULL;
CREATE INDEX tasks_of_tenant ON tasks (tenant, created_at, id) WHERE tenant IS NOT NULL;
-- What is handed out next, and the columns of a board.
CREATE INDEX tasks_to_hand_out ON tasks (priority DESC, created_at, id) WHERE status = 'ready';
CREATE INDEX tasks_on_the_board ON tasks (project_id, status, priority DESC, created_at, id);
CREATE INDEX tasks_due ON tasks (not_before) WHERE status = 'scheduled';

CREATE TABLE links (
    parent_id BLOB NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    child_id BLOB NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (parent_id, child_id)
) STRICT;
CREATE INDEX links_by_child ON links (child_id, parent_id);

CREATE TABLE comments (
    id BLOB NOT NULL PRIMARY KEY,
    ticket_id BLOB REFERENCES tickets (id) ON DELETE CASCADE,
    task_id BLOB REFERENCES tasks (id) ON DELETE CASCADE,
    author TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX comments_on_ticket ON comments (ticket_id, created_at, id) WHERE ticket_id IS NOT NULL;
CREATE INDEX comments_on_task ON comments (task_id, created_at, id) WHERE task_id IS NOT NULL;

CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES projects (id),
    agent TEXT NOT NULL,
    provider_session_id TEXT NOT NULL,
    cwd TEXT,
    model TEXT,
    state TEXT NOT NULL,
    messages INTEGER NOT NULL,
    cost_usd INTEGER NOT NULL,
    unpriced_calls INTEGER NOT NULL,
    tokens_input INTEGER NOT NULL,
    tokens_output INTEGER NOT NULL,
    tokens_cache_read INTEGER NOT NULL,
    tokens_cache_write INTEGER NOT NULL,
    total_llm_calls INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    ended_at INTEGER,
    UNIQUE (project_id, agent, provider_session_id)
) STRICT;
CREATE INDEX sessions_newest ON sessions (started_at, id);
CREATE INDEX sessions_of_project ON sessions (project_id, started_at, id);

CREATE TABLE runs (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES projects (id),
    ticket_id BLOB REFERENCES tickets (id),
    task_id BLOB REFERENCES tasks (id),
    parent_run_id BLOB REFERENCES runs (id) ON DELETE SET NULL,
    number INTEGER NOT NULL,
    title TEXT NOT NULL,
    state TEXT NOT NULL,
    outcome TEXT,
    agent TEXT,
    model TEXT,
    worker TEXT,
    host TEXT,
    worker_pid INTEGER,
    command TEXT NOT NULL,
    cwd TEXT,
    workflow TEXT,
    step_key TEXT,
    container TEXT,
    session_id BLOB REFERENCES sessions (id) ON DELETE SET NULL,
    lease_epoch INTEGER NOT NULL,
    lease_expires_at INTEGER,
    last_heartbeat_at INTEGER NOT NULL,
    lost_contact INTEGER NOT NULL,
    cancel_requested_at INTEGER,
    max_runtime_seconds INTEGER,
    exit_code INTEGER,
    summary TEXT,
    error TEXT,
    metadata TEXT,
    log_lines INTEGER NOT NULL,
    cost_usd INTEGER NOT NULL,
    unpriced_calls INTEGER NOT NULL,
    tokens_input INTEGER NOT NULL,
    tokens_output INTEGER NOT NULL,
    tokens_cache_read INTEGER NOT NULL,
    tokens_cache_write INTEGER NOT NULL,
    total_llm_calls INTEGER NOT NULL,
    reported_cost_usd INTEGER,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    version INTEGER NOT NULL,
    log_bytes INTEGER NOT NULL DEFAULT 0,
    -- The greatest number that its worker gave to a line: what is not above it is a repetition.
    worker_line INTEGER NOT NULL DEFAULT 0,
    last_step_sequence INTEGER NOT NULL DEFAULT 0
) STRICT;
-- At most one attempt at a task is open.
CREATE UNIQUE INDEX runs_open_on_task ON runs (task_id)
    WHERE task_id IS NOT NULL AND parent_run_id IS NULL AND ended_at IS NULL;
CREATE INDEX runs_newest ON runs (created_at, id);
CREATE INDEX runs_of_project ON runs (project_id, created_at, id);
CREATE INDEX runs_of_state ON runs (state, created_at, id);
CREATE INDEX runs_of_project_and_state ON runs (project_id, state, created_at, id);
CREATE INDEX runs_of_ticket ON runs (ticket_id, created_at, id) WHERE ticket_id IS NOT NULL;
CREATE INDEX runs_of_task ON runs (task_id, created_at, id) WHERE task_id IS NOT NULL;
CREATE INDEX runs_of_parent ON runs (parent_run_id, created_at, id) WHERE parent_run_id IS NOT NULL;
CREATE INDEX runs_of_workflow ON runs (workflow, created_at, id) WHERE workflow IS NOT NULL;
CREATE INDEX runs_of_agent ON runs (agent, created_at, id) WHERE agent IS NOT NULL;
CREATE INDEX runs_of_session ON runs (session_id) WHERE session_id IS NOT NULL;
-- Health is read off the last finished top-level runs.
CREATE INDEX runs_finished ON runs (project_id, ended_at, id)
    WHERE ended_at IS NOT NULL AND parent_run_id IS NULL AND state <> 'cancelled';
CREATE INDEX runs_to_watch ON runs (last_heartbeat_at) WHERE ended_at IS NULL;

CREATE TABLE steps (
    id BLOB NOT NULL PRIMARY KEY,
    run_id BLOB NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    parent_step_id BLOB,
    sequence INTEGER NOT NULL,
    step_type TEXT NOT NULL,
    name TEXT NOT NULL,
    title TEXT,
    external_id TEXT,
    state TEXT NOT NULL,
    result TEXT,
    attempt INTEGER NOT NULL,
    child_run_id BLOB,
    first_line INTEGER,
    last_line INTEGER,
    output TEXT,
    tokens_input INTEGER NOT NULL,
    tokens_output INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    duration_ms INTEGER,
    UNIQUE (run_id, sequence)
) STRICT;
CREATE UNIQUE INDEX steps_by_external_id ON steps (run_id, external_id) WHERE external_id IS NOT NULL;

-- Refers to runs by no constraint: the lines of a deleted run are swept in small steps.
CREATE TABLE log_lines (
    run_id BLOB NOT NULL,
    line INTEGER NOT NULL,
    at INTEGER NOT NULL,
    step_id BLOB,
    stream TEXT NOT NULL,
    text BLOB NOT NULL,
    continues INTEGER NOT NULL,
    PRIMARY KEY (run_id, line)
) STRICT, WITHOUT ROWID;

-- Runs that are gone and whose lines are still to be swept.
CREATE TABLE log_sweeps (
    run_id BLOB NOT NULL PRIMARY KEY
) STRICT;

-- The ledger. It refers to nothing by constraint: what was spent stays spent.
CREATE TABLE llm_calls (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL,
    ticket_id BLOB,
    task_id BLOB,
    run_id BLOB,
    step_id BLOB,
    session_id BLOB,
    call_key TEXT NOT NULL,
    exactness TEXT NOT NULL,
    role TEXT,
    runner TEXT,
    provider TEXT,
    model TEXT NOT NULL,
    stage TEXT,
    channel TEXT,
    attempt INTEGER NOT NULL,
    input INTEGER NOT NULL,
    cache_read INTEGER NOT NULL,
    cache_write_5m INTEGER NOT NULL,
    cache_write_1h INTEGER NOT NULL,
    output INTEGER NOT NULL,
    reasoning INTEGER NOT NULL,
    cost_usd INTEGER,
    reported_cost_usd INTEGER,
    price_version TEXT,
    status TEXT NOT NULL,
    error TEXT,
    duration_ms INTEGER,
    provider_request_id TEXT,
    started_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (project_id, call_key)
) STRICT;
CREATE INDEX llm_calls_newest ON llm_calls (created_at, id);
CREATE INDEX llm_calls_of_project ON llm_calls (project_id, created_at, id);
CREATE INDEX llm_calls_of_ticket ON llm_calls (ticket_id, created_at, id) WHERE ticket_id IS NOT NULL;
CREATE INDEX llm_calls_of_task ON llm_calls (task_id, created_at, id) WHERE task_id IS NOT NULL;
CREATE INDEX llm_calls_of_run ON llm_calls (run_id, created_at, id) WHERE run_id IS NOT NULL;
CREATE INDEX llm_calls_of_model ON llm_calls (model, created_at, id);
CREATE INDEX llm_calls_of_status ON llm_calls (status, created_at, id) WHERE status <> 'success';

-- What was spent, by hour: costs and usage are read from here and never from the calls.
CREATE TABLE usage_hourly (
    hour INTEGER NOT NULL,
    project_id BLOB NOT NULL,
    agent TEXT NOT NULL,
    model TEXT NOT NULL,
    role TEXT NOT NULL,
    cost_usd INTEGER NOT NULL,
    unpriced_calls INTEGER NOT NULL,
    tokens_input INTEGER NOT NULL,
    tokens_output INTEGER NOT NULL,
    tokens_cache_read INTEGER NOT NULL,
    tokens_cache_write INTEGER NOT NULL,
    total_llm_calls INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    PRIMARY KEY (hour, project_id, agent, model, role)
) STRICT;
CREATE INDEX usage_hourly_of_project ON usage_hourly (project_id, hour);

CREATE TABLE questions (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES projects (id),
    ticket_id BLOB REFERENCES tickets (id) ON DELETE CASCADE,
    task_id BLOB REFERENCES tasks (id) ON DELETE CASCADE,
    run_id BLOB REFERENCES runs (id) ON DELETE SET NULL,
    text TEXT NOT NULL,
    options TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    answer TEXT,
    answered_by TEXT,
    created_at INTEGER NOT NULL,
    answered_at INTEGER
) STRICT;
CREATE INDEX questions_newest ON questions (created_at, id);
CREATE INDEX questions_open ON questions (created_at, id) WHERE answered_at IS NULL;
CREATE INDEX questions_of_project ON questions (project_id, created_at, id);
CREATE INDEX questions_on_ticket ON questions (ticket_id, created_at, id) WHERE ticket_id IS NOT NULL;
CREATE INDEX questions_on_task ON questions (task_id, created_at, id) WHERE task_id IS NOT NULL;
CREATE INDEX questions_of_run ON questions (run_id) WHERE run_id IS NOT NULL;

CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    scopes TEXT NOT NULL,
    disabled INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE tokens (
    id BLOB NOT NULL PRIMARY KEY,
    secret_hash BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    scopes TEXT NOT NULL,
    prefix TEXT NOT NULL,
    project_id BLOB REFERENCES projects (id) ON DELETE CASCADE,
    run_id BLOB REFERENCES runs (id) ON DELETE CASCADE,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER,
    last_used_at INTEGER
) STRICT;
CREATE INDEX tokens_newest ON tokens (created_at, id) WHERE run_id IS NULL;
CREATE INDEX tokens_of_project ON tokens (project_id) WHERE project_id IS NOT NULL;
CREATE INDEX tokens_of_run ON tokens (run_id) WHERE run_id IS NOT NULL;

CREATE TABLE logins (
    id BLOB NOT NULL PRIMARY KEY,
    secret_hash BLOB NOT NULL UNIQUE,
    user_id BLOB REFERENCES users (id) ON DELETE CASCADE,
    principal TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX logins_of_user ON logins (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX logins_by_end ON logins (expires_at);

-- Answers to changes that named a key, so that a repetition gets the first answer.
CREATE TABLE idempotency_keys (
    principal TEXT NOT NULL,
    key TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    status INTEGER,
    content_type TEXT,
    body BLOB,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (principal, key)
) STRICT;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
