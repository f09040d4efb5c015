//! The inbox: what needs a person, with what that person can do.

use std::collections::BTreeMap;

use auth::Caller;
use model::{
    Diagnostic, DiagnosticSeverity, InboxFilter, InboxItem, InboxKind, Page, Paged, Question,
    Remedy, Run, Scope, TaskId, TaskState, Text, Timestamp, Title,
};
use store::inbox::{self, Seen, Waiting, What};
use store::{Read, tasks};

use crate::{App, Error, lists};

impl App {
    /// What needs a person and passes the filter: the worst first, then what has waited longest, a page at a time.
    pub async fn list_inbox(
        &self,
        caller: &Caller,
        filter: InboxFilter,
        page: Page,
    ) -> Result<Paged<InboxItem>, Error> {
        caller.may(Scope::Read)?;
        let Some(project) = self.scope_of_list(caller, filter.project)? else {
            return Ok(lists::none());
        };
        let mut read = self.read().await?;
        let moment = self.moment(&mut read).await?;
        let filter = InboxFilter { project, ..filter };
        let waiting = inbox::list(&mut read, filter, moment, &page).await?;
        let asked_about = asked_about(&mut read, &waiting.items).await?;
        Ok(waiting.map(|waiting| item(waiting, &asked_about, moment.now)))
    }
}

/// The titles of tasks.
type Titles = BTreeMap<TaskId, Title>;

/// The tasks that questions are about: somebody who sees but “Continue?” cannot tell them apart.
async fn asked_about(read: &mut Read, waiting: &[Waiting]) -> Result<Titles, Error> {
    let task_of = |waiting: &Waiting| match &waiting.what {
        What::Question(question) => question.task_id,
        _ => None,
    };
    let ids: Vec<_> = waiting.iter().filter_map(task_of).collect();
    let asked_about = tasks::by_ids(read, &ids).await?;
    Ok(asked_about
        .into_iter()
        .map(|it| (it.id, it.title))
        .collect())
}

fn item(waiting: Waiting, asked_about: &Titles, now: Timestamp) -> InboxItem {
    let item = match waiting.what {
        What::Question(question) => of_question(*question, asked_about),
        What::Task(seen) => of_task(*seen, 0, now),
        What::Queue { first, behind } => of_task(*first, behind, now),
        What::Run(run) => of_run(*run),
    };
    InboxItem {
        severity: waiting.severity,
        since: waiting.since,
        age_seconds: (now.millis_since(waiting.since) / 1000).max(0),
        ..item
    }
}

fn of_question(question: Question, asked_about: &Titles) -> InboxItem {
    let about = question.task_id.and_then(|task| asked_about.get(&task));
    let first_line = || question.text.as_str().trim().lines().next();
    InboxItem {
        kind: InboxKind::Question,
        severity: DiagnosticSeverity::Error,
        title: match about {
            Some(title) => title.clone(),
            None => Title::lossy(first_line().unwrap_or_default()),
        },
        reason: question.text,
        project_id: question.project_id,
        ticket_id: question.ticket_id,
        task_id: question.task_id,
        run_id: question.run_id,
        question_id: Some(question.id),
        since: question.created_at,
        age_seconds: 0,
        diagnostics: Vec::new(),
        actions: vec![Remedy::Answer],
    }
}

/// Of a task, with as many behind it as wait because nobody takes it.
fn of_task(seen: Seen, behind: i64, now: Timestamp) -> InboxItem {
    let Seen { task, symptoms } = seen;
    let found = symptoms.diagnose(now);
    let (kind, actions) = match task.status {
        TaskState::Review => (
            InboxKind::Approval,
            vec![Remedy::Approve, Remedy::RequestChanges],
        ),
        TaskState::Failed => (
            InboxKind::Failure,
            vec![Remedy::OpenLog, Remedy::Retry, Remedy::Reassign],
        ),
        TaskState::Triage => (
            InboxKind::Stuck,
            vec![Remedy::Edit, Remedy::Comment, Remedy::Reassign],
        ),
        TaskState::Blocked => (
            InboxKind::Stuck,
            vec![Remedy::Unblock, Remedy::Retry, Remedy::Comment],
        ),
        _ => (InboxKind::Stuck, together(&found)),
    };
    let said = task
        .block_reason
        .or(task.result.filter(|_| kind == InboxKind::Approval));
    InboxItem {
        kind,
        severity: DiagnosticSeverity::Warning,
        reason: in_words(said.as_ref(), &found, behind),
        title: task.title,
        project_id: task.project_id,
        ticket_id: task.ticket_id,
        task_id: Some(task.id),
        run_id: task.current_run_id,
        question_id: None,
        since: task.status_since,
        age_seconds: 0,
        diagnostics: found.into_iter().map(|one| one.kind).collect(),
        actions,
    }
}

/// What helps against any of it, each once.
fn together(found: &[Diagnostic]) -> Vec<Remedy> {
    let mut actions = Vec::new();
    for remedy in found.iter().flat_map(|one| &one.actions) {
        if !actions.contains(remedy) {
            actions.push(*remedy);
        }
    }
    actions
}

/// What was said of a task, and what the rules say.
fn in_words(said: Option<&Text>, found: &[Diagnostic], behind: i64) -> Text {
    let mut messages: Vec<_> = found.iter().map(|one| one.message.clone()).collect();
    match behind {
        ..=0 => {}
        1 => messages.push("1 more is ready behind it".to_owned()),
        more => messages.push(format!("{more} more are ready behind it")),
    }
    let said = said.map(|said| said.as_str().trim_end().to_owned());
    let found = (!messages.is_empty()).then(|| messages.join("; "));
    let parts: Vec<_> = said.into_iter().chain(found).collect();
    Text::lossy(&parts.join("\n\n"))
}

fn of_run(run: Run) -> InboxItem {
    InboxItem {
        kind: InboxKind::LostLease,
        severity: DiagnosticSeverity::Error,
        reason: Text::lossy("its worker is not heard of"),
        title: run.title,
        project_id: run.project_id,
        ticket_id: run.ticket_id,
        task_id: run.task_id,
        run_id: Some(run.id),
        question_id: None,
        since: run.last_heartbeat_at,
        age_seconds: 0,
        diagnostics: Vec::new(),
        actions: match run.task_id {
            Some(_) => vec![Remedy::OpenLog, Remedy::Reclaim],
            None => vec![Remedy::OpenLog],
        },
    }
}
