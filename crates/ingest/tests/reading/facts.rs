//! The shape of the facts, as they are sent.

use std::fmt::Write;

use expect_test::{Expect, expect};
use ingest::{Fact, LogAs, Shown};

use crate::recordings::facts_of;

#[track_caller]
fn check(path: &str, expect: &Expect) {
    let mut shown = String::new();
    for fact in facts_of(path) {
        writeln!(shown, "{}", line(&fact)).unwrap();
    }
    expect.assert_eq(&shown);
}

fn json(value: impl serde::Serialize) -> String {
    let mut value = serde_json::to_value(value).unwrap();
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|_, field| !field.is_null());
    }
    value.to_string()
}

fn line(fact: &Fact) -> String {
    match fact {
        Fact::Run(patch) => format!("run {}", json(patch)),
        Fact::StepBegan { step, parent } => {
            let parent = parent.as_ref().map(|parent| format!(" in {parent}"));
            format!("step{} {}", parent.unwrap_or_default(), json(step))
        }
        Fact::StepEnded { external_id, patch } => format!("end {external_id} {}", json(patch)),
        Fact::Call { call, step } => {
            let step = step.as_ref().map(|step| format!(" in {step}"));
            format!("call{} {}", step.unwrap_or_default(), json(call))
        }
        Fact::Event(event) => format!("event {}", json(event)),
        Fact::Log(log) => logged(log),
        Fact::Ended(ended) => format!("{ended:?}"),
    }
}

fn logged(log: &LogAs) -> String {
    let step = log.step.as_ref().map(|step| format!(" of {step}"));
    let step = step.unwrap_or_default();
    match &log.shown {
        Shown::AsIs => format!("  | {}{step} as it is", log.stream),
        Shown::Nothing => format!("  | {}{step} nothing", log.stream),
        Shown::Text(text) => format!("  | {}{step} {text:?}", log.stream),
    }
}

