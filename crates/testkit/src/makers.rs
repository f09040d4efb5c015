//! Makers: things to test with, each complete and with nothing special about it.

use model::{
    CallStatus, Channel, ChannelId, EventType, Exactness, Fact, Hidden, LlmCall, LlmCallId,
    LogStream, LoopState, Name, Principal, PrincipalKind, Project, ProjectId, Run, RunId, RunState,
    Scope, Slug, Step, StepId, StepState, StepType, Target, Task, TaskId, TaskState, Text, Ticket,
    TicketId, TicketStatus, Timestamp, Title, Token, TokenId, Tokens, Totals, Usd, User, UserId,
    WorkspaceKind,
};
use store::logs::Line;

/// 2026-03-05T10:00:00Z: when everything in tests begins.
#[must_use]
pub fn noon() -> Timestamp {
    Timestamp::from_micros(1_772_704_800_000_000)
}

/// A person.
#[must_use]
pub fn ada() -> Principal {
    Principal {
        kind: PrincipalKind::Human,
        name: Name::lossy("ada"),
    }
}

/// A name.
#[must_use]
pub fn name(name: &str) -> Name {
    Name::lossy(name)
}

/// A project.
#[must_use]
pub fn project(slug: &str) -> Project {
    Project {
        id: ProjectId::new(),
        slug: Slug::parse(slug).expect("the test names a slug"),
        name: Name::lossy(slug),
        description: Text::default(),
        icon: None,
        color: None,
        repo_path: None,
        clone_url: None,
        loop_state: LoopState::Running,
        loop_reason: None,
        max_running: None,
        max_running_per_agent: None,
        max_wip: None,
        last_dispatch_at: None,
        totals: Totals::default(),
        archived_at: None,
        created_at: noon(),
        updated_at: noon(),
        version: 1,
    }
}

/// A queued ticket.
#[must_use]
pub fn ticket(project: &Project, title: &str) -> Ticket {
    Ticket {
        id: TicketId::new(),
        project_id: project.id,
        external_id: None,
        external_url: None,
        title: Title::lossy(title),
        description: Text::default(),
        acceptance_criteria: Text::default(),
        status: TicketStatus::Queued,
        labels: Vec::new(),
        priority: 0,
        submitter: Some(Name::lossy("ada")),
        assignee: None,
        branch_name: None,
        pr_url: None,
        pr_number: None,
        is_partial: false,
        last_completed_task_seq: 0,
        error_message: None,
        parent_ticket_id: None,
        totals: Totals::default(),
        tasks_total: 0,
        tasks_done: 0,
        created_at: noon(),
        updated_at: noon(),
        started_at: None,
        finished_at: None,
        version: 1,
    }
}

/// A ready task, of a ticket or of none.
#[must_use]
pub fn task(project: &Project, ticket: Option<&Ticket>, sequence: i64) -> Task {
    Task {
        id: TaskId::new(),
        project_id: project.id,
        ticket_id: ticket.map(|ticket| ticket.id),
        sequence,
        title: Title::lossy(&format!("task {sequence}")),
        body: Text::default(),
        status: TaskState::Ready,
        status_since: noon(),
        assignee: None,
        priority: 0,
        tenant: None,
        skills: Vec::new(),
        workspace_kind: WorkspaceKind::Scratch,
        workspace_path: None,
        branch_name: None,
        idempotency_key: None,
        max_runtime_seconds: None,
        max_retries: 2,
        not_before: None,
        human_gate: false,
        block_kind: None,
        block_reason: None,
        blocked_by: None,
        last_block_kind: None,
        block_recurrences: 0,
        ignores_parents: false,
        stale: false,
        failure_count: 0,
        silent_runs: 0,
        crash_count: 0,
        false_starts: 0,
        refusals: 0,
        current_run_id: None,
        created_by: ada(),
        result: None,
        implementation_attempts: 0,
        spec_review_attempts: 0,
        quality_review_attempts: 0,
        commit_sha: None,
        totals: Totals::default(),
        created_at: noon(),
        updated_at: noon(),
        started_at: None,
        finished_at: None,
        version: 1,
    }
}

