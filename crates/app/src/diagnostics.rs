//! Diagnostics: what is wrong with a task, by what is kept around it.

use model::{
    Diagnostic, EventFilter, EventType, Evidence, PrincipalKind, Run, Symptoms, Task, TaskId,
    Timestamp,
};
use store::symptoms::Moment;
use store::{Read, events, mentions};

use crate::{App, Error, EventPage, holds};

/// No more blocks are looked for than that.
const MOST_BLOCKS: i64 = 100;

impl App {
    /// The moment at which tasks are judged.
    pub(crate) async fn moment(&self, read: &mut Read) -> Result<Moment, Error> {
        Ok(Moment {
            now: self.clock().now(),
            daemon: holds::daemon(read).await?,
        })
    }

    /// What is wrong with a task, by its last runs and by what is said about it.
    pub(crate) async fn diagnose(
        &self,
        read: &mut Read,
        task: &Task,
        runs: &[Run],
    ) -> Result<Vec<Diagnostic>, Error> {
        let moment = self.moment(read).await?;
        let blocks = match task.block_recurrences {
            ..=0 => Vec::new(),
            many => blocks(read, task.id, many).await?,
        };
        let unknown = mentions::unknown(read, task.id).await?;
        let evidence = Evidence {
            runs,
            blocks: &blocks,
            unknown: &unknown,
            is_held: store::symptoms::is_held(read, task.project_id, moment).await?,
        };
        Ok(Symptoms::of(task, evidence).diagnose(moment.now))
    }
}

/// When agents last blocked a task, newest first.
async fn blocks(read: &mut Read, task: TaskId, many: i64) -> Result<Vec<Timestamp>, Error> {
    let words = [EventType::TaskBlocked, EventType::TaskBlockLoop];
    let filter = EventFilter {
        task: Some(task),
        event_type: words.map(|word| word.as_str().to_owned()).into(),
        ..EventFilter::default()
    };
    let window = EventPage {
        limit: MOST_BLOCKS,
        ..EventPage::default()
    };
    let found = events::page(read, &filter, &window).await?.into_iter();
    let by_agents = found.filter(|event| event.actor.kind != PrincipalKind::Human);
    let many = usize::try_from(many).unwrap_or(0);
    Ok(by_agents.map(|event| event.created_at).take(many).collect())
}
