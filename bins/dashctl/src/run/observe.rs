//! What an agent prints becomes steps, calls and a session of its run.

use std::collections::HashMap;

use ingest::{Agent, Decoder, Fact};
use model::{Clock, LogStream, Name, RunId, RunPatch, StepId, StepState};
use runner::{Conclusion, Line, LogAs, Observer, Record, Seen, Shown};

use super::threads::Threads;

/// Reads an agent's output.
pub(super) struct Watch {
    decoder: Decoder,
    run: RunId,
    clock: Clock,
    /// Our ids for the agent's names of its steps.
    steps: HashMap<Name, StepId>,
    /// Threads that may be resumed here.
    threads: Threads,
}

impl Watch {
    /// Reads by this decoder, for this run.
    pub(super) fn new(decoder: Decoder, run: RunId, clock: Clock, threads: Threads) -> Self {
        Self {
            decoder: decoder.with_scope(run.to_string()),
            run,
            clock,
            steps: HashMap::new(),
            threads,
        }
    }

    /// A thread that is known has used something before.
    fn meet(&mut self, patch: &RunPatch) {
        let session = patch
            .session
            .as_ref()
            .filter(|_| self.decoder.agent() == Agent::Codex);
        let used =
            session.and_then(|session| self.threads.used_before(&session.provider_session_id));
        if let Some(used) = used {
            self.decoder.set_thread_baseline(used);
        }
    }

    /// What the server is told of a fact. Times are ours: it may be delivered much later.
    fn record(&mut self, fact: Fact) -> Option<Record> {
        let now = self.clock.now();
        match fact {
            Fact::Run(patch) => {
                self.meet(&patch);
                Some(Record::Patch(patch))
            }
            Fact::StepBegan { mut step, parent } => {
                let id = *step.id.get_or_insert_default();
                if let Some(name) = &step.external_id {
                    self.steps.insert(name.clone(), id);
                }
                step.parent_step_id = self.step(parent.as_ref());
                step.started_at.get_or_insert(now);
                Some(Record::Step(step))
            }
            Fact::StepEnded {
                external_id,
                mut patch,
            } => {
                let step = self.step(Some(&external_id))?;
                if patch.state.is_some_and(|state| state != StepState::Running) {
                    patch.ended_at.get_or_insert(now);
                }
                let patch = *patch;
                Some(Record::StepPatch { step, patch })
            }
            Fact::Call { mut call, step } => {
                call.run_id = Some(self.run);
                call.step_id = self.step(step.as_ref());
                call.started_at.get_or_insert(now);
                Some(Record::Call(call))
            }
            Fact::Event(mut event) => {
                event.run_id = Some(self.run);
                Some(Record::Event(event))
            }
            Fact::Log(_) | Fact::Ended(_) => None,
        }
    }

    fn step(&self, name: Option<&Name>) -> Option<StepId> {
        self.steps.get(name?).copied()
    }

    fn log(&self, log: ingest::LogAs) -> LogAs {
        LogAs {
            stream: log.stream,
            step: self.step(log.step.as_ref()),
            shown: match log.shown {
                ingest::Shown::AsIs => Shown::AsIs,
                ingest::Shown::Text(text) => Shown::Text(text),
                ingest::Shown::Nothing => Shown::Nothing,
            },
        }
    }
}

impl Observer for Watch {
    fn wants_whole_lines(&self) -> bool {
        self.decoder.agent() != Agent::None
    }

    fn line(&mut self, line: Line<'_>) -> Seen {
        let mut seen = Seen::default();
        if line.stream != LogStream::Stdout {
            return seen;
        }
        for fact in self.decoder.line(line.bytes) {
            match fact {
                // Its step may have begun by a fact before it.
                Fact::Log(log) => seen.log = Some(self.log(log)),
                fact => seen.records.extend(self.record(fact)),
            }
        }
        seen
    }

    fn finish(&mut self, exit_code: i32) -> Conclusion {
        let mut conclusion = Conclusion::default();
        for fact in self.decoder.finish(Some(exit_code.into())) {
            match fact {
                Fact::Ended(ended) => {
                    conclusion.outcome = Some(ended.outcome);
                    conclusion.summary = ended.summary;
                    conclusion.error = ended.error;
                    conclusion.reported_cost_usd = ended.reported_cost_usd;
                }
                fact => conclusion.records.extend(self.record(fact)),
            }
        }
        conclusion
    }
}
