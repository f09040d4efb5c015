//! Streams that come back: a lost connection is opened again at the number that was seen last, so
//! that the caller gets every row once, in order, and is told where history is gone.

use std::collections::VecDeque;
use std::time::Duration;

use model::stream::HEARTBEAT_SECONDS;
use model::{Control, Event, LogLine};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::backoff::Backoff;
use crate::call::Call;
use crate::sse::Reader;
use crate::websocket::{Received, Socket, may_come_back};
use crate::{Client, Error};

/// A stream of events.
pub type EventStream = Stream<Event>;
/// A stream of a run's log lines; it ends when the run has ended and every line was given.
pub type LogStream = Stream<LogLine>;

/// A stream that is silent for longer has lost its connection.
const SILENCE: Duration = Duration::from_secs(3 * HEARTBEAT_SECONDS);

/// Over what a stream comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamKind {
    /// Server-sent events.
    Sse,
    /// WebSocket.
    WebSocket,
}

/// What a stream gives.
#[derive(Debug, Clone, PartialEq)]
pub enum Item<T> {
    /// The connection stands; rows up to `head` are there already.
    Connected {
        /// The database's life.
        epoch: String,
        /// The last number there is.
        head: i64,
    },
    /// The next row.
    Row(T),
    /// Rows that were asked for are gone.
    Gap {
        /// The first number that is missing.
        from: i64,
        /// The last number that is missing.
        to: i64,
        /// Why.
        reason: String,
    },
    /// The connection is lost and will be opened again.
    Disconnected {
        /// Why, for people.
        reason: String,
    },
}

/// A row with a number by which a stream is resumed.
pub(crate) trait Numbered: DeserializeOwned {
    fn number(&self) -> i64;
}

impl Numbered for Event {
    fn number(&self) -> i64 {
        self.seq
    }
}

impl Numbered for LogLine {
    fn number(&self) -> i64 {
        self.line
    }
}

/// Where a stream is found: its paths, its filters, and the name of the parameter it resumes by.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) sse: String,
    pub(crate) websocket: String,
    pub(crate) filters: Vec<(&'static str, String)>,
    pub(crate) resume_by: &'static str,
}

/// Rows as they come, over as many connections as it takes.
pub struct Stream<T> {
    client: Client,
    target: Target,
    kind: StreamKind,
    seen: Option<i64>,
    epoch: Option<String>,
    connection: Option<Connection>,
    backoff: Backoff,
    waiting: VecDeque<Item<T>>,
    ended: bool,
}

enum Connection {
    Sse(Reader),
    WebSocket(Socket),
}

#[derive(Deserialize)]
struct Peek<'frame> {
    #[serde(borrow)]
    event_type: Option<std::borrow::Cow<'frame, str>>,
}

#[allow(private_bounds)]
impl<T: Numbered> Stream<T> {
    pub(crate) fn new(client: Client, target: Target, kind: StreamKind, seen: Option<i64>) -> Self {
        Self {
            client,
            target,
            kind,
            seen,
            epoch: None,
            connection: None,
            backoff: Backoff::default(),
            waiting: VecDeque::new(),
            ended: false,
        }
    }

    /// The same stream, refused or begun anew where the database's life is not this one.
    #[must_use]
    pub fn of_epoch(self, epoch: impl Into<String>) -> Self {
        Self {
            epoch: Some(epoch.into()),
            ..self
        }
    }

    /// The number of the last row that was given.
    #[must_use]
    pub fn seen(&self) -> Option<i64> {
        self.seen
    }

    /// What comes next; `None` when the stream has ended for good.
    ///
    /// # Errors
    /// When the server refuses for good. A server that is away is waited for.
    pub async fn next(&mut self) -> Result<Option<Item<T>>, Error> {
        loop {
            if let Some(item) = self.waiting.pop_front() {
                return Ok(Some(item));
            }
            if self.ended {
                return Ok(None);
            }
            match self.frame().await {
                Ok(frame) => self.take(&frame)?,
                Err(error) if error.is_transient() => self.disconnect(&error.to_string()),
                Err(error) => return Err(error),
            }
        }
    }

