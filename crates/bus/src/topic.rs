//! What can be followed: the events, or the log of one run. Both are numbered without gaps and kept in a table.

use std::sync::{Arc, Weak};

use model::{Event, EventFilter, EventType, LogFilter, LogLine, LogStream, RunId, StepId};
use serde_json::Value;
use store::events::Window;
use store::{Error, Read};

use crate::hub::Hub;

/// Something numbered without gaps that is kept in a table and can be followed.
pub trait Topic: Sized + std::fmt::Debug + Send + Sync + 'static {
    /// The name under which it is measured.
    const NAME: &'static str;

    /// What is numbered.
    type Item: serde::Serialize + std::fmt::Debug + Send + Sync;

    /// What a subscriber wants of it.
    type Filter: std::fmt::Debug + Send + Sync;

    /// Its place.
    fn number(item: &Self::Item) -> i64;

    /// About how many bytes it occupies.
    fn weight(item: &Self::Item) -> usize;

    /// Whether a subscriber wants it.
    fn passes(filter: &Self::Filter, item: &Self::Item) -> bool;

    /// Whether earlier ones were changed together with this one, so that only the table has them right.
    fn rewrites_the_past(item: &Self::Item) -> bool;

    /// The last number there is.
    fn head(&self, read: &mut Read) -> impl Future<Output = Result<i64, Error>> + Send;

    /// The first number that is still kept; the next one to come where there is none.
    fn first(&self, read: &mut Read) -> impl Future<Output = Result<i64, Error>> + Send;

    /// What comes after a number, in order, at most so many; all of it, or what passes a filter.
    fn page(
        &self,
        read: &mut Read,
        filter: Option<&Self::Filter>,
        after: i64,
        limit: i64,
    ) -> impl Future<Output = Result<Vec<Self::Item>, Error>> + Send;
}

/// All events.
#[derive(Debug)]
pub struct Events;

impl Topic for Events {
    const NAME: &'static str = "events";
    type Item = Event;
    type Filter = EventFilter;

    fn number(event: &Event) -> i64 {
        event.seq
    }

    fn weight(event: &Event) -> usize {
        size_of::<Event>() + event.message.as_str().len() + event.details.as_ref().map_or(0, weigh)
    }

    fn passes(filter: &EventFilter, event: &Event) -> bool {
        filter.lets_pass(event)
    }

    /// With a ticket or a project the content of its events goes.
    fn rewrites_the_past(event: &Event) -> bool {
        let deleted = [EventType::TicketDeleted, EventType::ProjectDeleted];
        deleted
            .iter()
            .any(|deleted| event.event_type == deleted.as_str())
    }

    async fn head(&self, read: &mut Read) -> Result<i64, Error> {
        store::events::head(read).await
    }

    async fn first(&self, read: &mut Read) -> Result<i64, Error> {
        store::events::first(read).await
    }

    async fn page(
        &self,
        read: &mut Read,
        filter: Option<&EventFilter>,
        after: i64,
        limit: i64,
    ) -> Result<Vec<Event>, Error> {
        let Some(filter) = filter else {
            return store::events::after(read, after, limit).await;
        };
        let window = Window {
            after: Some(after),
            limit,
            ..Window::default()
        };
        store::events::page(read, filter, &window).await
    }
}

/// Which lines of a log to follow.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LineFilter {
    /// Only this step's.
    pub step: Option<StepId>,
    /// Only from these streams; all when empty.
    pub stream: Vec<LogStream>,
}

/// The log of one run.
#[derive(Debug)]
pub struct Log {
    pub(crate) run: RunId,
    /// Where it is known as one that somebody follows.
    pub(crate) hub: Weak<Hub>,
}

/// The last follower is gone.
impl Drop for Log {
    fn drop(&mut self) {
        if let Some(hub) = self.hub.upgrade() {
            hub.forget(self.run);
        }
    }
}

impl Topic for Log {
    const NAME: &'static str = "logs";
    type Item = LogLine;
    type Filter = LineFilter;

    fn number(line: &LogLine) -> i64 {
        line.line
    }

    fn weight(line: &LogLine) -> usize {
        size_of::<LogLine>() + line.text.len()
    }

    fn passes(filter: &LineFilter, line: &LogLine) -> bool {
        filter.step.is_none_or(|step| line.step_id == Some(step))
            && (filter.stream.is_empty() || filter.stream.contains(&line.stream))
    }

    fn rewrites_the_past(_: &LogLine) -> bool {
        false
    }

    async fn head(&self, read: &mut Read) -> Result<i64, Error> {
        let extent = store::logs::extent(read, self.run).await?;
        Ok(extent.map_or(0, |(last_line, _)| last_line))
    }

    /// A log is kept whole, or goes with its run.
    async fn first(&self, _: &mut Read) -> Result<i64, Error> {
        Ok(1)
    }

    async fn page(
        &self,
        read: &mut Read,
        filter: Option<&LineFilter>,
        after: i64,
        limit: i64,
    ) -> Result<Vec<LogLine>, Error> {
        let filter = filter.cloned().unwrap_or_default();
        let filter = LogFilter {
            after: Some(after),
            step: filter.step,
            stream: filter.stream,
            limit,
            ..LogFilter::default()
        };
        let lines = store::logs::page(read, self.run, &filter).await?;
        Ok(lines.into_iter().map(|line| line.shown(self.run)).collect())
    }
}

/// A feed that several follow.
pub(crate) type Shared<T> = Arc<crate::feed::Feed<T>>;

fn weigh(value: &Value) -> usize {
    let inside = match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(weigh).sum(),
        Value::Object(pairs) => pairs
            .iter()
            .map(|(key, value)| key.len() + weigh(value))
            .sum(),
    };
    inside + size_of::<Value>()
}
