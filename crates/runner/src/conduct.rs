//! Conducting: the command, its output, its keyboard and its end, put together.

use std::io;
use std::sync::Arc;

use model::{CallStatus, Exactness, FinishRun, Name, NewLlmCall, Outcome, Text, Timestamp, Tokens};
use nix::sys::signal::Signal;
use tokio::io::AsyncWriteExt;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::log::{Input, Recorder, pump};
use crate::notice::Notices;
use crate::outcome::{explain, outcome};
use crate::prepare::{Leavings, Unmade, Unready};
use crate::process::{
    Ended, Inbox, Keyboard, Limits, Master, Order, Reason, Spawned, Stdin, exit_code, settle,
    spawn, stop, supervise,
};
use crate::record::{Blind, Conclusion, Observer, Record};
use crate::run::{Error, Plan, Show};
use crate::spool::Spool;
use crate::usage;

/// Chunks of output between the pumps and the recorder, at most 64 KiB each. When they are full, the
/// pumps no longer read.
const CHUNKS: usize = 16;

/// How a command ended.
pub(crate) struct End {
    /// Its exit code, or what a shell would say.
    pub(crate) exit_code: i32,
    outcome: Outcome,
    pub(crate) error: Option<String>,
    pub(crate) conclusion: Conclusion,
    /// What belongs to its result of what it leaves behind.
    leavings: Vec<String>,
    /// Whether it ended because this process was told to go.
    pub(crate) was_asked_to_go: bool,
    at: Timestamp,
}

/// Runs the command to its end, and records what it prints.
pub(crate) async fn conduct(
    plan: &Plan,
    spool: &Arc<Spool>,
    observer: Box<dyn Observer>,
    show: Show,
    inbox: &mut Inbox,
    mut orders: mpsc::Receiver<Order>,
    leaving: impl AsyncFnOnce(bool) -> Leavings,
) -> Result<End, Error> {
    let mut spawned = match spawn(&plan.command) {
        Ok(spawned) => spawned,
        Err(error) => return Ok(not_started(plan, &error)),
    };
    let typed_on = spawned
        .master
        .as_ref()
        .filter(|_| plan.command.stdin == Stdin::Ours);
    let keyboard = typed_on.map(typing).transpose().map_err(Error::Process)?;
    // Shown only now: with our own terminal still as it was, a line feed would become another.
    let output = Output::start(plan, spool, observer, show, &mut spawned);
    let limits = Limits {
        grace: plan.grace,
        runtime: plan.max_runtime,
    };
    let Spawned {
        mut child,
        mut tree,
        master,
        ..
    } = spawned;
    let ended = supervise(
        &mut child,
        &mut tree,
        master.as_ref(),
        limits,
        inbox,
        &mut orders,
    )
    .await
    .map_err(Error::Process)?;
    // What is still in the pipes is little, and a server that is away must not keep us here.
    spool.lift_limit();
    let left = settle(&mut tree).await;
    let mut last_words = Vec::new();
    if left > 0 && ended.immortal == 0 {
        last_words.push(format!(
            "the command left {left} processes behind; they are stopped"
        ));
        stop(&mut tree, plan.grace).await;
    }
    drop(tree);
    last_words.extend(explain(ended.status, ended.reason));
    let went_well = outcome(ended.status, ended.reason, None) == Outcome::Completed;
    let leavings = leaving(went_well).await;
    last_words.extend(leavings.log);
    let mut observer = output.finish(last_words).await?;
    drop(keyboard);
    let mut conclusion = observer.finish(exit_code(ended.status));
    conclusion.records.extend(leavings.records);
    // After everything that it printed was taken: no step ends after its run.
    Ok(end(&ended, conclusion, leavings.result, plan.clock.now()))
}

/// The last record; the usage command is asked before.
pub(crate) async fn finish(plan: &Plan, end: &End, spool: &Spool, notices: &Notices) -> FinishRun {
    for record in &end.conclusion.records {
        spool.append(record).await;
    }
    if let Some(line) = &plan.usage_command {
        match usage::ask(line, &plan.command).await {
            Ok(tokens) => {
                let call = Box::new(call(plan, tokens));
                spool.append(&Record::Call(call)).await;
            }
            Err(why) => notices.say(&format!("usage is not tracked: {why}")),
        }
    }
    let error = end.conclusion.error.clone();
    FinishRun {
        outcome: end.outcome,
        exit_code: Some(end.exit_code.into()),
        summary: end.summary(),
        error: error.or_else(|| end.error.as_deref().map(Text::lossy)),
        metadata: None,
        reported_cost_usd: end.conclusion.reported_cost_usd,
        lease_epoch: None,
        ended_at: Some(end.at),
    }
}

/// The way of the output from the command to the spool.
struct Output {
    input: mpsc::Sender<Input>,
    pumps: JoinSet<()>,
    recording: JoinSet<Box<dyn Observer>>,
    closing: watch::Sender<bool>,
}