    /// The next row, without a word about connections.
    ///
    /// # Errors
    /// As [`Stream::next`].
    pub async fn row(&mut self) -> Result<Option<T>, Error> {
        loop {
            match self.next().await? {
                Some(Item::Row(row)) => return Ok(Some(row)),
                Some(_) => {}
                None => return Ok(None),
            }
        }
    }

    async fn frame(&mut self) -> Result<String, Error> {
        let silent = || Error::Unreachable("the stream fell silent".into());
        let closed = || Error::Unreachable("the connection was closed".into());
        if self.connection.is_none() {
            self.connection = Some(self.connect().await?);
        }
        let connection = self.connection.as_mut().ok_or_else(closed)?;
        let next = async {
            match connection {
                Connection::Sse(reader) => reader.next().await?.ok_or_else(closed),
                Connection::WebSocket(socket) => match socket.next().await? {
                    Received::Text(text) => Ok(text),
                    Received::Closed(code) if may_come_back(code) => Err(closed()),
                    Received::Closed(code) => Err(Error::Closed {
                        reason: format!("code {}", code.unwrap_or_default()),
                    }),
                },
            }
        };
        tokio::time::timeout(SILENCE, next)
            .await
            .unwrap_or_else(|_| Err(silent()))
    }

    async fn connect(&mut self) -> Result<Connection, Error> {
        if self.backoff.has_failed() {
            self.backoff.wait().await;
        }
        self.backoff.fail();
        match self.kind {
            StreamKind::Sse => {
                let call = self.client.get(self.target.sse.clone());
                let call = call.header(http::header::ACCEPT, "text/event-stream");
                let chunks = self.address(call).send().await?.into_body();
                Ok(Connection::Sse(Reader::new(chunks)))
            }
            StreamKind::WebSocket => {
                let call = self.client.get(self.target.websocket.clone());
                let path = self.address(call).path_and_query();
                Ok(Connection::WebSocket(
                    self.client.open_websocket(&path).await?,
                ))
            }
        }
    }

    fn address<'call>(&self, call: Call<'call>) -> Call<'call> {
        let filters = self.target.filters.iter();
        filters
            .fold(call, |call, (name, value)| call.query(name, Some(value)))
            .query(self.target.resume_by, self.seen)
            .query("epoch", self.epoch.as_ref().filter(|_| self.seen.is_some()))
    }

    fn take(&mut self, frame: &str) -> Result<(), Error> {
        let peek: Peek<'_> = serde_json::from_str(frame).map_err(Error::Unreadable)?;
        if peek
            .event_type
            .is_some_and(|word| word.starts_with("stream_"))
        {
            // A control frame that a newer server invented is not for us.
            if let Ok(control) = serde_json::from_str(frame) {
                self.obey(control);
            }
            return Ok(());
        }
        let row: T = serde_json::from_str(frame).map_err(Error::Unreadable)?;
        // What was seen before the connection broke may come again; it is given once.
        if self.seen.is_none_or(|seen| row.number() > seen) {
            self.seen = Some(row.number());
            self.waiting.push_back(Item::Row(row));
        }
        Ok(())
    }

    fn obey(&mut self, control: Control) {
        match control {
            Control::StreamHello { epoch, head } => {
                self.backoff.reset();
                // Without a number to come back with, a connection that breaks before the first row
                // would lose what happens until it stands again.
                if self.seen.is_none() {
                    self.seen = Some(head);
                }
                self.epoch = Some(epoch.clone());
                self.waiting.push_back(Item::Connected { epoch, head });
            }
            Control::StreamHeartbeat { .. } => {}
            Control::StreamGap { from, to, reason } => {
                self.seen = Some(to);
                self.waiting.push_back(Item::Gap { from, to, reason });
            }
            Control::StreamBye { reason, resume } => {
                self.connection = None;
                self.ended = !resume;
                if resume {
                    self.waiting.push_back(Item::Disconnected { reason });
                }
            }
        }
    }

    fn disconnect(&mut self, reason: &str) {
        let was_connected = self.connection.take().is_some();
        if was_connected {
            self.waiting.push_back(Item::Disconnected {
                reason: reason.to_owned(),
            });
        }
    }
}
