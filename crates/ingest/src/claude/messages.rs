//! Messages: what the model says, the tools that it calls, and what they give back.

use model::{LogStream, Name, StepState, StepType};
use serde_json::Value;

use super::ledger::Row;
use super::{Claude, model_name, plain, shown, usage};
use crate::fact::{Fact, LogAs, Shown};
use crate::json;
use crate::steps::Begun;

impl Claude {
    /// A part of an answer. One answer comes as several lines, a block each, with the same usage.
    pub(super) fn assistant(&mut self, line: &Value, facts: &mut Vec<Fact>) -> LogAs {
        let parent = json::text(line, "/parent_tool_use_id");
        if parent.is_none() {
            self.at_work = true;
        }
        facts.extend(self.call_of(line, parent));
        for block in json::list(line, "/message/content") {
            self.block(block, parent, facts);
        }
        shown::assistant(line)
    }

    /// What tools gave back, or what a person said.
    pub(super) fn user(&mut self, line: &Value, facts: &mut Vec<Fact>) -> LogAs {
        for block in json::list(line, "/message/content") {
            let Some(id) = json::text(block, "/tool_use_id") else {
                continue;
            };
            if json::text(line, "/tool_use_result/status") == Some("async_launched") {
                self.background.insert(id.to_owned());
                continue;
            }
            let output = json::flat_text(&block["content"]);
            let state = outcome_of_tool(line, block, &output);
            facts.extend(self.steps.end(id, state, &output));
        }
        shown::user(line)
    }

    /// With `--include-partial-messages`: the only place where a message's output tokens are true.
    pub(super) fn partial(&mut self, line: &Value, facts: &mut Vec<Fact>) -> LogAs {
        let parent = json::text(line, "/parent_tool_use_id").unwrap_or_default();
        match json::text(line, "/event/type") {
            Some("message_start") => {
                let id = json::text(line, "/event/message/id").unwrap_or_default();
                self.partial.insert(parent.to_owned(), id.to_owned());
            }
            Some("message_delta") => {
                let output = json::count(line, "/event/usage/output_tokens");
                let id = self.partial.get(parent).map_or("", String::as_str);
                let row = self.ledger.note_output(id, output);
                facts.extend(row.map(|row| self.printed_call(row)));
            }
            Some("message_stop") => {
                self.partial.remove(parent);
            }
            _ => {}
        }
        plain(LogStream::Llm, Shown::Nothing)
    }

    fn call_of(&mut self, line: &Value, parent: Option<&str>) -> Option<Fact> {
        let message = &line["message"];
        let request_id = json::text(line, "/request_id");
        let Some(mut row) = self.row(message, parent) else {
            json::text(line, "/error")?;
            let error = json::flat_text(&message["content"]);
            return Some(self.failed_call(json::text(message, "/id")?, request_id, &error));
        };
        row.request_id = request_id.map(Name::lossy);
        row.aborted = json::flag(line, "/aborted") == Some(true);
        let told = self.ledger.note(row)?;
        Some(self.printed_call(told))
    }

    fn row(&mut self, message: &Value, parent: Option<&str>) -> Option<Row> {
        let id = json::text(message, "/id")?;
        let model = json::text(message, "/model").filter(|model| !model.starts_with('<'))?;
        let usage = message.get("usage").filter(|usage| usage.is_object())?;
        Some(Row {
            id: id.to_owned(),
            model: model_name(model),
            tokens: usage::of_message(usage),
            request_id: None,
            step: parent.map(Name::lossy),
            attempt: self.attempt(),
            aborted: false,
        })
    }

    fn block(&mut self, block: &Value, parent: Option<&str>, facts: &mut Vec<Fact>) {
        let kind = json::text(block, "/type").unwrap_or_default();
        if kind.ends_with("tool_use") {
            let name = json::text(block, "/name").unwrap_or("tool");
            let begun = json::text(block, "/id").map(|id| Begun {
                id,
                step_type: step_type(name),
                name,
                title: shown::tool_title(name, &block["input"]),
                parent,
            });
            facts.extend(begun.and_then(|begun| self.steps.begin(begun)));
        } else if let Some(id) = json::text(block, "/tool_use_id") {
            // Tools that the provider runs answer within the message.
            let output = json::flat_text(&block["content"]);
            let state = outcome_of_tool(&Value::Null, block, &output);
            facts.extend(self.steps.end(id, state, &output));
        }
    }
}

fn step_type(tool: &str) -> StepType {
    match tool {
        "Agent" | "Task" => StepType::Agent,
        _ => StepType::Tool,
    }
}

fn outcome_of_tool(line: &Value, block: &Value, output: &str) -> StepState {
    if json::flag(block, "/is_error") != Some(true) {
        return StepState::Succeeded;
    }
    let stopped = json::text(line, "/tool_use_result") == Some("User rejected tool use")
        || output.starts_with("The user doesn't want to proceed");
    if stopped {
        StepState::Cancelled
    } else {
        StepState::Failed
    }
}
