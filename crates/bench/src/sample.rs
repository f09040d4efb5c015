//! The event and the log line that all measurements use: what an agent would report, about 450 bytes kept.

use bytes::Bytes;
use model::{
    Event, EventType, Fact, Name, NewEvent, NewLogLine, Principal, PrincipalKind, Text, Timestamp,
};

use crate::http;
use crate::process::Process;

const MESSAGE: &str = "ran the tests of the parser: 118 passed, 2 failed, 3 were not run; the two that failed expect \
     the old form of an empty list";

/// What is posted.
pub(crate) fn new_event(message: &str) -> NewEvent {
    NewEvent {
        event_type: name("test_run_fail"),
        severity: None,
        source: Some(name("bench")),
        message: text(message),
        details: Some(
            serde_json::json!({"passed": 118, "failed": 2, "skipped": 3, "suite": "parser", "seconds": 12.5}),
        ),
        project: None,
        ticket_id: None,
        task_id: None,
        run_id: None,
    }
}

/// The same event as it is kept.
pub(crate) fn fact() -> Fact {
    let event = new_event(MESSAGE);
    let actor = Principal {
        kind: PrincipalKind::Agent,
        name: name("bench"),
    };
    let mut fact = Fact::new(
        EventType::TestRunFail,
        event.message,
        actor,
        Timestamp::now(),
    );
    fact.source = name("bench");
    fact.details = event.details;
    fact
}

/// The same event as a viewer gets it.
pub(crate) fn frame(message: &str) -> Vec<u8> {
    let event: Event = Fact {
        message: text(message),
        ..fact()
    }
    .at(1);
    serde_json::to_vec(&event).expect("an event is JSON")
}

/// A request that posts one event.
pub(crate) fn post_event(server: &Process, message: &str) -> Bytes {
    let body = serde_json::to_vec(&new_event(message)).expect("an event is JSON");
    http::request(server, "POST", "/api/events", "application/json", &body)
}

/// A request that posts so many events at once.
pub(crate) fn post_events(server: &Process, count: usize) -> Bytes {
    let events: Vec<NewEvent> = std::iter::repeat_with(|| new_event(MESSAGE))
        .take(count)
        .collect();
    let body = serde_json::to_vec(&events).expect("events are JSON");
    http::request(server, "POST", "/api/events", "application/json", &body)
}

/// One event, as everybody posts it.
pub(crate) fn post_one(server: &Process) -> Bytes {
    post_event(server, MESSAGE)
}

/// The text of a log line.
pub(crate) const LINE: &str =
    "   Compiling parser v0.4.2 (crates/parser): 118 of 240 units, 3 warnings, 12.5 s so far";

/// So many log lines, as they are sent.
pub(crate) fn lines(count: usize) -> Vec<u8> {
    let line = NewLogLine {
        line: None,
        at: None,
        step_id: None,
        stream: None,
        text: Some(LINE.into()),
        bytes_base64: None,
        continues: false,
    };
    let mut body = serde_json::to_vec(&line).expect("a line is JSON");
    body.push(b'\n');
    body.repeat(count)
}

fn name(word: &str) -> Name {
    Name::parse(word).expect("a short word is a name")
}

fn text(words: &str) -> Text {
    Text::parse(words).expect("plain words are a text")
}
