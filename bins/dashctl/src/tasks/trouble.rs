//! What is wrong with a task, in words, with the commands that may help.

use std::collections::HashMap;

use client::{Client, List};
use model::{
    Diagnostic, DiagnosticKind, DiagnosticSummary, InboxFilter, ProjectId, Remedy, Run, TaskDetail,
    TaskId, Timestamp,
};

use crate::print::{Cell, ago};

/// Everything that is wrong with a task, each with what may help below it.
pub(crate) fn of(detail: &TaskDetail) -> String {
    let now = Timestamp::now();
    let found = detail.diagnostics.iter();
    let lines = found.flat_map(|one| {
        let actions = one.actions.iter().filter_map(|it| command(*it, detail));
        let actions = actions.map(|command| format!("  {command}"));
        std::iter::once(line(one, now)).chain(actions)
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn line(one: &Diagnostic, now: Timestamp) -> String {
    let Diagnostic {
        severity,
        message,
        count,
        ..
    } = one;
    let first = ago(one.first_seen, now);
    let seen = match one.last_seen == one.first_seen {
        true => format!("{count}×, {first} ago"),
        false => format!(
            "{count}×, first {first} ago, last {} ago",
            ago(one.last_seen, now)
        ),
    };
    format!("{severity}: {message} ({seen})")
}

/// How something that may help is said here.
fn command(remedy: Remedy, detail: &TaskDetail) -> Option<String> {
    let task = detail.task.id;
    let verb = match remedy {
        Remedy::Retry => format!("tasks retry {task}"),
        Remedy::Reassign => format!("tasks update {task} --assignee NAME"),
        Remedy::Unblock => format!("tasks unblock {task}"),
        Remedy::Comment => format!("tasks comment {task} TEXT"),
        Remedy::OpenLog => format!("runs logs {}", detail.runs.first()?.id),
        Remedy::Edit => format!("tasks update {task} --body TEXT"),
        Remedy::StartWorker => {
            let agent = detail.task.assignee.as_ref();
            let agent = agent.map_or_else(|| "NAME".to_owned(), ToString::to_string);
            format!("work --agent {agent} --exec COMMAND")
        }
        Remedy::Answer => format!("questions answer {} TEXT", detail.questions.first()?.id),
        Remedy::Approve => format!("tasks approve {task}"),
        Remedy::RequestChanges => format!("tasks request-changes {task}"),
        Remedy::Reclaim => format!("tasks reclaim {task}"),
    };
    Some(format!("dashctl {verb}"))
}

/// What is wrong with which tasks, in words.
pub(crate) type Known = HashMap<TaskId, String>;

/// What is wrong with the tasks that need a person, of one project or of all.
pub(crate) async fn known(client: &Client, project: Option<ProjectId>) -> anyhow::Result<Known> {
    let most = List::first(List::MOST);
    let filter = InboxFilter {
        project,
        ..InboxFilter::default()
    };
    let items = client.list_inbox(&filter, &most).await?.items;
    let mut known = Known::new();
    for item in items
        .into_iter()
        .filter(|item| !item.diagnostics.is_empty())
    {
        let words: Vec<_> = item
            .diagnostics
            .iter()
            .map(|kind: &DiagnosticKind| kind.as_str())
            .collect();
        if let Some(task) = item.task_id {
            known.insert(task, words.join(", "));
        }
    }
    Ok(known)
}

/// The worst of what is wrong, and how much there is where it is more than one thing.
pub(crate) fn in_short(found: Option<DiagnosticSummary>) -> Cell {
    match found {
        None => Cell::text(""),
        Some(found) if found.count == 1 => Cell::state(found.severity.as_str()),
        Some(found) => Cell::text(format!("{} ({})", found.severity, found.count)),
    }
}

/// A run with how it ended, and why.
pub(crate) fn run(run: &Run) -> String {
    let how = run.outcome.map(|outcome| outcome.to_string());
    let code = run.exit_code.map(|code| format!("exit code {code}"));
    let how: Vec<_> = how.into_iter().chain(code).collect();
    let how = match how.as_slice() {
        [] => String::new(),
        how => format!(" ({})", how.join(", ")),
    };
    let first_line = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    let why = run.error.as_ref().map(|error| first_line(error.as_str()));
    let why = why.map(|why| format!(": {why}")).unwrap_or_default();
    format!("#{} {} {}{how}{why}", run.number, run.state, run.id)
}
