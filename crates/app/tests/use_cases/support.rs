//! An application over a store, people to call it, and short ways to make things.

use app::{App, Error, Options};
use auth::{Caller, Credential, Scopes};
use bus::Bus;
use model::{
    ClaimTask, ClaimWork, Claimed, Clock, Event, EventFilter, FinishRun, HoldReason, Name,
    NewProject, NewRun, NewTask, NewTicket, Outcome, Principal, PrincipalKind, Project, ProjectId,
    Run, RunStarted, Scope, Slug, Task, Ticket, Title, TokenId,
};
use store::{Database, Store};
use testkit::makers::noon;

/// What a test works with.
pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) clock: Clock,
}

/// An application in memory.
pub(crate) async fn world() -> World {
    over(Store::open(&Database::Memory).await.unwrap()).await
}

/// An application over a store.
pub(crate) async fn over(store: Store) -> World {
    let clock = Clock::manual(noon());
    let bus = Bus::start(store.clone());
    let options = Options {
        clock: clock.clone(),
        ..Options::new(store, bus)
    };
    World {
        app: App::open(options).await.unwrap(),
        clock,
    }
}

/// A second application over the same database, as another process where the engine takes several.
pub(crate) async fn second(place: &testkit::Place, world: &World) -> App {
    if !place.is_shared() {
        return world.app.clone();
    }
    let store = place.open().await;
    let bus = Bus::start(store.clone());
    App::open(Options {
        clock: world.clock.clone(),
        ..Options::new(store, bus)
    })
    .await
    .unwrap()
}

/// A person who may do everything.
pub(crate) fn admin() -> Caller {
    Caller::host(Principal {
        kind: PrincipalKind::Human,
        name: Name::lossy("ada"),
    })
}

/// A machine with these scopes.
pub(crate) fn machine(name: &str, scopes: &[Scope]) -> Caller {
    Caller {
        principal: Principal {
            kind: PrincipalKind::Agent,
            name: Name::lossy(name),
        },
        scopes: Scopes::from(scopes),
        project: None,
        run: None,
        lease_epoch: None,
        credential: Credential::Token(TokenId::new()),
        expires_at: None,
    }
}

/// The same, restricted to a project.
pub(crate) fn within(project: ProjectId, scopes: &[Scope]) -> Caller {
    Caller {
        project: Some(project),
        ..machine("stranger", scopes)
    }
}

pub(crate) fn title(text: &str) -> Title {
    Title::lossy(text)
}

pub(crate) fn new_project(slug: &str) -> NewProject {
    NewProject {
        slug: Slug::parse(slug).unwrap(),
        name: None,
        description: Default::default(),
        icon: None,
        color: None,
        repo_path: None,
        clone_url: None,
        switch: false,
    }
}

pub(crate) fn new_ticket(text: &str) -> NewTicket {
    NewTicket {
        project: None,
        external_id: None,
        external_url: None,
        title: title(text),
        description: Default::default(),
        acceptance_criteria: Default::default(),
        status: None,
        labels: Vec::new(),
        priority: 0,
        submitter: None,
        assignee: None,
        branch_name: None,
        parent_ticket_id: None,
    }
}

pub(crate) fn new_task(text: &str) -> NewTask {
    NewTask {
        project: None,
        ticket_id: None,
        title: title(text),
        body: Default::default(),
        assignee: None,
        tenant: None,
        priority: 0,
        workspace_kind: None,
        workspace_path: None,
        branch_name: None,
        parents: Vec::new(),
        triage: false,
        idempotency_key: None,
        max_runtime_seconds: None,
        max_retries: None,
        skills: Vec::new(),
        not_before: None,
        human_gate: false,
    }
}

pub(crate) fn new_claim(worker: &str) -> ClaimWork {
    ClaimWork {
        worker: Name::lossy(worker),
        host: None,
        version: None,
        agents: vec![Name::lossy("claude")],
        skills: Vec::new(),
        projects: Vec::new(),
        capacity: None,
        count: None,
        wait_seconds: None,
        holding: None,
    }
}

