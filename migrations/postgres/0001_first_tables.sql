-- What the database knows about itself: its epoch and the server's settings.
CREATE TABLE meta (
    key TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value TEXT COLLATE "C" NOT NULL
);

-- The number of the last event: one row, which is also the append lock where several processes write.
CREATE TABLE event_head (
    single BOOLEAN NOT NULL PRIMARY KEY,
    head BIGINT NOT NULL
);
INSERT INTO event_head (single, head) VALUES (TRUE, 0);

-- Refers to nothing by constraint: events outlive what they are about.
CREATE TABLE events (
    seq BIGINT PRIMARY KEY,
    id UUID NOT NULL,
    project_id UUID,
    ticket_id UUID,
    task_id UUID,
    run_id UUID,
    event_type TEXT COLLATE "C" NOT NULL,
    severity TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    message TEXT COLLATE "C" NOT NULL,
    details TEXT COLLATE "C",
    actor TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    ticket_title TEXT COLLATE "C",
    submitter TEXT COLLATE "C",
    runner TEXT COLLATE "C",
    model TEXT COLLATE "C"
);
CREATE INDEX events_by_project ON events (project_id, seq) WHERE project_id IS NOT NULL;
CREATE INDEX events_by_ticket ON events (ticket_id, seq) WHERE ticket_id IS NOT NULL;
CREATE INDEX events_by_task ON events (task_id, seq) WHERE task_id IS NOT NULL;
CREATE INDEX events_by_run ON events (run_id, seq) WHERE run_id IS NOT NULL;
CREATE INDEX events_by_type ON events (event_type, seq);
CREATE INDEX events_that_matter ON events (seq) WHERE severity IN ('warning', 'error');

CREATE TABLE projects (
    id UUID NOT NULL PRIMARY KEY,
    slug TEXT COLLATE "C" NOT NULL UNIQUE,
    name TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C" NOT NULL,
    icon TEXT COLLATE "C",
    color TEXT COLLATE "C",
    repo_path TEXT COLLATE "C",
    clone_url TEXT COLLATE "C",
    loop_state TEXT COLLATE "C" NOT NULL,
    loop_reason TEXT COLLATE "C",
    cost_usd BIGINT NOT NULL,
    unpriced_calls BIGINT NOT NULL,
    tokens_input BIGINT NOT NULL,
    tokens_output BIGINT NOT NULL,
    tokens_cache_read BIGINT NOT NULL,
    tokens_cache_write BIGINT NOT NULL,
    total_llm_calls BIGINT NOT NULL,
    archived_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    last_task_sequence BIGINT NOT NULL DEFAULT 0,
    last_run_number BIGINT NOT NULL DEFAULT 0
);

-- The project that a caller looks at, by the caller's name.
CREATE TABLE current_projects (
    principal TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id) ON DELETE CASCADE
);
CREATE INDEX current_projects_by_project ON current_projects (project_id);

-- How many tickets, tasks and runs of a project stand where. Rows of deleted projects stay: runs that ended have ended.
CREATE TABLE counts (
    project_id UUID NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    amount BIGINT NOT NULL,
    PRIMARY KEY (project_id, kind, state)
);

CREATE TABLE tickets (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id),
    external_id TEXT COLLATE "C",
    external_url TEXT COLLATE "C",
    title TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C" NOT NULL,
    acceptance_criteria TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    labels TEXT COLLATE "C" NOT NULL,
    priority BIGINT NOT NULL,
    submitter TEXT COLLATE "C",
    assignee TEXT COLLATE "C",
    branch_name TEXT COLLATE "C",
    pr_url TEXT COLLATE "C",
    pr_number BIGINT,
    is_partial BOOLEAN NOT NULL,
    last_completed_task_seq BIGINT NOT NULL,
    error_message TEXT COLLATE "C",
    parent_ticket_id UUID REFERENCES tickets (id) ON DELETE SET NULL,
    cost_usd BIGINT NOT NULL,
    unpriced_calls BIGINT NOT NULL,
    tokens_input BIGINT NOT NULL,
    tokens_output BIGINT NOT NULL,
    tokens_cache_read BIGINT NOT NULL,
    tokens_cache_write BIGINT NOT NULL,
    total_llm_calls BIGINT NOT NULL,
    tasks_total BIGINT NOT NULL,
    tasks_done BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    started_at BIGINT,
    finished_at BIGINT,
    version BIGINT NOT NULL,
    last_task_sequence BIGINT NOT NULL DEFAULT 0
);
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
    ticket_id UUID NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
    label TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (ticket_id, label)
);
CREATE INDEX ticket_labels_by_label ON ticket_labels (label, ticket_id);

