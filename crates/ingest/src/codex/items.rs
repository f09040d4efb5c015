//! Items: what the agent does in a turn. Those that take time are steps.

use model::{LogStream, Name, StepState, StepType};
use serde_json::Value;

use super::{Codex, plain};
use crate::fact::{Fact, LogAs, Shown};
use crate::json;
use crate::steps::Begun;

impl Codex {
    pub(super) fn item(&mut self, line: &Value, completed: bool, facts: &mut Vec<Fact>) -> LogAs {
        let item = &line["item"];
        match json::text(item, "/type").unwrap_or_default() {
            "agent_message" => self.message(item, completed),
            "reasoning" => said(item, "/text", completed),
            // Warnings come as items of this type and end nothing.
            "error" => self.warning(item, facts),
            "todo_list" | "plan" => plain(LogStream::Llm, Shown::Text(list(item))),
            kind => self.step(kind, item, completed, facts),
        }
    }

    fn message(&mut self, item: &Value, completed: bool) -> LogAs {
        if let Some(text) = json::text(item, "/text").filter(|_| completed) {
            self.said = Some(model::Text::lossy(text));
        }
        said(item, "/text", completed)
    }

    /// The warning about a model that Codex does not know is the only place where the stream names its model.
    fn warning(&mut self, item: &Value, facts: &mut Vec<Fact>) -> LogAs {
        let message = json::text(item, "/message").unwrap_or_default();
        let named = message
            .strip_prefix("Model metadata for `")
            .and_then(|rest| rest.split_once("` not found"));
        if let (Some((model, _)), None) = (named, &self.model) {
            self.model = Some(Name::lossy(model));
            facts.extend(self.report(model::SessionState::Running, 0));
        }
        plain(LogStream::Status, Shown::Text(message.to_owned()))
    }

    fn step(&mut self, kind: &str, item: &Value, completed: bool, facts: &mut Vec<Fact>) -> LogAs {
        let Some(id) = json::text(item, "/id").filter(|_| !kind.is_empty()) else {
            return plain(LogStream::Stdout, Shown::AsIs);
        };
        let id = match self.threads {
            0 | 1 => id.to_owned(),
            nth => format!("{nth}/{id}"),
        };
        let title = title(kind, item);
        let name = name(kind, item);
        let begun = self.steps.begin(Begun {
            id: &id,
            step_type: step_type(kind),
            name: &name,
            title: title.clone(),
            parent: None,
        });
        let is_new = begun.is_some();
        facts.extend(begun);
        let output = output(item);
        if completed {
            facts.extend(self.steps.end(&id, state(item), &output));
        }
        let title = title.map_or(name.clone(), |title| format!("{name}: {title}"));
        let shown = match (is_new, completed && !output.is_empty()) {
            (true, true) => Shown::Text(format!("{title}\n{output}")),
            (true, false) => Shown::Text(title),
            (false, true) => Shown::Text(output),
            (false, false) => Shown::Nothing,
        };
        LogAs {
            stream: LogStream::Tool,
            step: Some(Name::lossy(&id)),
            shown,
        }
    }
}

/// What an item says once it is complete; its beginnings are not shown.
fn said(item: &Value, field: &str, completed: bool) -> LogAs {
    let shown = match json::text(item, field) {
        Some(text) if completed => Shown::Text(text.trim_end().to_owned()),
        _ => Shown::Nothing,
    };
    plain(LogStream::Llm, shown)
}

fn list(item: &Value) -> String {
    let mut lines = Vec::new();
    for entry in json::list(item, "/items") {
        let mark = match json::flag(entry, "/completed") {
            Some(true) => 'x',
            _ => ' ',
        };
        lines.push(format!(
            "[{mark}] {}",
            json::text(entry, "/text").unwrap_or_default()
        ));
    }
    if lines.is_empty() {
        return json::text(item, "/text").unwrap_or("plan").to_owned();
    }
    lines.join("\n")
}

fn step_type(kind: &str) -> StepType {
    match kind {
        "collab_tool_call" => StepType::Agent,
        _ => StepType::Tool,
    }
}

fn name(kind: &str, item: &Value) -> String {
    match kind {
        "command_execution" => "shell".to_owned(),
        "mcp_tool_call" => {
            let part = |field| json::text(item, field).unwrap_or("?");
            format!("{}.{}", part("/server"), part("/tool"))
        }
        _ => json::text(item, "/tool").unwrap_or(kind).to_owned(),
    }
}

fn title(kind: &str, item: &Value) -> Option<String> {
    let found = match kind {
        "command_execution" => json::text(item, "/command").map(str::to_owned),
        "web_search" => json::text(item, "/query").map(str::to_owned),
        "file_change" => Some(changes(item)),
        "mcp_tool_call" => item
            .get("arguments")
            .filter(|arguments| !arguments.is_null())
            .map(Value::to_string),
        _ => json::text(item, "/prompt").map(str::to_owned),
    };
    found.filter(|title| !title.is_empty())
}

fn changes(item: &Value) -> String {
    let mut changes = Vec::new();
    for change in json::list(item, "/changes") {
        let kind = json::text(change, "/kind").unwrap_or("change");
        changes.push(format!(
            "{kind} {}",
            json::text(change, "/path").unwrap_or("?")
        ));
    }
    changes.join(", ")
}

fn output(item: &Value) -> String {
    if let Some(text) = json::text(item, "/aggregated_output") {
        return text.trim_end().to_owned();
    }
    if let Some(error) = json::text(item, "/error/message") {
        return error.to_owned();
    }
    item.pointer("/result/content")
        .map(json::flat_text)
        .unwrap_or_default()
}

fn state(item: &Value) -> StepState {
    let failed = item.get("error").is_some_and(|error| !error.is_null())
        || item
            .pointer("/exit_code")
            .and_then(Value::as_i64)
            .is_some_and(|code| code != 0);
    match json::text(item, "/status") {
        Some("failed" | "declined") => StepState::Failed,
        _ if failed => StepState::Failed,
        _ => StepState::Succeeded,
    }
}
