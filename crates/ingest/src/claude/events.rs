//! What happens beside the conversation: retries, limits, refusals, background work.

use model::{LogStream, Name, NewEvent, Severity, StepState, Text};
use serde_json::{Value, json};

use super::{Claude, plain, shown};
use crate::fact::{Fact, LogAs, Shown};
use crate::json;

impl Claude {
    pub(super) fn system(&mut self, line: &Value, facts: &mut Vec<Fact>) -> LogAs {
        match json::text(line, "/subtype").unwrap_or_default() {
            "api_retry" => facts.push(self.retry(line)),
            "permission_denied" => facts.extend(self.denied(line)),
            "task_notification" => facts.extend(self.background_end(line)),
            "compact_boundary" => facts.push(event(
                "agent.compacted",
                Severity::Info,
                "The conversation was shortened",
                line["compact_metadata"].clone(),
            )),
            _ => {}
        }
        shown::system(line)
    }

    /// Only a change of the limit's state is news.
    pub(super) fn rate_limit(&mut self, line: &Value, facts: &mut Vec<Fact>) -> LogAs {
        let status = json::text(line, "/rate_limit_info/status").unwrap_or_default();
        if status != "allowed" && self.rate_limit.as_deref() != Some(status) {
            let message = format!("The provider's limit: {}", words(status));
            let details = line["rate_limit_info"].clone();
            facts.push(event("rate_limited", Severity::Warning, &message, details));
        }
        self.rate_limit = Some(status.to_owned());
        plain(LogStream::Status, Shown::AsIs)
    }

    /// Refusals that a result lists; older versions tell them nowhere else.
    pub(super) fn denials(&mut self, line: &Value, facts: &mut Vec<Fact>) {
        for denial in json::list(line, "/permission_denials") {
            facts.extend(self.denied(denial));
        }
    }

    fn retry(&mut self, line: &Value) -> Fact {
        self.retries = json::count(line, "/attempt");
        let error = json::text(line, "/error").unwrap_or("unknown");
        let limited = matches!(error, "rate_limit" | "overloaded")
            || matches!(json::count(line, "/error_status"), 429 | 529);
        let event_type = if limited {
            "rate_limited"
        } else {
            "agent.api_retry"
        };
        let details = json!({
            "attempt": line["attempt"],
            "max_retries": line["max_retries"],
            "retry_delay_ms": line["retry_delay_ms"],
            "error_status": line["error_status"],
            "error": error,
        });
        let message = format!("The provider refused for now: {}", words(error));
        event(event_type, Severity::Warning, &message, details)
    }

    fn denied(&mut self, denial: &Value) -> Option<Fact> {
        let id = json::text(denial, "/tool_use_id").unwrap_or_default();
        if !id.is_empty() && !self.denied.insert(id.to_owned()) {
            return None;
        }
        let tool = json::text(denial, "/tool_name").unwrap_or("tool");
        let what = shown::tool_title(tool, &denial["tool_input"]).unwrap_or_default();
        let message = format!("{tool} was not permitted: {what}");
        let message = message.trim_end_matches([':', ' ']);
        let details = json!({"tool_name": tool, "tool_use_id": id});
        Some(event(
            "agent.permission_denied",
            Severity::Warning,
            message,
            details,
        ))
    }

    /// The end of a sub-agent that works in the background; others end with their tool's answer.
    fn background_end(&mut self, line: &Value) -> Vec<Fact> {
        let Some(id) = json::text(line, "/tool_use_id").filter(|id| self.background.remove(*id))
        else {
            return Vec::new();
        };
        let state = match json::text(line, "/status") {
            Some("completed") => StepState::Succeeded,
            Some("stopped") => StepState::Cancelled,
            _ => StepState::Failed,
        };
        let summary = json::text(line, "/summary").unwrap_or_default();
        self.steps.end(id, state, summary)
    }
}

fn event(event_type: &str, severity: Severity, message: &str, details: Value) -> Fact {
    Fact::Event(Box::new(NewEvent {
        event_type: Name::lossy(event_type),
        severity: Some(severity),
        source: Some(Name::lossy("claude")),
        message: Text::lossy(message),
        details: (!details.is_null()).then_some(details),
        project: None,
        ticket_id: None,
        task_id: None,
        run_id: None,
    }))
}

fn words(snake_case: &str) -> String {
    snake_case.replace('_', " ")
}