CREATE TABLE tasks (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id),
    ticket_id UUID REFERENCES tickets (id),
    sequence BIGINT NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    assignee TEXT COLLATE "C",
    priority BIGINT NOT NULL,
    tenant TEXT COLLATE "C",
    skills TEXT COLLATE "C" NOT NULL,
    workspace_kind TEXT COLLATE "C" NOT NULL,
    workspace_path TEXT COLLATE "C",
    branch_name TEXT COLLATE "C",
    idempotency_key TEXT COLLATE "C",
    max_runtime_seconds BIGINT,
    max_retries BIGINT NOT NULL,
    not_before BIGINT,
    human_gate BOOLEAN NOT NULL,
    block_kind TEXT COLLATE "C",
    block_reason TEXT COLLATE "C",
    blocked_by TEXT COLLATE "C",
    failure_count BIGINT NOT NULL,
    current_run_id UUID,
    created_by TEXT COLLATE "C" NOT NULL,
    result TEXT COLLATE "C",
    implementation_attempts BIGINT NOT NULL,
    spec_review_attempts BIGINT NOT NULL,
    quality_review_attempts BIGINT NOT NULL,
    commit_sha TEXT COLLATE "C",
    cost_usd BIGINT NOT NULL,
    unpriced_calls BIGINT NOT NULL,
    tokens_input BIGINT NOT NULL,
    tokens_output BIGINT NOT NULL,
    tokens_cache_read BIGINT NOT NULL,
    tokens_cache_write BIGINT NOT NULL,
    total_llm_calls BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    started_at BIGINT,
    finished_at BIGINT,
    version BIGINT NOT NULL,
    last_run_number BIGINT NOT NULL DEFAULT 0
);
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
    parent_id UUID NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    child_id UUID NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (parent_id, child_id)
);
CREATE INDEX links_by_child ON links (child_id, parent_id);

CREATE TABLE comments (
    id UUID NOT NULL PRIMARY KEY,
    ticket_id UUID REFERENCES tickets (id) ON DELETE CASCADE,
    task_id UUID REFERENCES tasks (id) ON DELETE CASCADE,
    author TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX comments_on_ticket ON comments (ticket_id, created_at, id) WHERE ticket_id IS NOT NULL;
CREATE INDEX comments_on_task ON comments (task_id, created_at, id) WHERE task_id IS NOT NULL;

CREATE TABLE sessions (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id),
    agent TEXT COLLATE "C" NOT NULL,
    provider_session_id TEXT COLLATE "C" NOT NULL,
    cwd TEXT COLLATE "C",
    model TEXT COLLATE "C",
    state TEXT COLLATE "C" NOT NULL,
    messages BIGINT NOT NULL,
    cost_usd BIGINT NOT NULL,
    unpriced_calls BIGINT NOT NULL,
    tokens_input BIGINT NOT NULL,
    tokens_output BIGINT NOT NULL,
    tokens_cache_read BIGINT NOT NULL,
    tokens_cache_write BIGINT NOT NULL,
    total_llm_calls BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    ended_at BIGINT,
    UNIQUE (project_id, agent, provider_session_id)
);
CREATE INDEX sessions_newest ON sessions (started_at, id);
CREATE INDEX sessions_of_project ON sessions (project_id, started_at, id);

