//! Streams: who may follow what, for how long, and with which signs of life. What is followed, the bus knows.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use auth::Caller;
use bus::{Batch, Events, LineFilter, Log, Since, Subscription, Topic};
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use model::stream::HEARTBEAT_SECONDS;
use model::{Control, EventFilter, LogStream, RunId, Scope, StepId, StreamTicket};
use tokio::sync::broadcast;
use tokio::time::{Instant, Sleep};

use crate::connections::Connection;
use crate::deed::Rights;
use crate::endings::Ending;
use crate::keys::Revoked;
use crate::{App, Error, Transport};

/// How long a ticket for a stream may be used, in seconds.
const TICKET_SECONDS: i64 = 30;

/// What to follow of the events.
#[derive(Debug, Clone, PartialEq)]
pub struct Subscribe {
    /// Which events.
    pub filter: EventFilter,
    /// The last number that the caller has; only what is new when absent.
    pub since: Option<i64>,
    /// The life of the database in which the caller got that number.
    pub epoch: Option<String>,
    /// Over what it travels, to be counted.
    pub over: Transport,
}

/// What to follow of a run's log.
#[derive(Debug, Clone, PartialEq)]
pub struct SubscribeLog {
    /// The last line that the caller has; only what is new when absent.
    pub since: Option<i64>,
    /// Only this step's lines.
    pub step: Option<StepId>,
    /// Only lines from these streams; all when empty.
    pub stream: Vec<LogStream>,
    /// Over what it travels, to be counted.
    pub over: Transport,
}

/// Follows events.
pub type EventStream = Stream<Events>;
/// Follows the log of one run.
pub type RunLogStream = Stream<Log>;

impl App {
    /// A ticket that opens one stream in the caller's name.
    pub fn create_stream_ticket(&self, caller: &Caller) -> Result<StreamTicket, Error> {
        caller.may(Scope::Read)?;
        let now = self.clock().now();
        let expires_at = now.plus_seconds(TICKET_SECONDS);
        let ticket = self.stream_tickets().issue(caller.clone(), now, expires_at);
        Ok(StreamTicket {
            ticket: ticket.reveal().to_owned(),
            expires_at,
        })
    }

    /// Follows events. A caller who may see only one project follows only that one's.
    pub async fn subscribe(
        &self,
        caller: &Caller,
        wanted: Subscribe,
    ) -> Result<EventStream, Error> {
        caller.may(Scope::Read)?;
        let mut filter = wanted.filter;
        if let Some(asked) = filter.project {
            caller.see("project", asked)?;
        }
        filter.project = filter.project.or(caller.project);
        let since = wanted.since.map(|number| Since {
            number,
            epoch: wanted.epoch,
        });
        // Before the subscription: what is revoked in between is heard of.
        let watch = Watch::new(self, caller);
        self.check_still_holds(caller).await?;
        let subscription = self.bus().subscribe(since, filter).await?;
        Ok(Stream::new(
            self,
            subscription,
            watch,
            Ending::Never,
            wanted.over,
        ))
    }

    /// Follows the log of a run. It ends by itself once the run has ended and everything was handed out.
    pub async fn subscribe_log(
        &self,
        caller: &Caller,
        run: RunId,
        wanted: SubscribeLog,
    ) -> Result<RunLogStream, Error> {
        self.see_run(caller, run).await?;
        let filter = LineFilter {
            step: wanted.step,
            stream: wanted.stream,
        };
        let since = wanted.since.map(|number| Since {
            number,
            epoch: None,
        });
        let watch = Watch::new(self, caller);
        self.check_still_holds(caller).await?;
        let ending = Ending::of_run(self, run)
            .await?
            .ok_or(Error::NotFound("run"))?;
        let subscription = self.bus().subscribe_log(run, since, filter).await?;
        let subscription = subscription.ok_or(Error::NotFound("run"))?;
        Ok(Stream::new(self, subscription, watch, ending, wanted.over))
    }
}

/// What a stream says next.
#[derive(Debug)]
pub enum Next<T: Topic> {
    /// Events or lines in their order, at least one. All followers share their bytes.
    Frames(Vec<Arc<bus::Frame<T>>>),
    /// A word about the stream itself.
    Control(Control),
}

/// Something that is followed, in somebody's name.
#[derive(Debug)]
pub struct Stream<T: Topic> {
    subscription: Subscription<T>,
    epoch: String,
    watch: Watch,
    ending: Ending,
    state: State,
    heartbeat_at: Instant,
    /// Goes off with the heartbeat or the end of the right to follow. Kept from one event to the next, because
    /// setting it costs more than everything else that is done for an event.
    alarm: Pin<Box<Sleep>>,
    _connection: Connection,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Fresh,
    Following,
    Over,
}

