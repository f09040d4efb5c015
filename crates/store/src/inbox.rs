//! What needs a person, as it is read: several lists, each in its order, as one.

use model::{BadCursor, Page, Paged, ProjectId, Question, Run, Task};

use crate::Error;
use crate::engine::Read;
use crate::pages::{self, Key, Order};
use crate::query::Query;
use crate::record::{self, Kept};

/// Something that needs a person.
#[derive(Debug, Clone, PartialEq)]
pub enum Waiting {
    /// A question without an answer.
    Question(Box<Question>),
    /// A task that waits for a verdict, was given up, is blocked, or goes in circles.
    Task(Box<Task>),
    /// A run whose worker is not heard of.
    Run(Box<Run>),
}

const OLDEST: Order = Order::Up("created_at");

const QUESTIONS: &str = " AND answered_at IS NULL AND withdrawn_at IS NULL";
const RUNS: &str = " AND ended_at IS NULL AND lost_contact = TRUE";
/// What is blocked by a question is there as the question.
const TASKS: [&str; 4] = [
    " AND status = 'review'",
    " AND status = 'failed'",
    " AND status = 'triage' AND block_recurrences > 0",
    " AND status = 'blocked' AND NOT EXISTS (SELECT 1 FROM questions WHERE task_id = tasks.id
         AND answered_at IS NULL AND withdrawn_at IS NULL)",
];

/// A page of what needs a person, the oldest first.
pub async fn list(
    read: &mut Read,
    project: Option<ProjectId>,
    page: &Page,
) -> Result<Paged<Waiting>, Error> {
    let mut found = Vec::new();
    let questions = statement::<Question>(QUESTIONS, project, page)?;
    let questions = record::all::<Question>(read, questions).await?;
    found.extend(questions.into_iter().map(Box::new).map(Waiting::Question));
    for which in TASKS {
        let tasks = statement::<Task>(which, project, page)?;
        let tasks = record::all::<Task>(read, tasks).await?;
        found.extend(tasks.into_iter().map(Box::new).map(Waiting::Task));
    }
    let runs = statement::<Run>(RUNS, project, page)?;
    let runs = record::all::<Run>(read, runs).await?;
    found.extend(runs.into_iter().map(Box::new).map(Waiting::Run));
    Ok(pages::merge(found, OLDEST, page, key))
}

fn statement<T: Kept>(
    which: &str,
    project: Option<ProjectId>,
    page: &Page,
) -> Result<Query, BadCursor> {
    let mut select = record::select::<T>();
    select
        .push_equal("project_id", project.as_ref())
        .push(which);
    OLDEST.page(&mut select, page)?;
    Ok(select)
}

fn key(waiting: &Waiting) -> Key {
    match waiting {
        Waiting::Question(question) => Key::one(question.created_at.micros(), question.id.0),
        Waiting::Task(task) => Key::one(task.created_at.micros(), task.id.0),
        Waiting::Run(run) => Key::one(run.created_at.micros(), run.id.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans;

    #[tokio::test]
    async fn every_list_is_read_from_an_index_in_its_order() {
        let plans = plans::open().await;
        let page = plans::page();
        for project in [None, Some(ProjectId::new())] {
            let mut statements = vec![
                statement::<Question>(QUESTIONS, project, &page).unwrap(),
                statement::<Run>(RUNS, project, &page).unwrap(),
            ];
            let tasks = TASKS.map(|which| statement::<Task>(which, project, &page).unwrap());
            statements.extend(tasks);
            for select in statements {
                plans.check_order(select).await;
            }
        }
    }
}
