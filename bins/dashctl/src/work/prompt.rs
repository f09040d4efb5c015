//! The prompt: a template of the operator's, and the task's own texts in it, marked as text from outside.

use model::{Task, TaskContext};
use rand::Rng as _;

use super::context;
use super::placeholders;
use crate::exit::Refused;

/// The prompt where the operator gives none.
pub(super) const BUILT_IN: &str = include_str!("prompt.md");

const MARKS: (&str, &str) = ("{{", "}}");
const KNOWN: [&str; 10] = [
    "title",
    "body",
    "context",
    "task_id",
    "run_id",
    "attempt",
    "project",
    "workspace",
    "branch",
    "marker",
];

/// What a prompt is made of.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    pub(super) task: &'a Task,
    pub(super) run_id: String,
    pub(super) attempt: i64,
    pub(super) project: String,
    pub(super) workspace: String,
    pub(super) branch: Option<String>,
    pub(super) context: &'a TaskContext,
}

/// Refuses a template with a name that is not known: it would reach the agent as it stands.
pub(super) fn check(template: &str) -> anyhow::Result<()> {
    for name in placeholders::names(template, MARKS) {
        if !KNOWN.contains(&name) {
            let known = KNOWN.join(", ");
            let why = format!("the prompt asks for `{{{{{name}}}}}`; there are {known}");
            return Err(Refused::invalid(why));
        }
    }
    Ok(())
}

/// The prompt for one task. Nobody who wrote the task could know the word that marks its texts.
pub(super) fn write(template: &str, parts: &Parts<'_>) -> String {
    let marker = format!("{:016x}", rand::rng().random::<u64>());
    let (task, id) = (parts.task, parts.task.id.to_string());
    let (title, body) = (
        fence(&marker, "title", task.title.as_str()),
        fence(&marker, "body", task.body.as_str()),
    );
    let context = fence(&marker, "context", &context::told(parts.context, &marker));
    let attempt = parts.attempt.to_string();
    let value = |name: &str| match name {
        "title" => Some(title.as_str()),
        "body" => Some(body.as_str()),
        "context" => Some(context.as_str()),
        "task_id" => Some(id.as_str()),
        "run_id" => Some(parts.run_id.as_str()),
        "attempt" => Some(attempt.as_str()),
        "project" => Some(parts.project.as_str()),
        "workspace" => Some(parts.workspace.as_str()),
        "branch" => Some(parts.branch.as_deref().unwrap_or("none")),
        "marker" => Some(marker.as_str()),
        _ => None,
    };
    placeholders::fill(template, MARKS, value)
}

fn fence(marker: &str, what: &str, text: &str) -> String {
    match text.trim_end() {
        "" => format!("({what}: empty)"),
        text => {
            format!("===== {marker} {what} begins =====\n{text}\n===== {marker} {what} ends =====")
        }
    }
}