impl<T: Topic> Stream<T> {
    fn new(
        app: &App,
        subscription: Subscription<T>,
        watch: Watch,
        ending: Ending,
        over: Transport,
    ) -> Self {
        let heartbeat_at = next_heartbeat();
        let alarm_at = watch.ends_before(heartbeat_at);
        Self {
            subscription,
            epoch: app.bus().epoch().to_owned(),
            watch,
            ending,
            state: State::Fresh,
            heartbeat_at,
            alarm: Box::pin(tokio::time::sleep_until(alarm_at)),
            _connection: app.connected().connect(over),
        }
    }

    /// Waits for what comes next; `None` after the last word. It may be cancelled without losing anything.
    pub async fn next(&mut self) -> Option<Next<T>> {
        match self.state {
            State::Over => return None,
            State::Fresh => return Some(self.hello()),
            State::Following => {}
        }
        loop {
            if self.watch.has_ended() {
                return Some(self.bye("token_revoked", false));
            }
            if self.ending.is_reached(&self.subscription).await {
                return Some(self.bye("ended", false));
            }
            if Instant::now() >= self.heartbeat_at {
                return Some(self.heartbeat());
            }
            tokio::select! {
                biased;
                Some(()) = self.watch.revoked.next() => return Some(self.bye("token_revoked", false)),
                batch = self.subscription.next_batch() => return Some(self.pass_on(batch)),
                () = self.ending.news() => {}
                () = &mut self.alarm => self.set_alarm(),
            }
        }
    }

    fn hello(&mut self) -> Next<T> {
        self.state = State::Following;
        let head = self.subscription.head();
        Next::Control(Control::StreamHello {
            epoch: self.epoch.clone(),
            head,
        })
    }

    fn heartbeat(&mut self) -> Next<T> {
        self.heartbeat_at = next_heartbeat();
        self.set_alarm();
        Next::Control(Control::StreamHeartbeat {
            head: self.subscription.head(),
        })
    }

    fn set_alarm(&mut self) {
        let at = self.watch.ends_before(self.heartbeat_at);
        self.alarm.as_mut().reset(at);
    }

    /// The number from which to go on: everything up to it was handed out, or was not wanted.
    #[must_use]
    pub fn cursor(&self) -> i64 {
        self.subscription.cursor()
    }

    /// The last number there is.
    #[must_use]
    pub fn head(&self) -> i64 {
        self.subscription.head()
    }

    fn pass_on(&mut self, batch: Batch<T>) -> Next<T> {
        match batch {
            Batch::Frames(frames) => Next::Frames(frames),
            Batch::Gap(gap) => Next::Control(Control::StreamGap {
                from: gap.from,
                to: gap.to,
                reason: gap.reason.as_str().to_owned(),
            }),
            Batch::Bye => self.bye("shutdown", true),
        }
    }

    fn bye(&mut self, reason: &str, resume: bool) -> Next<T> {
        self.state = State::Over;
        Next::Control(Control::StreamBye {
            reason: reason.to_owned(),
            resume,
        })
    }
}

fn next_heartbeat() -> Instant {
    Instant::now() + Duration::from_secs(HEARTBEAT_SECONDS)
}

/// Watches over the right to follow.
#[derive(Debug)]
struct Watch {
    caller: Caller,
    clock: model::Clock,
    /// Done when the right is taken away. Among unordered futures, of which there is one: they are looked at when
    /// they were woken, and not with every event.
    revoked: FuturesUnordered<BoxFuture<'static, ()>>,
}

impl Watch {
    fn new(app: &App, caller: &Caller) -> Self {
        let revoked = revoked(app.keys().revocations(), caller.clone());
        Self {
            caller: caller.clone(),
            clock: app.clock().clone(),
            revoked: FuturesUnordered::from_iter([revoked.boxed()]),
        }
    }

    fn has_ended(&self) -> bool {
        self.caller.has_expired(self.clock.now())
    }

    /// This moment, or the end of the right if that comes first.
    fn ends_before(&self, at: Instant) -> Instant {
        let Some(end) = self.caller.expires_at else {
            return at;
        };
        let millis = end.millis_since(self.clock.now());
        let left = Duration::from_millis(u64::try_from(millis).unwrap_or(0));
        Instant::now()
            .checked_add(left)
            .map_or(at, |end| end.min(at))
    }
}

/// Waits until the caller's right is taken away.
async fn revoked(mut revocations: broadcast::Receiver<Revoked>, caller: Caller) {
    loop {
        match revocations.recv().await {
            Ok(revoked) if revoked.concerns(&caller) => return,
            Ok(_) => {}
            // Who missed a revocation must be recognised anew.
            Err(broadcast::error::RecvError::Lagged(_)) => return,
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}