CREATE TABLE runs (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id),
    ticket_id UUID REFERENCES tickets (id),
    task_id UUID REFERENCES tasks (id),
    parent_run_id UUID REFERENCES runs (id) ON DELETE SET NULL,
    number BIGINT NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    outcome TEXT COLLATE "C",
    agent TEXT COLLATE "C",
    model TEXT COLLATE "C",
    worker TEXT COLLATE "C",
    host TEXT COLLATE "C",
    worker_pid BIGINT,
    command TEXT COLLATE "C" NOT NULL,
    cwd TEXT COLLATE "C",
    workflow TEXT COLLATE "C",
    step_key TEXT COLLATE "C",
    container TEXT COLLATE "C",
    session_id UUID REFERENCES sessions (id) ON DELETE SET NULL,
    lease_epoch BIGINT NOT NULL,
    lease_expires_at BIGINT,
    last_heartbeat_at BIGINT NOT NULL,
    lost_contact BOOLEAN NOT NULL,
    cancel_requested_at BIGINT,
    max_runtime_seconds BIGINT,
    exit_code BIGINT,
    summary TEXT COLLATE "C",
    error TEXT COLLATE "C",
    metadata TEXT COLLATE "C",
    log_lines BIGINT NOT NULL,
    cost_usd BIGINT NOT NULL,
    unpriced_calls BIGINT NOT NULL,
    tokens_input BIGINT NOT NULL,
    tokens_output BIGINT NOT NULL,
    tokens_cache_read BIGINT NOT NULL,
    tokens_cache_write BIGINT NOT NULL,
    total_llm_calls BIGINT NOT NULL,
    reported_cost_usd BIGINT,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    ended_at BIGINT,
    version BIGINT NOT NULL,
    log_bytes BIGINT NOT NULL DEFAULT 0,
    -- The greatest number that its worker gave to a line: what is not above it is a repetition.
    worker_line BIGINT NOT NULL DEFAULT 0,
    last_step_sequence BIGINT NOT NULL DEFAULT 0
);
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
    id UUID NOT NULL PRIMARY KEY,
    run_id UUID NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    parent_step_id UUID,
    sequence BIGINT NOT NULL,
    step_type TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    title TEXT COLLATE "C",
    external_id TEXT COLLATE "C",
    state TEXT COLLATE "C" NOT NULL,
    result TEXT COLLATE "C",
    attempt BIGINT NOT NULL,
    child_run_id UUID,
    first_line BIGINT,
    last_line BIGINT,
    output TEXT COLLATE "C",
    tokens_input BIGINT NOT NULL,
    tokens_output BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    duration_ms BIGINT,
    UNIQUE (run_id, sequence)
);
CREATE UNIQUE INDEX steps_by_external_id ON steps (run_id, external_id) WHERE external_id IS NOT NULL;

-- Refers to runs by no constraint: the lines of a deleted run are swept in small steps.
CREATE TABLE log_lines (
    run_id UUID NOT NULL,
    line BIGINT NOT NULL,
    at BIGINT NOT NULL,
    step_id UUID,
    stream TEXT COLLATE "C" NOT NULL,
    text BYTEA NOT NULL,
    continues BOOLEAN NOT NULL,
    PRIMARY KEY (run_id, line)
);

-- Runs that are gone and whose lines are still to be swept.
CREATE TABLE log_sweeps (
    run_id UUID NOT NULL PRIMARY KEY
);

-- The ledger. It refers to nothing by constraint: what was spent stays spent.
CREATE TABLE llm_calls (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL,
    ticket_id UUID,
    task_id UUID,
    run_id UUID,
    step_id UUID,
    session_id UUID,
    call_key TEXT COLLATE "C" NOT NULL,
    exactness TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C",
    runner TEXT COLLATE "C",
    provider TEXT COLLATE "C",
    model TEXT COLLATE "C" NOT NULL,
    stage TEXT COLLATE "C",
    channel TEXT COLLATE "C",
    attempt BIGINT NOT NULL,
    input BIGINT NOT NULL,
    cache_read BIGINT NOT NULL,
    cache_write_5m BIGINT NOT NULL,
    cache_write_1h BIGINT NOT NULL,
    output BIGINT NOT NULL,
    reasoning BIGINT NOT NULL,
    cost_usd BIGINT,
    reported_cost_usd BIGINT,
    price_version TEXT COLLATE "C",
    status TEXT COLLATE "C" NOT NULL,
    error TEXT COLLATE "C",
    duration_ms BIGINT,
    provider_request_id TEXT COLLATE "C",
    started_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (project_id, call_key)
);
CREATE INDEX llm_calls_newest ON llm_calls (created_at, id);
CREATE INDEX llm_calls_of_project ON llm_calls (project_id, created_at, id);
CREATE INDEX llm_calls_of_ticket ON llm_calls (ticket_id, created_at, id) WHERE ticket_id IS NOT NULL;
CREATE INDEX llm_calls_of_task ON llm_calls (task_id, created_at, id) WHERE task_id IS NOT NULL;
CREATE INDEX llm_calls_of_run ON llm_calls (run_id, created_at, id) WHERE run_id IS NOT NULL;
CREATE INDEX llm_calls_of_model ON llm_calls (model, created_at, id);
CREATE INDEX llm_calls_of_status ON llm_calls (status, created_at, id) WHERE status <> 'success';

