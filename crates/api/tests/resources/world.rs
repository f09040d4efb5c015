//! A small world to test in: a project with a ticket, tasks, a run and all that hangs on it, and callers of every kind.

use axum::body::Body;
use client::{Client, Error};
use model::{
    Attachment, Channel, FileName, MediaType, NewRun, NewTask, NewTicket, NewToken, Page,
    ProblemKind, Project, QuestionFilter, QuestionState, Run, RunStarted, Scope, Step, Task,
    Ticket, Token, Worker,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::support::{Answered, Server, as_nobody};

/// Stands in everything that a stranger must not see.
pub(crate) const SECRET: &str = "xyzzy";

/// A project with something of everything in it.
pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) admin: Client,
    pub(crate) project: Project,
    /// Another project, with nothing in it.
    pub(crate) elsewhere: Project,
    pub(crate) ticket: Ticket,
    pub(crate) task: Task,
    /// Waits for `task`.
    pub(crate) later: Task,
    pub(crate) run: Run,
    pub(crate) run_token: String,
    pub(crate) step: Step,
    /// Works for the project.
    pub(crate) worker: Worker,
    /// A file of `task`.
    pub(crate) file: Attachment,
    /// Leads nowhere; the home of its platform.
    pub(crate) channel: Channel,
}

/// A body of any type, from JSON.
#[track_caller]
pub(crate) fn from<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

/// A task in the project in which there is nothing else.
pub(crate) async fn make(world: &World, more: Value) -> Task {
    let mut body = json!({"project": "elsewhere", "title": "Do it"});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().cloned().unwrap_or_default());
    let new = from::<NewTask>(body);
    world.admin.create_task(&new).await.unwrap().task
}

/// The kind of a refusal.
#[track_caller]
pub(crate) fn kind<T: std::fmt::Debug>(answer: Result<T, Error>) -> ProblemKind {
    let refused = answer.expect_err("this must be refused");
    refused
        .kind()
        .unwrap_or_else(|| panic!("no problem: {refused:?}"))
}

/// Where a refusal points at.
#[track_caller]
pub(crate) fn pointers<T: std::fmt::Debug>(answer: Result<T, Error>) -> Vec<String> {
    match answer.expect_err("this must be refused") {
        Error::Problem(problem) => problem
            .errors
            .into_iter()
            .map(|error| error.pointer)
            .collect(),
        other => panic!("no problem: {other:?}"),
    }
}

impl World {
    /// Removes the content of a file from the server's disk.
    pub(crate) fn lose(&self, file: &Attachment) {
        let place = self.server.files.path().join(&file.sha256[..2]);
        std::fs::remove_file(place.join(&file.sha256)).unwrap();
    }

    pub(crate) async fn new() -> Self {
        let server = Server::start().await;
        let admin = server.admin();
        let project = admin
            .create_project(&from(json!({"slug": "web", "name": SECRET})))
            .await;
        let project = project.unwrap().project;
        let elsewhere = admin
            .create_project(&from(json!({"slug": "elsewhere"})))
            .await;
        let elsewhere = elsewhere.unwrap().project;
        let worker = json!({"worker": SECRET, "agents": ["claude"], "projects": ["web"]});
        let worker = admin.claim_work(&from(worker)).await.unwrap().worker;
        let ticket =
            json!({"project": "web", "title": format!("Add {SECRET}"), "labels": [SECRET]});
        let ticket = admin
            .create_ticket(&from::<NewTicket>(ticket))
            .await
            .unwrap();
        let task = json!({"ticket_id": ticket.id, "title": format!("Write {SECRET}")});
        let task = admin
            .create_task(&from::<NewTask>(task))
            .await
            .unwrap()
            .task;
        let later = json!({"ticket_id": ticket.id, "title": SECRET, "parents": [task.id]});
        let later = admin
            .create_task(&from::<NewTask>(later))
            .await
            .unwrap()
            .task;
        let name = FileName::parse(SECRET).unwrap();
        let file = admin
            .create_attachment(task.id, &name, MediaType::Plain, SECRET.into())
            .await
            .unwrap();
        let RunStarted { run, run_token, .. } = start(&admin, &ticket).await;
        let step = json!({"step_type": "tool", "name": SECRET, "external_id": "t1"});
        let step = admin.create_step(run.id, &from(step)).await.unwrap();
        let url = format!("http://127.0.0.1:9/{SECRET}");
        let channel =
            json!({"name": "ops", "target": {"platform": "slack", "url": url}, "home": true});
        let channel = admin.create_channel(&from(channel)).await.unwrap();
        let world = Self {
            server,
            admin,
            project,
            elsewhere,
            ticket,
            task,
            later,
            run,
            run_token: run_token.unwrap(),
            step,
            worker,
            file,
            channel,
        };
        world.fill().await;
        world
    }

