//! The end that every history comes to, once nobody gets in the way any more: nothing is lost, and nothing stuck.

use model::{ClaimWork, Name, Outcome, Task, TaskOrder, TaskState, TicketStatus};

use super::workers::{ALL_AGENTS, SKILL};
use super::{Hand, Simulation};
use crate::support::*;

/// After so many rounds everything is done.
const ROUNDS: usize = 300;

impl Simulation {
    /// An honest worker and a patient person bring everything to its end.
    pub(super) async fn wind_up(&mut self) {
        self.hands
            .iter_mut()
            .for_each(|hand| *hand = Hand::default());
        self.resume_all().await;
        for _ in 0..ROUNDS {
            let tasks = self.tasks().await;
            if tasks.iter().all(is_over) {
                break;
            }
            self.clock.advance_seconds(4000);
            self.keep_house().await;
            self.help(self.tasks().await).await;
            self.work_honestly().await;
        }
        for task in self.tasks().await {
            assert!(is_over(&task), "it comes to no end: {task:?}");
            self.figures.done += 1;
        }
        self.check().await;
        self.check_tickets_at_end().await;
        self.check_history().await;
    }

    async fn help(&self, tasks: Vec<Task>) {
        for task in tasks {
            let order = match task.status {
                TaskState::Triage => TaskOrder::Accept,
                TaskState::Failed | TaskState::Blocked => TaskOrder::Retry,
                TaskState::Review => TaskOrder::Approve { comment: None },
                TaskState::Scheduled if task.not_before.is_none() => TaskOrder::Unblock,
                TaskState::Waiting => {
                    self.answer_all(&task).await;
                    continue;
                }
                _ => continue,
            };
            self.order(&task, order).await;
        }
        self.promote_held().await;
    }

    /// Whatever waits for something comes by itself; what a person holds back does not.
    async fn promote_held(&self) {
        for task in self.tasks().await {
            if task.status == TaskState::Todo && !self.waits(task.id).await {
                self.order(&task, TaskOrder::Promote { force: false }).await;
            }
        }
    }

    async fn work_honestly(&mut self) {
        let names = |words: &[&str]| words.iter().map(|word| Name::lossy(word)).collect();
        let honest = ClaimWork {
            projects: vec![self.project.id.to_string()],
            agents: names(&ALL_AGENTS),
            skills: names(&[SKILL]),
            capacity: Some(100),
            count: Some(100),
            ..new_claim("honest")
        };
        let answer = self.app().claim_work(&admin(), honest).await.unwrap();
        for claim in answer.claims {
            self.note(&claim).await;
            let done = end(Outcome::Completed);
            let done = self.app().finish_run(&admin(), claim.run.id, done).await;
            done.unwrap();
        }
    }

    /// A ticket whose tasks are all over is done, where one of them was.
    async fn check_tickets_at_end(&self) {
        for id in &self.tickets {
            let ticket = self.app().get_ticket(&admin(), *id).await.unwrap();
            if ticket.tasks_done > 0 {
                assert_eq!(ticket.status, TicketStatus::Done, "{ticket:?}");
            }
        }
    }
}

fn is_over(task: &Task) -> bool {
    matches!(task.status, TaskState::Done | TaskState::Archived)
}
