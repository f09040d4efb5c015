//! Several results in one output: cumulative ones replace each other, new processes add up, broken-off calls are taken out.

use ingest::{Agent, Decoder, Fact};
use model::{Tokens, Usd};

use crate::recordings::{end, kept, read, reported, spent};

fn message(id: &str, input: i64, more: &str) -> String {
    format!(
        r#"{{"type":"assistant","session_id":"s","uuid":"u","message":{{"id":"{id}","model":"m","content":[],"usage":{{"input_tokens":{input},"output_tokens":1}}}}{more}}}"#
    )
}

fn result(input: i64, output: i64, cost: f64) -> String {
    format!(
        r#"{{"type":"result","is_error":false,"session_id":"s","uuid":"u","total_cost_usd":{cost},"modelUsage":{{"m[1m]":{{"inputTokens":{input},"outputTokens":{output},"costUSD":{cost}}}}}}}"#
    )
}

fn facts(lines: &[String]) -> Vec<Fact> {
    let bytes = lines.join("\n").into_bytes();
    read(Decoder::for_agent(Agent::Claude), &bytes, Some(0))
}

#[track_caller]
fn check(lines: &[String], input: i64, output: i64, cost: f64) {
    let facts = facts(lines);
    let used = Tokens {
        input,
        output,
        ..Tokens::default()
    };
    assert_eq!(spent(&facts), used);
    assert_eq!(reported(&facts), Usd::from_dollars(cost).unwrap());
    assert_eq!(end(&facts).reported_cost_usd, Usd::from_dollars(cost));
}

#[test]
fn of_cumulative_results_the_last_one_counts() {
    let lines = [
        message("a", 10, ""),
        result(12, 100, 0.5),
        message("b", 20, ""),
        result(32, 300, 1.25),
    ];
    check(&lines, 32, 300, 1.25);
    assert_eq!(kept(&facts(&lines)).len(), 3);
}

#[test]
fn results_of_processes_one_after_the_other_add_up() {
    let lines = [
        message("a", 10, ""),
        result(12, 100, 0.5),
        message("b", 20, ""),
        result(21, 50, 0.25),
    ];
    check(&lines, 33, 150, 0.75);
}

#[test]
fn a_second_process_that_uses_more_than_the_first_is_told_by_its_messages() {
    let lines = [
        message("a", 10, ""),
        result(10, 100, 0.5),
        message("b", 20, ""),
        result(20, 200, 0.75),
    ];
    check(&lines, 30, 300, 1.25);
}

#[test]
fn a_call_that_was_broken_off_and_not_paid_is_taken_out() {
    let lines = [
        message("a", 10, ""),
        result(10, 100, 0.5),
        message("b", 20, r#","aborted":true"#),
        message("c", 30, ""),
        result(40, 400, 2.0),
    ];
    check(&lines, 40, 400, 2.0);
}

#[test]
fn a_crash_that_reports_zero_changes_nothing() {
    let crash = r#"{"type":"result","subtype":"error_during_execution","is_error":true,"session_id":"s","total_cost_usd":0,"modelUsage":{}}"#;
    let lines = [message("a", 10, ""), result(10, 100, 0.5), crash.to_owned()];
    check(&lines, 10, 100, 0.5);
}

#[test]
fn a_gateway_may_call_the_model_differently() {
    let other = result(10, 100, 0.5).replace("m[1m]", "claude-opus-4-8");
    check(&[message("a", 10, ""), other], 10, 100, 0.5);
}

#[test]
fn partial_messages_say_the_true_output_before_the_result() {
    let partial = |event: &str| {
        format!(r#"{{"type":"stream_event","session_id":"s","uuid":"u","event":{event}}}"#)
    };
    let lines = [
        partial(r#"{"type":"message_start","message":{"id":"a","model":"m"}}"#),
        message("a", 10, r#","request_id":"req_1""#),
        partial(r#"{"type":"message_delta","usage":{"output_tokens":77}}"#),
        message("a", 10, r#","request_id":"req_1""#),
        partial(r#"{"type":"message_stop"}"#),
    ];
    let facts = facts(&lines);
    assert_eq!(spent(&facts).output, 77);
    let kept = kept(&facts);
    let keys: Vec<_> = kept.keys().map(model::Name::as_str).collect();
    assert_eq!(keys, ["s/req_1"]);
}

#[test]
fn without_a_split_what_was_written_to_a_cache_counts_as_for_five_minutes() {
    let line = message("a", 10, "").replace(
        r#""output_tokens":1"#,
        r#""cache_creation_input_tokens":7,"cache_creation":null,"output_tokens":1"#,
    );
    assert_eq!(spent(&facts(&[line])).cache_write_5m, 7);
}

#[test]
fn a_sub_agent_in_the_background_ends_by_its_notification() {
    let lines = [
        r#"{"type":"assistant","session_id":"s","uuid":"u","message":{"id":"a","model":"m","content":[{"type":"tool_use","id":"t","name":"Agent","input":{"description":"Dig"}}]}}"#,
        r#"{"type":"user","session_id":"s","message":{"content":[{"type":"tool_result","tool_use_id":"t","content":"launched"}]},"tool_use_result":{"status":"async_launched"}}"#,
        r#"{"type":"system","subtype":"task_notification","session_id":"s","tool_use_id":"t","status":"failed","summary":"No gold"}"#,
    ];
    let facts = facts(&lines.map(str::to_owned));
    let ends: Vec<_> = facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::StepEnded { patch, .. } => patch.output.clone().flatten(),
            _ => None,
        })
        .map(model::Text::into_string)
        .collect();
    assert_eq!(ends, ["No gold"]);
}
