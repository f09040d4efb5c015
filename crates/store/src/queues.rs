//! Queues: the tasks that are ready for the same agent profile in the same project. Where nobody takes the first of them, nobody
//! takes the others: one look at each queue tells what is stranded, however much is ready.

use std::collections::BTreeMap;

use model::{DiagnosticKind, ProjectId, TaskId};

use crate::Error;
use crate::engine::Read;
use crate::inbox::{self, Seen, Waiting, What};
use crate::query::{Query, query};
use crate::symptoms::Moment;

/// The queues whose first task nobody takes.
pub(crate) async fn stranded(
    read: &mut Read,
    project: Option<ProjectId>,
    moment: Moment,
) -> Result<Vec<Waiting>, Error> {
    let mut lengths: BTreeMap<TaskId, i64> = BTreeMap::new();
    for which in [OF_SOMEBODY, OF_ANYBODY] {
        for row in read.all(first_of_each(which, project)).await? {
            if let Some(first) = row.at(0)? {
                lengths.insert(first, row.at(1)?);
            }
        }
    }
    let ids: Vec<_> = lengths.keys().copied().collect();
    let mut found = Vec::new();
    for some in ids.chunks(AT_ONCE) {
        let mut select = inbox::tasks("");
        select.push_in("id", some);
        for row in read.all(select).await? {
            found.extend(judge(Seen::read(&row, moment)?, &lengths, moment));
        }
    }
    Ok(found)
}

/// So many are read by one statement.
const AT_ONCE: usize = 100;

/// The first task of every queue, and how many tasks that queue has.
const OF_SOMEBODY: &str = "SELECT (SELECT id FROM tasks
         WHERE tasks.project_id = queues.project_id AND tasks.assignee = queues.assignee
             AND status = 'ready' ORDER BY priority DESC, created_at, id LIMIT 1), amount
     FROM (SELECT project_id, assignee, CAST(sum(amount) AS BIGINT) AS amount FROM board_counts
         WHERE status = 'ready' AND amount > 0 AND assignee <> ''";
const OF_ANYBODY: &str = "SELECT (SELECT id FROM tasks
         WHERE tasks.project_id = queues.project_id AND tasks.assignee IS NULL
             AND status = 'ready' ORDER BY assignee, priority DESC, created_at, id LIMIT 1), amount
     FROM (SELECT project_id, assignee, CAST(sum(amount) AS BIGINT) AS amount FROM board_counts
         WHERE status = 'ready' AND amount > 0 AND assignee = ''";

fn first_of_each(which: &'static str, project: Option<ProjectId>) -> Query {
    let mut select = query(which);
    select
        .push_equal("project_id", project.as_ref())
        .push(" GROUP BY project_id, assignee) AS queues");
    select
}

fn judge(first: Seen, lengths: &BTreeMap<TaskId, i64>, moment: Moment) -> Option<Waiting> {
    let diagnostics = first.symptoms.diagnose(moment.now);
    let is_stranded = |kind| kind == DiagnosticKind::StrandedInReady;
    if !diagnostics.iter().any(|one| is_stranded(one.kind)) {
        return None;
    }
    let length = lengths.get(&first.task.id).copied().unwrap_or(1);
    Some(Waiting {
        severity: diagnostics.first()?.severity,
        since: first.symptoms.takeable_since(),
        what: What::Queue {
            first: Box::new(first),
            behind: length - 1,
        },
    })
}

/// Leaves those out that are told of as the first of their queue.
pub(crate) fn except(select: &mut Query, queues: &[Waiting]) {
    let first = queues.iter().filter_map(|it| match &it.what {
        What::Queue { first, .. } => Some(first.task.id),
        _ => None,
    });
    let ids: Vec<_> = first.collect();
    if !ids.is_empty() {
        select.push(" AND NOT (TRUE").push_in("id", &ids).push(")");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans;

    #[tokio::test]
    async fn no_more_than_the_first_of_a_queue_is_read() {
        let plans = plans::open().await;
        for project in [None, Some(ProjectId::new())] {
            for which in [OF_SOMEBODY, OF_ANYBODY] {
                let plan = plans.plan(first_of_each(which, project)).await;
                assert!(plan.contains("SEARCH tasks USING COVERING INDEX"), "{plan}");
                assert!(!plan.contains("ORDER BY"), "{plan}");
            }
        }
    }
}