/// A running run, on a task or ad hoc.
#[must_use]
pub fn run(project: &Project, task: Option<&Task>) -> Run {
    Run {
        id: RunId::new(),
        project_id: project.id,
        ticket_id: task.and_then(|task| task.ticket_id),
        task_id: task.map(|task| task.id),
        parent_run_id: None,
        number: 1,
        title: Title::lossy("cargo build"),
        state: RunState::Running,
        outcome: None,
        agent: Some(Name::lossy("claude")),
        model: None,
        worker: None,
        host: None,
        worker_pid: None,
        command: vec!["cargo".into(), "build".into()],
        cwd: None,
        workflow: None,
        step_key: None,
        container: None,
        session_id: None,
        lease_epoch: 1,
        lease_expires_at: None,
        last_heartbeat_at: noon(),
        lost_contact: false,
        cancel_requested_at: None,
        max_runtime_seconds: None,
        exit_code: None,
        summary: None,
        error: None,
        metadata: None,
        log_lines: 0,
        totals: Totals::default(),
        reported_cost_usd: None,
        created_at: noon(),
        started_at: Some(noon()),
        ended_at: None,
        version: 1,
    }
}

/// A running step.
#[must_use]
pub fn step(run: &Run, sequence: i64) -> Step {
    Step {
        id: StepId::new(),
        run_id: run.id,
        parent_step_id: None,
        sequence,
        step_type: StepType::Tool,
        name: Name::lossy("Bash"),
        title: None,
        external_id: None,
        state: StepState::Running,
        result: None,
        attempt: 1,
        child_run_id: None,
        first_line: None,
        last_line: None,
        output: None,
        tokens_input: 0,
        tokens_output: 0,
        started_at: noon(),
        ended_at: None,
        duration_ms: None,
    }
}

/// A log line, under its worker's number or under none.
#[must_use]
pub fn line(number: Option<i64>, text: &str) -> Line {
    Line {
        number,
        at: noon(),
        step_id: None,
        stream: LogStream::Stdout,
        text: text.as_bytes().to_vec(),
        continues: false,
    }
}

/// An answered call of a run: 10 tokens in, 5 out, for a dollar.
#[must_use]
pub fn call(run: &Run, key: &str) -> LlmCall {
    let tokens = Tokens {
        input: 10,
        output: 5,
        ..Tokens::default()
    };
    LlmCall {
        id: LlmCallId::new(),
        project_id: run.project_id,
        ticket_id: run.ticket_id,
        task_id: run.task_id,
        run_id: Some(run.id),
        step_id: None,
        session_id: None,
        call_key: Name::lossy(key),
        exactness: Exactness::Exact,
        role: Some(Name::lossy("implementer")),
        runner: Some(Name::lossy("claude")),
        provider: Some(Name::lossy("anthropic")),
        model: Name::lossy("claude-opus-4-8"),
        stage: None,
        channel: None,
        attempt: 1,
        tokens,
        tokens_input: tokens.all_input(),
        tokens_output: tokens.output,
        cost_usd: Usd::from_dollars(1.0),
        reported_cost_usd: None,
        price_version: Some(Name::lossy("2026-03")),
        status: CallStatus::Success,
        error: None,
        duration_ms: Some(1200),
        provider_request_id: None,
        started_at: noon(),
        created_at: noon(),
    }
}

/// A fact about nothing in particular.
#[must_use]
pub fn fact(message: &str) -> Fact {
    Fact::new(EventType::HookExecuted, Text::lossy(message), ada(), noon())
}

/// A user.
#[must_use]
pub fn user(name: &str) -> User {
    User {
        id: UserId::new(),
        name: Name::lossy(name),
        scopes: vec![Scope::Read, Scope::Operate],
        disabled: false,
        created_at: noon(),
        updated_at: noon(),
        version: 1,
    }
}

/// A token for everything.
#[must_use]
pub fn token(name: &str) -> Token {
    Token {
        id: TokenId::new(),
        name: Name::lossy(name),
        kind: PrincipalKind::Service,
        scopes: vec![Scope::Admin],
        prefix: "dash_abc".into(),
        project_id: None,
        run_id: None,
        created_by: ada(),
        created_at: noon(),
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    }
}

/// A channel to a program that takes signed webhooks at an address, with where it leads.
#[must_use]
pub fn channel(name: &str, url: &str) -> (Channel, Target) {
    let hidden = |text: &str| Hidden::parse(text).expect("the test names a secret");
    let target = Target::Webhook {
        url: hidden(url),
        secret: hidden("whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"),
    };
    let channel = Channel {
        id: ChannelId::new(),
        platform: target.platform(),
        name: Name::lossy(name),
        target: target.shown(),
        home: false,
        disabled: false,
        created_at: noon(),
        updated_at: noon(),
        version: 1,
    };
    (channel, target)
}