pub(crate) fn end(outcome: Outcome) -> FinishRun {
    FinishRun {
        outcome,
        exit_code: None,
        summary: None,
        error: None,
        metadata: None,
        reported_cost_usd: None,
        lease_epoch: None,
        ended_at: None,
    }
}

impl World {
    pub(crate) async fn project(&self, slug: &str) -> Project {
        self.app
            .create_project(&admin(), new_project(slug))
            .await
            .unwrap()
            .value
    }

    pub(crate) async fn ticket(&self, text: &str) -> Ticket {
        self.app
            .create_ticket(&admin(), new_ticket(text))
            .await
            .unwrap()
    }

    pub(crate) async fn task(&self, new: NewTask) -> Task {
        self.app
            .create_task(&admin(), new)
            .await
            .unwrap()
            .value
            .task
    }

    pub(crate) async fn claim(&self, task: &Task) -> Result<RunStarted, Error> {
        let new = NewRun {
            task_id: Some(task.id),
            ..NewRun::default()
        };
        Ok(self.app.start_run(&admin(), new).await?.value)
    }

    /// Asks for tasks as a worker that does not wait.
    pub(crate) async fn ask(&self, claim: ClaimWork) -> Vec<Task> {
        let answer = self.app.claim_work(&admin(), claim).await.unwrap();
        answer.claims.into_iter().map(|claim| claim.task).collect()
    }

    pub(crate) async fn run(&self) -> Run {
        self.app
            .start_run(&admin(), NewRun::default())
            .await
            .unwrap()
            .value
            .run
    }

    pub(crate) async fn finish(&self, run: &Run, outcome: Outcome) -> Run {
        self.app
            .finish_run(&admin(), run.id, end(outcome))
            .await
            .unwrap()
    }

    pub(crate) async fn task_now(&self, task: &Task) -> Task {
        self.app.get_task(&admin(), task.id).await.unwrap().task
    }

    pub(crate) async fn ticket_now(&self, ticket: &Ticket) -> Ticket {
        self.app.get_ticket(&admin(), ticket.id).await.unwrap()
    }

    /// All events so far, in their order.
    pub(crate) async fn events(&self) -> Vec<Event> {
        let page = app::EventPage {
            after: Some(0),
            limit: 1000,
            ..Default::default()
        };
        self.app
            .list_events(&admin(), EventFilter::default(), page)
            .await
            .unwrap()
    }

    /// The types of all events so far, in their order.
    pub(crate) async fn words(&self) -> Vec<String> {
        self.events()
            .await
            .into_iter()
            .map(|event| event.event_type)
            .collect()
    }
}

/// The holder of a secret.
pub(crate) async fn holder(world: &World, secret: &str) -> Caller {
    let held = app::Credential::Bearer(secret);
    world.app.authenticate(held).await.unwrap()
}

/// A lease on a task, with its run.
pub(crate) async fn claimed(world: &World, task: &Task) -> Claimed {
    let claim = ClaimTask::default();
    let claimed = world.app.claim_task(&admin(), task.id, claim).await;
    claimed.unwrap().value
}

/// Why a task is not worked on.
pub(crate) async fn reasons(world: &World, task: &Task) -> Vec<HoldReason> {
    let why = world.app.get_task_why(&admin(), task.id).await.unwrap();
    why.reasons.into_iter().map(|hold| hold.reason).collect()
}

/// What would keep each ready task from being handed out now.
pub(crate) async fn skipped(world: &World) -> Vec<HoldReason> {
    let answer = world.app.dispatch_tasks(&admin(), true, None).await;
    let skipped = answer.unwrap().skipped.into_iter();
    skipped.map(|one| one.reason).collect()
}

/// The kind of a refusal.
pub(crate) fn refused<T: std::fmt::Debug>(result: Result<T, Error>) -> &'static str {
    result.expect_err("a refusal").kind().as_str()
}