#[test]
fn a_claude_session_with_a_failing_tool_and_a_sub_agent() {
    check(
        "claude-code-2.1.197/ok-bash-fail-subagent-write/stdout.jsonl",
        &expect![[r#"
            run {"agent":"claude","model":"claude-opus-4-8","session":{"agent":"claude","cwd":"/home/agent-1/w/claude-repo","messages":0,"model":"claude-opus-4-8","provider_session_id":"e106bf1b-64ec-478a-985d-d53ce80424b6","state":"running"}}
              | status "session e106bf1b-64ec-478a-985d-d53ce80424b6 with claude-opus-4-8[1m]"
            call {"attempt":1,"call_key":"e106bf1b-64ec-478a-985d-d53ce80424b6/req_mock000001","exactness":"provisional","model":"claude-opus-4-8","provider":"anthropic","provider_request_id":"req_mock000001","provider_session_id":"e106bf1b-64ec-478a-985d-d53ce80424b6","runner":"claude","status":"success","tokens":{"cache_read":2000,"cache_write_1h":400,"cache_write_5m":600,"input":11,"output":1,"reasoning":0}}
              | llm "I will run a command."
            step {"external_id":"toolu_mock000001_1","name":"Bash","step_type":"tool","title":"echo hello"}
              | tool of toolu_mock000001_1 "Bash: echo hello"
            step {"external_id":"toolu_mock000001_2","name":"Bash","step_type":"tool","title":"cat /nonexistent"}
              | tool of toolu_mock000001_2 "Bash: cat /nonexistent"
            end toolu_mock000001_1 {"output":"hello","result":"success","state":"succeeded"}
              | tool of toolu_mock000001_1 "hello"
            end toolu_mock000001_2 {"output":"Exit code 1\ncat: /nonexistent: No such file or directory","result":"fail","state":"failed"}
              | tool of toolu_mock000001_2 "Exit code 1\ncat: /nonexistent: No such file or directory"
            call {"attempt":1,"call_key":"e106bf1b-64ec-478a-985d-d53ce80424b6/req_mock000002","exactness":"provisional","model":"claude-opus-4-8","provider":"anthropic","provider_request_id":"req_mock000002","provider_session_id":"e106bf1b-64ec-478a-985d-d53ce80424b6","runner":"claude","status":"success","tokens":{"cache_read":4000,"cache_write_1h":800,"cache_write_5m":1200,"input":12,"output":1,"reasoning":0}}
            step {"external_id":"toolu_mock000002_0","name":"Agent","step_type":"agent","title":"Sub job"}
              | tool of toolu_mock000002_0 "Agent: Sub job"
              | status of toolu_mock000002_0 "started: Sub job"
              | status of toolu_mock000002_0 "SUBAGENT-TASK: run echo"
              | status of toolu_mock000002_0 nothing
            call in toolu_mock000002_0 {"attempt":1,"call_key":"e106bf1b-64ec-478a-985d-d53ce80424b6/req_mock000003","exactness":"provisional","model":"claude-opus-4-8","provider":"anthropic","provider_request_id":"req_mock000003","provider_session_id":"e106bf1b-64ec-478a-985d-d53ce80424b6","runner":"claude","status":"success","tokens":{"cache_read":6000,"cache_write_1h":1200,"cache_write_5m":1800,"input":13,"output":1,"reasoning":0}}
            step in toolu_mock000002_0 {"external_id":"toolu_mock000003_0","name":"Bash","step_type":"tool","title":"echo from-subagent"}
              | tool of toolu_mock000003_0 "Bash: echo from-subagent"
            end toolu_mock000003_0 {"output":"from-subagent","result":"success","state":"succeeded"}
              | tool of toolu_mock000003_0 "from-subagent"
              | status nothing
              | status of toolu_mock000002_0 "completed: Sub job"
            end toolu_mock000002_0 {"output":"Subagent done.\nagentId: adf749f2b53419f9f (use SendMessage with to: 'adf749f2b53419f9f', summary: '<5-10 word recap>' to continue this agent)\n<usage>subagent_tokens: 12118\ntool_uses: 1\nduration_ms: 132</usage>","result":"success","state":"succeeded"}
              | tool of toolu_mock000002_0 "Subagent done.\nagentId: adf749f2b53419f9f (use SendMessage with to: 'adf749f2b53419f9f', summary: '<5-10 word recap>' to continue this agent)\n<usage>subagent_tokens: 12118\ntool_uses: 1\nduration_ms: 132</usage>"
            call {"attempt":1,"call_key":"e106bf1b-64ec-478a-985d-d53ce80424b6/req_mock000005","exactness":"provisional","model":"claude-opus-4-8","provider":"anthropic","provider_request_id":"req_mock000005","provider_session_id":"e106bf1b-64ec-478a-985d-d53ce80424b6","runner":"claude","status":"success","tokens":{"cache_read":10000,"cache_write_1h":2000,"cache_write_5m":3000,"input":15,"output":1,"reasoning":0}}
            step {"external_id":"toolu_mock000005_0","name":"Write","step_type":"tool","title":"/tmp/x.txt"}
              | tool of toolu_mock000005_0 "Write: /tmp/x.txt"
            end toolu_mock000005_0 {"output":"File created successfully at: /tmp/x.txt (file state is current in your context — no need to Read it back)","result":"success","state":"succeeded"}
              | tool of toolu_mock000005_0 "File created successfully at: /tmp/x.txt (file state is current in your context — no need to Read it back)"
            call {"attempt":1,"call_key":"e106bf1b-64ec-478a-985d-d53ce80424b6/req_mock000006","exactness":"provisional","model":"claude-opus-4-8","provider":"anthropic","provider_request_id":"req_mock000006","provider_session_id":"e106bf1b-64ec-478a-985d-d53ce80424b6","runner":"claude","status":"success","tokens":{"cache_read":12000,"cache_write_1h":2400,"cache_write_5m":3600,"input":16,"output":1,"reasoning":0}}
              | llm "All done: hello."
            call {"call_key":"e106bf1b-64ec-478a-985d-d53ce80424b6/settling/0/f178be46-0e6f-4034-a520-d8a5a51bb5b5/claude-opus-4-8","exactness":"settling","model":"claude-opus-4-8","provider":"anthropic","provider_session_id":"e106bf1b-64ec-478a-985d-d53ce80424b6","reported_cost_usd":0.19968,"runner":"claude","status":"success","tokens":{"cache_read":8000,"cache_write_1h":1600,"cache_write_5m":2400,"input":14,"output":616,"reasoning":0}}
            run {"agent":"claude","model":"claude-opus-4-8","session":{"agent":"claude","cwd":null,"messages":1,"model":"claude-opus-4-8","provider_session_id":"e106bf1b-64ec-478a-985d-d53ce80424b6","state":"waiting_for_input"}}
              | status "ended well after 5 turns, 616 ms, $0.20: All done: hello."
            run {"agent":"claude","model":"claude-opus-4-8","session":{"agent":"claude","cwd":null,"messages":0,"model":"claude-opus-4-8","provider_session_id":"e106bf1b-64ec-478a-985d-d53ce80424b6","state":"ended"}}
            Ended { outcome: Completed, summary: Some(Text("All done: hello.")), error: None, reported_cost_usd: Some(Usd(199680000000)) }
        "#]],
    );
}

#[test]
fn a_claude_session_that_was_not_let_in() {
    check(
        "claude-code-2.1.197/api-401-final/stdout.jsonl",
        &expect![[r#"
            run {"agent":"claude","model":"claude-opus-4-8","session":{"agent":"claude","cwd":"/home/agent-1/w/claude-repo","messages":0,"model":"claude-opus-4-8","provider_session_id":"7808a01d-8c46-4acd-a993-734dfa719470","state":"running"}}
              | status "session 7808a01d-8c46-4acd-a993-734dfa719470 with claude-opus-4-8[1m]"
            event {"details":{"attempt":1,"error":"authentication_failed","error_status":401,"max_retries":1,"retry_delay_ms":503.2654638764765},"event_type":"agent.api_retry","message":"The provider refused for now: authentication failed","severity":"warning","source":"claude"}
              | status "retry 1 of 1 in 503 ms: authentication_failed"
            call {"attempt":2,"call_key":"7808a01d-8c46-4acd-a993-734dfa719470/req_mock000002","error":"Failed to authenticate. API Error: 401 mock failure","exactness":"provisional","model":"claude-opus-4-8","provider":"anthropic","provider_request_id":"req_mock000002","provider_session_id":"7808a01d-8c46-4acd-a993-734dfa719470","runner":"claude","status":"error","tokens":{"cache_read":0,"cache_write_1h":0,"cache_write_5m":0,"input":0,"output":0,"reasoning":0}}
              | llm "Failed to authenticate. API Error: 401 mock failure"
            run {"agent":"claude","model":"claude-opus-4-8","session":{"agent":"claude","cwd":null,"messages":1,"model":"claude-opus-4-8","provider_session_id":"7808a01d-8c46-4acd-a993-734dfa719470","state":"waiting_for_input"}}
              | status "failed after 1 turns, 757 ms, $0.00: Failed to authenticate. API Error: 401 mock failure"
            run {"agent":"claude","model":"claude-opus-4-8","session":{"agent":"claude","cwd":null,"messages":0,"model":"claude-opus-4-8","provider_session_id":"7808a01d-8c46-4acd-a993-734dfa719470","state":"ended"}}
            Ended { outcome: Failed, summary: None, error: Some(Text("Failed to authenticate. API Error: 401 mock failure")), reported_cost_usd: Some(Usd(0)) }
        "#]],
    );
}

#[test]
fn a_codex_turn_with_a_retry() {
    check(
        "codex-0.169.0/api-429-retried/stdout.jsonl",
        &expect![[r#"
        run {"agent":"codex","session":{"agent":"codex","cwd":null,"messages":0,"model":null,"provider_session_id":"01a1fab2-663e-7822-a539-6989a3ecf72d","state":"running"}}
          | status "thread 01a1fab2-663e-7822-a539-6989a3ecf72d"
        run {"agent":"codex","model":"gpt-5.1-codex","session":{"agent":"codex","cwd":null,"messages":0,"model":"gpt-5.1-codex","provider_session_id":"01a1fab2-663e-7822-a539-6989a3ecf72d","state":"running"}}
          | status "Model metadata for `gpt-5.1-codex` not found. Defaulting to fallback metadata; this can degrade performance and cause issues."
          | status "turn started"
        event {"event_type":"rate_limited","message":"Reconnecting... 1/1 (exceeded retry limit, last status: 429 Too Many Requests)","severity":"warning","source":"codex"}
          | status "Reconnecting... 1/1 (exceeded retry limit, last status: 429 Too Many Requests)"
          | llm "**Thinking**"
        step {"external_id":"item_2","name":"shell","step_type":"tool","title":"/bin/bash -lc 'echo hello'"}
          | tool of item_2 "shell: /bin/bash -lc 'echo hello'"
        end item_2 {"output":"hello","result":"success","state":"succeeded"}
          | tool of item_2 "hello"
          | llm "**Thinking**"
          | llm "All done: hello."
        call {"call_key":"01a1fab2-663e-7822-a539-6989a3ecf72d/turn/01a1fab2-663e-7822-a539-6989a3ecf72d/25205","exactness":"settling","model":"gpt-5.1-codex","provider":"openai","provider_session_id":"01a1fab2-663e-7822-a539-6989a3ecf72d","runner":"codex","status":"success","tokens":{"cache_read":15000,"cache_write_1h":0,"cache_write_5m":0,"input":10000,"output":205,"reasoning":80}}
        run {"agent":"codex","model":"gpt-5.1-codex","session":{"agent":"codex","cwd":null,"messages":1,"model":"gpt-5.1-codex","provider_session_id":"01a1fab2-663e-7822-a539-6989a3ecf72d","state":"idle"}}
          | status "turn ended: 25000 tokens in (15000 cached), 205 out"
        run {"agent":"codex","model":"gpt-5.1-codex","session":{"agent":"codex","cwd":null,"messages":0,"model":"gpt-5.1-codex","provider_session_id":"01a1fab2-663e-7822-a539-6989a3ecf72d","state":"ended"}}
        Ended { outcome: Completed, summary: Some(Text("All done: hello.")), error: None, reported_cost_usd: None }
    "#]],
    );
}