-- What was spent, by hour: costs and usage are read from here and never from the calls.
CREATE TABLE usage_hourly (
    hour BIGINT NOT NULL,
    project_id UUID NOT NULL,
    agent TEXT COLLATE "C" NOT NULL,
    model TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    cost_usd BIGINT NOT NULL,
    unpriced_calls BIGINT NOT NULL,
    tokens_input BIGINT NOT NULL,
    tokens_output BIGINT NOT NULL,
    tokens_cache_read BIGINT NOT NULL,
    tokens_cache_write BIGINT NOT NULL,
    total_llm_calls BIGINT NOT NULL,
    errors BIGINT NOT NULL,
    PRIMARY KEY (hour, project_id, agent, model, role)
);
CREATE INDEX usage_hourly_of_project ON usage_hourly (project_id, hour);

CREATE TABLE questions (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id),
    ticket_id UUID REFERENCES tickets (id) ON DELETE CASCADE,
    task_id UUID REFERENCES tasks (id) ON DELETE CASCADE,
    run_id UUID REFERENCES runs (id) ON DELETE SET NULL,
    text TEXT COLLATE "C" NOT NULL,
    options TEXT COLLATE "C" NOT NULL,
    asked_by TEXT COLLATE "C" NOT NULL,
    answer TEXT COLLATE "C",
    answered_by TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    answered_at BIGINT
);
CREATE INDEX questions_newest ON questions (created_at, id);
CREATE INDEX questions_open ON questions (created_at, id) WHERE answered_at IS NULL;
CREATE INDEX questions_of_project ON questions (project_id, created_at, id);
CREATE INDEX questions_on_ticket ON questions (ticket_id, created_at, id) WHERE ticket_id IS NOT NULL;
CREATE INDEX questions_on_task ON questions (task_id, created_at, id) WHERE task_id IS NOT NULL;
CREATE INDEX questions_of_run ON questions (run_id) WHERE run_id IS NOT NULL;

CREATE TABLE users (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    name_folded TEXT COLLATE "C" NOT NULL UNIQUE,
    password_hash TEXT COLLATE "C" NOT NULL,
    scopes TEXT COLLATE "C" NOT NULL,
    disabled BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);

CREATE TABLE tokens (
    id UUID NOT NULL PRIMARY KEY,
    secret_hash BYTEA NOT NULL UNIQUE,
    name TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    scopes TEXT COLLATE "C" NOT NULL,
    prefix TEXT COLLATE "C" NOT NULL,
    project_id UUID REFERENCES projects (id) ON DELETE CASCADE,
    run_id UUID REFERENCES runs (id) ON DELETE CASCADE,
    created_by TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    last_used_at BIGINT
);
CREATE INDEX tokens_newest ON tokens (created_at, id) WHERE run_id IS NULL;
CREATE INDEX tokens_of_project ON tokens (project_id) WHERE project_id IS NOT NULL;
CREATE INDEX tokens_of_run ON tokens (run_id) WHERE run_id IS NOT NULL;

CREATE TABLE logins (
    id UUID NOT NULL PRIMARY KEY,
    secret_hash BYTEA NOT NULL UNIQUE,
    user_id UUID REFERENCES users (id) ON DELETE CASCADE,
    principal TEXT COLLATE "C" NOT NULL,
    scopes TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX logins_of_user ON logins (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX logins_by_end ON logins (expires_at);

-- Answers to changes that named a key, so that a repetition gets the first answer.
CREATE TABLE idempotency_keys (
    principal TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    request_hash BYTEA NOT NULL,
    status BIGINT,
    content_type TEXT COLLATE "C",
    body BYTEA,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (principal, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
