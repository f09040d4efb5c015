//! The outbox: what an event is the occasion of is put down in the transaction that keeps the event, whoever appended it.
//! So nothing is told that did not happen, and nothing that happened is left untold.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::{ChannelId, DeliveryId, DeliveryState, Event, EventType, Occasion, ProjectId, TaskId};

use crate::Error;
use crate::bulk::Bulk;
use crate::column::{Column, Form};
use crate::engine::Read;
use crate::query::Query;

const COLUMNS: &[(&str, Form)] = &[
    ("id", Form::Id),
    ("channel_id", Form::Id),
    ("project_id", Form::Id),
    ("task_id", Form::Id),
    ("event_seq", Form::Int),
    ("event_type", Form::Text),
    ("occasion", Form::Text),
    ("created_at", Form::Int),
    ("state", Form::Text),
    ("attempts", Form::Int),
    ("due_at", Form::Int),
];

/// An event with what it is the occasion of.
type Told<'event> = (&'event Arc<Event>, Occasion);

/// Tasks that are asked about in one statement.
const AT_ONCE: usize = 500;

/// Puts down what these events, which are about to be kept, are to be told to whom. Costs nothing where none is an
/// occasion.
pub(crate) async fn fill(read: &mut Read, events: &[Arc<Event>]) -> Result<(), Error> {
    let told: Vec<_> = events
        .iter()
        .filter_map(|event| Some((event, Occasion::of(&event.event_type)?)))
        .collect();
    if told.is_empty() {
        return Ok(());
    }
    let rules = rules(read, &told).await?;
    let subscribed = subscribed(read, &told).await?;
    let mut bulk = Bulk::new("deliveries", COLUMNS);
    for (event, occasion) in told {
        let of_task = event.task_id.and_then(|task| subscribed.get(&task));
        // Once, however many ways lead there.
        let concerned = |occasion| -> BTreeSet<ChannelId> {
            let by_rule = rules
                .iter()
                .filter(|rule| rule.is_for(event.project_id, occasion));
            by_rule
                .map(|rule| rule.channel)
                .chain(of_task.into_iter().flatten().copied())
                .collect()
        };
        let mut channels = concerned(occasion);
        if is_told_with_its_question(event) {
            let told = concerned(Occasion::NeedsPerson);
            channels.retain(|channel| !told.contains(channel));
        }
        for channel in channels {
            push(&mut bulk, event, occasion, channel);
        }
    }
    bulk.insert(read).await
}

/// A task that a question stopped: whoever is told of the question need not be told of the stop.
fn is_told_with_its_question(event: &Event) -> bool {
    let is_block = event.event_type == EventType::TaskBlocked.as_str();
    let details = event.details.as_ref();
    is_block && details.is_some_and(|details| details.get("question_id").is_some())
}

fn push(bulk: &mut Bulk, event: &Event, occasion: Occasion, channel: ChannelId) {
    bulk.push([
        DeliveryId::new().value(),
        channel.value(),
        event.project_id.value(),
        event.task_id.value(),
        event.seq.value(),
        event.event_type.value(),
        occasion.value(),
        event.created_at.value(),
        DeliveryState::Pending.value(),
        0.value(),
        event.created_at.value(),
    ]);
}

struct Rule {
    project: ProjectId,
    channel: ChannelId,
    occasions: Vec<Occasion>,
}

impl Rule {
    /// What is about no project, such as a budget of everything, concerns each.
    fn is_for(&self, project: Option<ProjectId>, occasion: Occasion) -> bool {
        let concerned = project.is_none_or(|project| project == self.project);
        concerned && self.occasions.contains(&occasion)
    }
}

/// The rules of these events' projects; all, where one is about no project.
async fn rules(read: &mut Read, told: &[Told<'_>]) -> Result<Vec<Rule>, Error> {
    let mut select = Query::composed(
        "SELECT r.project_id, r.channel_id, r.occasions
         FROM notification_rules r JOIN channels c ON c.id = r.channel_id WHERE c.disabled = FALSE"
            .to_owned(),
    );
    let projects: Option<BTreeSet<_>> = told.iter().map(|(event, _)| event.project_id).collect();
    if let Some(projects) = projects {
        select.push_in("r.project_id", &Vec::from_iter(projects));
    }
    let rows = read.all(select).await?;
    let rules = rows.iter().map(|row| {
        Ok(Rule {
            project: row.at(0)?,
            channel: row.at(1)?,
            occasions: row.at(2)?,
        })
    });
    rules.collect()
}

/// The channels that these events' tasks are subscribed to.
async fn subscribed(
    read: &mut Read,
    told: &[Told<'_>],
) -> Result<BTreeMap<TaskId, Vec<ChannelId>>, Error> {
    let tasks: BTreeSet<_> = told.iter().filter_map(|(event, _)| event.task_id).collect();
    let tasks: Vec<_> = tasks.into_iter().collect();
    let mut found: BTreeMap<TaskId, Vec<ChannelId>> = BTreeMap::new();
    for some in tasks.chunks(AT_ONCE) {
        let mut select = Query::composed(
            "SELECT s.task_id, s.channel_id
             FROM subscriptions s JOIN channels c ON c.id = s.channel_id WHERE c.disabled = FALSE"
                .to_owned(),
        );
        select.push_in("s.task_id", some);
        for row in read.all(select).await? {
            found.entry(row.at(0)?).or_default().push(row.at(1)?);
        }
    }
    Ok(found)
}
