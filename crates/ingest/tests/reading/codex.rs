//! Codex: turns as differences of the thread's total, and every way to end.

use ingest::{Agent, Decoder, Fact};
use model::{Outcome, StepState, Tokens, Totals};

use crate::recordings::{end, errors, events, facts_of, kept, read, recording, spent, steps};

const FIRST: &str = "codex-0.169.0/resume/stdout.jsonl";
const RESUMED: &str = "codex-0.169.0/resume/stdout-resume.jsonl";

fn tokens(input: i64, cache_read: i64, output: i64, reasoning: i64) -> Tokens {
    Tokens {
        input,
        cache_read,
        output,
        reasoning,
        ..Tokens::default()
    }
}

#[test]
fn a_turn_counts_what_was_cached_once() {
    for scenario in ["ok-exec", "ok-otlp-protobuf", "hooks-and-notify"] {
        let facts = facts_of(&format!("codex-0.169.0/{scenario}/stdout.jsonl"));
        assert_eq!(spent(&facts), tokens(6_000, 9_000, 203, 80), "{scenario}");
        assert_eq!(end(&facts).outcome, Outcome::Completed);
        let summary = end(&facts).summary.as_ref().unwrap();
        assert_eq!(summary.as_str(), "All done: hello.");
    }
}

#[test]
fn a_resumed_thread_counts_only_what_is_new() {
    let first = facts_of(FIRST);
    let baseline = spent(&first);
    let decoder = Decoder::for_agent(Agent::Codex).with_thread_baseline(baseline);
    let resumed = read(decoder, &recording(RESUMED), Some(0));
    assert_eq!(spent(&resumed), tokens(6_000, 9_000, 103, 40));
    let both: Vec<Fact> = [first, resumed].concat();
    assert_eq!(spent(&both), tokens(12_000, 18_000, 306, 120));
}

#[test]
fn the_baseline_may_come_when_the_thread_is_known() {
    let totals = Totals {
        tokens_input: 15_000,
        tokens_cache_read: 9_000,
        tokens_output: 203,
        ..Totals::default()
    };
    let bytes = recording(RESUMED);
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let mut decoder = Decoder::auto::<&str>(&[]);
    let mut facts = decoder.line(lines.next().unwrap());
    assert!(matches!(&facts[0], Fact::Run(patch) if patch.session.is_some()));
    decoder.set_thread_baseline(Decoder::used(&totals));
    facts.extend(lines.flat_map(|line| decoder.line(line)));
    // How much of the earlier output was reasoning is not known to sessions.
    assert_eq!(spent(&facts), tokens(6_000, 9_000, 103, 103));
}

#[test]
fn a_script_that_resumes_the_thread_spends_the_difference() {
    let output = [recording(FIRST), recording(RESUMED)].concat();
    let facts = read(Decoder::auto(&["bash", "twice.sh"]), &output, Some(0));
    assert_eq!(spent(&facts), tokens(12_000, 18_000, 306, 120));
    assert!(steps(&facts).contains_key("item_2"));
}

#[test]
fn the_model_is_that_of_the_command_else_that_of_the_warning_else_unknown() {
    let model = |decoder: Decoder, bytes: &[u8]| {
        let facts = read(decoder, bytes, Some(0));
        let kept = kept(&facts);
        kept.values().next().unwrap().model.clone().into_string()
    };
    let bytes = recording(FIRST);
    let named = ["codex", "exec", "--json", "-m", "gpt-5.5", "hi"];
    assert_eq!(model(Decoder::auto(&named), &bytes), "gpt-5.5");
    assert_eq!(model(Decoder::auto(&["codex"]), &bytes), "gpt-5.1-codex");
    let silent: Vec<u8> = String::from_utf8(bytes)
        .unwrap()
        .lines()
        .filter(|line| !line.contains("Model metadata"))
        .flat_map(|line| format!("{line}\n").into_bytes())
        .collect();
    assert_eq!(model(Decoder::auto(&["codex"]), &silent), "codex");
}

#[test]
fn a_failed_turn_fails_the_run() {
    let facts = facts_of("codex-0.169.0/api-400-final/stdout.jsonl");
    assert_eq!(end(&facts).outcome, Outcome::Failed);
    assert!(
        end(&facts)
            .error
            .as_ref()
            .unwrap()
            .as_str()
            .contains("bad model")
    );
    assert_eq!(errors(&facts).len(), 1);
    assert_eq!(spent(&facts), Tokens::default());
}

#[test]
fn a_try_that_the_provider_refused_is_told_and_fails_nothing() {
    let facts = facts_of("codex-0.169.0/api-429-retried/stdout.jsonl");
    assert_eq!(events(&facts), ["rate_limited"]);
    assert_eq!(end(&facts).outcome, Outcome::Completed);
    assert_eq!(spent(&facts), tokens(10_000, 15_000, 205, 80));
}

#[test]
fn an_interrupted_turn_is_a_crash_and_cancels_its_command() {
    let path = "codex-0.169.0/sigint-during-tool/stdout.jsonl";
    let facts = read(Decoder::auto(&["codex"]), &recording(path), Some(130));
    assert_eq!(end(&facts).outcome, Outcome::Crashed);
    let steps = steps(&facts);
    let state = steps["item_2"].end.as_ref().unwrap().state;
    assert_eq!(state, Some(StepState::Cancelled));
}

#[test]
fn every_kind_of_item_becomes_a_step_or_a_log_line() {
    let lines = concat!(
        r#"{"type":"thread.started","thread_id":"t"}"#,
        "\n",
        r#"{"type":"turn.started"}"#,
        "\n",
        r#"{"type":"item.completed","item":{"id":"a","type":"file_change","changes":[{"path":"x.rs","kind":"add"}],"status":"completed"}}"#,
        "\n",
        r#"{"type":"item.completed","item":{"id":"b","type":"mcp_tool_call","server":"git","tool":"log","arguments":{"n":1},"error":{"message":"no"},"status":"failed"}}"#,
        "\n",
        r#"{"type":"item.started","item":{"id":"c","type":"web_search","query":"rust"}}"#,
        "\n",
        r#"{"type":"item.completed","item":{"id":"c","type":"web_search","query":"rust"}}"#,
        "\n",
        r#"{"type":"item.completed","item":{"id":"d","type":"command_execution","command":"false","aggregated_output":"","exit_code":1,"status":"failed"}}"#,
        "\n",
        r#"{"type":"item.updated","item":{"id":"e","type":"todo_list","items":[{"text":"one","completed":true},{"text":"two","completed":false}]}}"#,
        "\n",
        r#"{"type":"turn.completed","usage":{"input_tokens":1,"output_tokens":1}}"#,
    );
    let facts = read(Decoder::for_agent(Agent::Codex), lines.as_bytes(), Some(0));
    let steps = steps(&facts);
    let shown: Vec<_> = steps
        .values()
        .map(|seen| {
            let title = seen.step.title.as_ref().map_or("", model::Title::as_str);
            let state = seen.end.as_ref().unwrap().state.unwrap();
            format!("{} | {title} | {state}", seen.step.name)
        })
        .collect();
    assert_eq!(
        shown,
        [
            "file_change | add x.rs | succeeded",
            "git.log | {\"n\":1} | failed",
            "web_search | rust | succeeded",
            "shell | false | failed",
        ]
    );
}