impl Output {
    fn start(
        plan: &Plan,
        spool: &Arc<Spool>,
        observer: Box<dyn Observer>,
        show: Show,
        spawned: &mut Spawned,
    ) -> Self {
        let (input, recorded) = mpsc::channel(CHUNKS);
        let closing = watch::Sender::new(false);
        let mut recorder = Recorder::new(Arc::clone(spool), plan.clock.clone(), observer);
        if plan.command.tty {
            recorder = recorder.of_terminal();
        }
        let mut recording = JoinSet::new();
        recording.spawn(recorder.run(recorded));
        let mut pumps = JoinSet::new();
        let shown = [show.out, show.err];
        for ((stream, from), shown) in spawned.outputs.drain(..).zip(shown) {
            pumps.spawn(pump(
                from,
                stream,
                shown,
                input.clone(),
                closing.subscribe(),
            ));
        }
        Self {
            input,
            pumps,
            recording,
            closing,
        }
    }

    /// Reads what is left, after everybody who could write is gone; our own words come after it.
    async fn finish(mut self, last_words: Vec<String>) -> Result<Box<dyn Observer>, Error> {
        self.closing.send_replace(true);
        while self.pumps.join_next().await.is_some() {}
        for line in last_words {
            // The recorder lives as long as this sender.
            drop(self.input.send(Input::Status(line)).await);
        }
        drop(self.input);
        match self.recording.join_next().await {
            Some(observer) => observer.map_err(Error::Recorder),
            None => Ok(Box::new(Blind)),
        }
    }
}

/// Types what our keyboard gives, until dropped.
fn typing(master: &Master) -> io::Result<(Keyboard, JoinSet<()>)> {
    let (keyboard, mut keys) = Keyboard::open()?;
    let mut input = master.input()?;
    let mut task = JoinSet::new();
    task.spawn(async move {
        while let Some(bytes) = keys.recv().await {
            if input.write_all(&bytes).await.is_err() {
                return;
            }
        }
    });
    Ok((keyboard, task))
}

impl End {
    /// What came of it. Who goes on from a run that went well must know what it leaves behind.
    fn summary(&self) -> Option<Text> {
        let Conclusion {
            summary, last_line, ..
        } = &self.conclusion;
        let said = summary.as_ref().or(last_line.as_ref());
        if self.outcome != Outcome::Completed || self.leavings.is_empty() {
            return said.cloned();
        }
        let said = said.map(|said| said.as_str().trim_end());
        let left = self.leavings.iter().map(String::as_str);
        let parts: Vec<_> = said.into_iter().chain(left).collect();
        Some(Text::lossy(&parts.join("\n\n")))
    }
}

fn end(ended: &Ended, conclusion: Conclusion, leavings: Vec<String>, at: Timestamp) -> End {
    End {
        exit_code: exit_code(ended.status),
        outcome: outcome(ended.status, ended.reason, conclusion.outcome),
        // That somebody wanted it is no error.
        error: explain(ended.status, ended.reason)
            .filter(|_| ended.reason != Some(Reason::Cancelled)),
        conclusion,
        leavings,
        was_asked_to_go: ended.reason == Some(Reason::Signalled(Signal::SIGTERM)),
        at,
    }
}

/// Where there is no command, nothing has an exit code: these are what a shell would say.
pub(crate) fn not_ready(plan: &Plan, why: Unready) -> End {
    let was_asked_to_go = why == Unready::Stopped(Outcome::Interrupted);
    let (exit_code, outcome, error) = match why {
        Unready::Unmade(Unmade::Here(error)) => (126, Outcome::SpawnFailed, error),
        Unready::Unmade(Unmade::Everywhere(error)) => (126, Outcome::Blocked, error),
        Unready::Stopped(outcome) => (143, outcome, "stopped before it began".to_owned()),
    };
    End {
        exit_code,
        outcome,
        error: Some(error),
        conclusion: Conclusion::default(),
        leavings: Vec::new(),
        was_asked_to_go,
        at: plan.clock.now(),
    }
}

/// A shell says 127 where there is no such program, and 126 where it cannot be run.
fn not_started(plan: &Plan, error: &io::Error) -> End {
    let program = plan.command.argv.first().cloned().unwrap_or_default();
    End {
        exit_code: if error.kind() == io::ErrorKind::NotFound {
            127
        } else {
            126
        },
        outcome: Outcome::SpawnFailed,
        error: Some(format!("start {}: {error}", program.to_string_lossy())),
        conclusion: Conclusion::default(),
        leavings: Vec::new(),
        was_asked_to_go: false,
        at: plan.clock.now(),
    }
}

fn call(plan: &Plan, tokens: Tokens) -> NewLlmCall {
    let unknown = || Name::lossy("unknown");
    NewLlmCall {
        call_key: plan.new.id.map(|run| Name::lossy(&format!("{run}-usage"))),
        exactness: Some(Exactness::Settling),
        run_id: plan.new.id,
        model: plan.new.model.clone().unwrap_or_else(unknown),
        tokens,
        status: Some(CallStatus::Success),
        started_at: None,
        step_id: None,
        project: None,
        ticket_id: None,
        task_id: None,
        provider_session_id: None,
        role: None,
        runner: plan.new.agent.clone(),
        provider: None,
        stage: None,
        channel: None,
        attempt: None,
        reported_cost_usd: None,
        error: None,
        duration_ms: None,
        provider_request_id: None,
    }
}