    async fn fill(&self) {
        let line = json!([{"text": SECRET}]);
        self.admin
            .append_logs(self.run.id, &from::<Vec<_>>(line))
            .await
            .unwrap();
        let call = json!({
            "run_id": self.run.id, "model": "claude-opus-4-8", "runner": "claude",
            "provider_session_id": SECRET, "tokens": {"input": 10, "output": 5},
        });
        self.admin.create_llm_calls(&from(call)).await.unwrap();
        let active = json!({"run_id": self.run.id, "model": SECRET, "status": "active"});
        self.admin.create_llm_calls(&from(active)).await.unwrap();
        let event = json!({"event_type": "agent.note", "message": SECRET, "run_id": self.run.id});
        self.admin.create_events(&from(event)).await.unwrap();
        let said: model::NewComment = from(json!({"body": SECRET}));
        self.admin
            .create_ticket_comment(self.ticket.id, &said)
            .await
            .unwrap();
        self.admin
            .create_task_comment(self.task.id, &said)
            .await
            .unwrap();
    }

    /// A caller with these scopes, everywhere or in one project only; with its secret.
    pub(crate) async fn caller(
        &self,
        scopes: &[Scope],
        project: Option<&Project>,
    ) -> (Token, String) {
        self.caller_of("service", scopes, project).await
    }

    pub(crate) async fn caller_of(
        &self,
        kind: &str,
        scopes: &[Scope],
        project: Option<&Project>,
    ) -> (Token, String) {
        // Each is somebody else: nobody approves what the same name handed in.
        let new: NewToken = from(json!({
            "name": format!("somebody {}", model::TokenId::new()),
            "kind": kind,
            "scopes": scopes,
            "project": project.map(|project| project.slug.clone()),
        }));
        let created = self.admin.create_token(&new).await.unwrap();
        (created.token, created.secret)
    }

    /// A person who may do what people do.
    pub(crate) async fn person(&self) -> Client {
        let person = from(json!({"name": "bea", "kind": "human", "scopes": ["operate"]}));
        let created = self.admin.create_token(&person).await.unwrap();
        self.client_of(&created.secret)
    }

    /// Answers every question, as a person.
    pub(crate) async fn answer_all(&self) {
        let person = self.person().await;
        let open = QuestionFilter {
            state: Some(QuestionState::Open),
            ..QuestionFilter::default()
        };
        let page = Page::default();
        let asked = person.list_questions(&open, &page).await;
        for question in asked.unwrap().items {
            let yes = from(json!({"answer": "yes"}));
            person.answer_question(question.id, &yes).await.unwrap();
        }
    }

    /// A client of such a caller.
    pub(crate) async fn client(&self, scopes: &[Scope], project: Option<&Project>) -> Client {
        let (_, secret) = self.caller(scopes, project).await;
        self.client_of(&secret)
    }

    pub(crate) fn client_of(&self, secret: &str) -> Client {
        Client::in_process(self.server.router.clone(), Some(secret))
    }

    /// A run of its own beside the world's.
    pub(crate) async fn another_run(&self) -> RunStarted {
        start(&self.admin, &self.ticket).await
    }

    /// The number of the last event: it stays the same while nothing changes.
    pub(crate) async fn head(&self) -> i64 {
        self.admin.get_status().await.unwrap().head
    }

    /// Sends any request as the holder of a secret.
    pub(crate) async fn send(
        &self,
        secret: &str,
        method: &str,
        path: &str,
        body: Option<String>,
    ) -> Answered {
        let mut request =
            as_nobody(method, path).header("authorization", format!("Bearer {secret}"));
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map_or_else(Body::empty, Body::from);
        self.server.send(request.body(body).unwrap()).await
    }
}

async fn start(admin: &Client, ticket: &Ticket) -> RunStarted {
    let new =
        json!({"ticket_id": ticket.id, "title": SECRET, "agent": "claude", "command": [SECRET]});
    admin.create_run(&from::<NewRun>(new)).await.unwrap()
}
