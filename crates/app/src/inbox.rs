//! The inbox: what needs a person, with what that person can do.

use auth::Caller;
use model::{
    DiagnosticSeverity, InboxItem, InboxKind, Page, Paged, ProjectId, Question, Remedy, Run, Scope,
    Symptoms, Task, TaskState, Text, Timestamp, Title,
};
use store::inbox::{self, Waiting};

use crate::{App, Error, lists};

impl App {
    /// What needs a person, the oldest first, a page at a time.
    pub async fn list_inbox(
        &self,
        caller: &Caller,
        project: Option<ProjectId>,
        page: Page,
    ) -> Result<Paged<InboxItem>, Error> {
        caller.may(Scope::Read)?;
        let Some(project) = self.scope_of_list(caller, project)? else {
            return Ok(lists::none());
        };
        let now = self.clock().now();
        let waiting = inbox::list(&mut self.read().await?, project, &page).await?;
        Ok(waiting.map(|waiting| match waiting {
            Waiting::Question(question) => of_question(*question, now),
            Waiting::Task(task) => of_task(*task, now),
            Waiting::Run(run) => of_run(*run, now),
        }))
    }
}

fn age(since: Timestamp, now: Timestamp) -> i64 {
    (now.millis_since(since) / 1000).max(0)
}

fn of_question(question: Question, now: Timestamp) -> InboxItem {
    let first_line = question.text.as_str().trim().lines().next();
    InboxItem {
        kind: InboxKind::Question,
        severity: DiagnosticSeverity::Error,
        title: Title::lossy(first_line.unwrap_or_default()),
        reason: question.text,
        project_id: question.project_id,
        ticket_id: question.ticket_id,
        task_id: question.task_id,
        run_id: question.run_id,
        question_id: Some(question.id),
        since: question.created_at,
        age_seconds: age(question.created_at, now),
        actions: vec![Remedy::Answer],
    }
}

fn of_task(task: Task, now: Timestamp) -> InboxItem {
    let found = Symptoms::of(&task, &[], Vec::new()).diagnose(now);
    let (kind, severity, actions) = match task.status {
        TaskState::Review => (
            InboxKind::Approval,
            DiagnosticSeverity::Warning,
            vec![Remedy::Approve, Remedy::RequestChanges],
        ),
        TaskState::Failed => (
            InboxKind::Failure,
            DiagnosticSeverity::Critical,
            vec![Remedy::OpenLog, Remedy::Retry, Remedy::Reassign],
        ),
        TaskState::Triage => (
            InboxKind::Stuck,
            DiagnosticSeverity::Error,
            vec![Remedy::Edit, Remedy::Comment, Remedy::Reassign],
        ),
        _ => (
            InboxKind::Stuck,
            DiagnosticSeverity::Warning,
            vec![Remedy::Unblock, Remedy::Retry, Remedy::Comment],
        ),
    };
    let worst = found.into_iter().next().map(|worst| worst.message);
    let said = task
        .block_reason
        .or(task.result.filter(|_| kind == InboxKind::Approval));
    let reason = said.unwrap_or_else(|| Text::lossy(worst.as_deref().unwrap_or_default()));
    InboxItem {
        kind,
        severity,
        reason,
        title: task.title,
        project_id: task.project_id,
        ticket_id: task.ticket_id,
        task_id: Some(task.id),
        run_id: task.current_run_id,
        question_id: None,
        since: task.updated_at,
        age_seconds: age(task.updated_at, now),
        actions,
    }
}

fn of_run(run: Run, now: Timestamp) -> InboxItem {
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
        age_seconds: age(run.last_heartbeat_at, now),
        actions: match run.task_id {
            Some(_) => vec![Remedy::OpenLog, Remedy::Reclaim],
            None => vec![Remedy::OpenLog],
        },
    }
}
