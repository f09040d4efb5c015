//! How lines read in the log.

use model::{LogStream, Name};
use serde_json::Value;

use super::plain;
use crate::fact::{LogAs, Shown};
use crate::json;

/// The fields of a tool's input that say best what it does, the best first.
const TELLING: [&str; 12] = [
    "command",
    "file_path",
    "notebook_path",
    "path",
    "pattern",
    "query",
    "url",
    "skill",
    "description",
    "subject",
    "task_id",
    "prompt",
];

/// What a tool call does, in one line.
pub(super) fn tool_title(tool: &str, input: &Value) -> Option<String> {
    let is_agent = matches!(tool, "Agent" | "Task");
    let described = input.get("description").filter(|_| is_agent);
    let telling = described.or_else(|| TELLING.iter().find_map(|field| input.get(field)));
    if let Some(text) = telling.and_then(Value::as_str) {
        return Some(text.to_owned());
    }
    let fields = input.as_object().filter(|fields| !fields.is_empty())?;
    serde_json::to_string(fields).ok()
}

pub(super) fn assistant(line: &Value) -> LogAs {
    let blocks = json::list(line, "/message/content");
    let text: Vec<_> = blocks.iter().filter_map(block).collect();
    let tool = blocks
        .iter()
        .find(|block| json::text(block, "/type").is_some_and(|kind| kind.ends_with("tool_use")));
    let own_step = tool.and_then(|block| json::text(block, "/id"));
    LogAs {
        stream: tool.map_or(LogStream::Llm, |_| LogStream::Tool),
        step: own_step
            .or_else(|| json::text(line, "/parent_tool_use_id"))
            .map(Name::lossy),
        shown: text_or_as_is(text.join("\n")),
    }
}

pub(super) fn user(line: &Value) -> LogAs {
    let content = &line["message"]["content"];
    let blocks = json::list(line, "/message/content");
    let answered = blocks
        .iter()
        .find(|block| json::text(block, "/tool_use_id").is_some());
    let Some(answered) = answered else {
        return LogAs {
            stream: LogStream::Status,
            step: json::text(line, "/parent_tool_use_id").map(Name::lossy),
            shown: text_or_as_is(json::flat_text(content)),
        };
    };
    let outputs: Vec<_> = blocks
        .iter()
        .map(|block| json::flat_text(&block["content"]))
        .collect();
    LogAs {
        stream: LogStream::Tool,
        step: json::text(answered, "/tool_use_id").map(Name::lossy),
        shown: Shown::Text(outputs.join("\n")),
    }
}

pub(super) fn system(line: &Value) -> LogAs {
    let what = json::text(line, "/description")
        .or_else(|| json::text(line, "/summary"))
        .unwrap_or_default();
    let shown = match json::text(line, "/subtype").unwrap_or_default() {
        "init" => Shown::Text(format!(
            "session {} with {}",
            json::text(line, "/session_id").unwrap_or("?"),
            json::text(line, "/model").unwrap_or("an unknown model"),
        )),
        "api_retry" => Shown::Text(format!(
            "retry {} of {} in {} ms: {}",
            json::count(line, "/attempt"),
            json::count(line, "/max_retries"),
            json::count(line, "/retry_delay_ms"),
            json::text(line, "/error").unwrap_or("unknown"),
        )),
        "task_started" => Shown::Text(format!("started: {what}")),
        "task_notification" => {
            let status = json::text(line, "/status").unwrap_or("ended");
            Shown::Text(format!("{status}: {what}"))
        }
        // Said again by the tool calls themselves.
        "task_progress" | "task_updated" => Shown::Nothing,
        _ => Shown::AsIs,
    };
    LogAs {
        step: json::text(line, "/tool_use_id").map(Name::lossy),
        ..plain(LogStream::Status, shown)
    }
}

pub(super) fn result(line: &Value) -> String {
    let how = match super::failure(line) {
        None => "ended well",
        Some(outcome) => outcome.as_str(),
    };
    let mut text = format!(
        "{how} after {} turns, {} ms",
        json::count(line, "/num_turns"),
        json::count(line, "/duration_ms")
    );
    if let Some(cost) = json::dollars(line, "/total_cost_usd") {
        text.push_str(&format!(", {cost}"));
    }
    if let Some(said) = super::result_text(line) {
        text.push_str(": ");
        text.push_str(said.as_str());
    }
    text
}

fn block(block: &Value) -> Option<String> {
    match json::text(block, "/type")? {
        "text" => json::text(block, "/text").map(str::to_owned),
        "thinking" => json::text(block, "/thinking").map(str::to_owned),
        kind if kind.ends_with("tool_use") => {
            let name = json::text(block, "/name").unwrap_or("tool");
            let title = tool_title(name, &block["input"]);
            Some(title.map_or_else(|| name.to_owned(), |title| format!("{name}: {title}")))
        }
        kind if kind.ends_with("tool_result") => Some(json::flat_text(&block["content"])),
        _ => None,
    }
}

fn text_or_as_is(text: String) -> Shown {
    if text.is_empty() {
        Shown::AsIs
    } else {
        Shown::Text(text)
    }
}
