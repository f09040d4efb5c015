//! The application: everything that use cases share, and how a change is carried out.

use std::sync::Arc;
use std::time::Duration;

use auth::{Attempts, Caller, Once};
use bus::Bus;
use futures_util::future::BoxFuture;
use model::{Clock, Timestamp};
use notify::Sender;
use serde::Serialize;
use store::files::Files;
use store::{Read, Store, Tx};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::connections::Connected;
use crate::deed::Deed;
use crate::hands::Counted;
use crate::idempotency::{Flights, Keep};
use crate::keys::Keys;
use crate::known::Known;
use crate::misfits::Misfits;
use crate::orders::Orders;
use crate::outbox::Outbox;
use crate::pace::Pace;
use crate::pricing::PriceBook;
use crate::standing::Standing;
use crate::together::Together;
use crate::vigil::Vigil;
use crate::waiting::Waiting;
use crate::{Error, dispatch, follow, housekeeping, outbox};

/// Passwords that are checked at once: each takes 19 MiB and 20 ms of a core.
const PASSWORDS_AT_ONCE: usize = 2;

/// What the application is made of.
#[derive(Debug)]
pub struct Options {
    /// Where everything is kept.
    pub store: Store,
    /// Its live side.
    pub bus: Bus,
    /// The time.
    pub clock: Clock,
    /// A given admin token, for automation.
    pub admin_token: Option<String>,
    /// The pace of heartbeats, leases and housekeeping.
    pub pace: Pace,
    /// What calls to models cost.
    pub prices: PriceBook,
    /// Where files are kept; none are taken without.
    pub files: Option<Files>,
    /// How browsers reach the server, for links in notifications.
    pub public_url: Option<String>,
    /// Whether notifications may go to this machine and to private networks.
    pub allow_private_addresses: bool,
}

impl Options {
    /// The usual options over a store. Files are kept beside its own, where it has one.
    #[must_use]
    pub fn new(store: Store, bus: Bus) -> Self {
        let beside = store.file().and_then(|file| file.parent());
        let files = beside.map(|directory| Files::at(directory.join("attachments")));
        Self {
            store,
            bus,
            clock: Clock::System,
            admin_token: None,
            pace: Pace::default(),
            prices: PriceBook::shipped(),
            files,
            public_url: None,
            allow_private_addresses: false,
        }
    }
}

/// The application. Clones share it.
#[derive(Debug, Clone)]
pub struct App {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    bus: Bus,
    clock: Clock,
    pace: Pace,
    prices: PriceBook,
    files: Option<Files>,
    started_at: Timestamp,
    vigil: Vigil,
    known: Known,
    keys: Keys,
    orders: Orders,
    flights: Flights,
    stream_tickets: Once<Caller>,
    login_codes: Once<()>,
    attempts: Attempts,
    passwords: Semaphore,
    connected: Arc<Connected>,
    waiting: Arc<Waiting>,
    misfits: Arc<Misfits>,
    counted: Arc<Counted>,
    together: Together,
    standing: Standing,
    sender: Sender,
    outbox: Arc<Outbox>,
    public_url: Option<String>,
    tasks: TaskTracker,
    /// Where the application was opened. Whoever calls it may do so from a runtime that ends sooner.
    runtime: Handle,
    stop: CancellationToken,
    /// Ends the tasks when the last clone is dropped without having been closed.
    _stop_on_drop: DropGuard,
}

impl App {
    /// Opens the application over a store, and starts its housekeeping.
    pub async fn open(options: Options) -> Result<Self, Error> {
        let stop = CancellationToken::new();
        let inner = Inner {
            started_at: options.clock.now(),
            vigil: Vigil::begin(options.clock.now()),
            store: options.store,
            bus: options.bus,
            clock: options.clock,
            pace: options.pace,
            prices: options.prices,
            files: options.files,
            known: Known::default(),
            keys: Keys::default(),
            orders: Orders::default(),
            flights: Flights::default(),
            stream_tickets: Once::default(),
            login_codes: Once::default(),
            attempts: Attempts::default(),
            passwords: Semaphore::new(PASSWORDS_AT_ONCE),
            connected: Arc::default(),
            waiting: Arc::default(),
            misfits: Arc::default(),
            counted: Arc::default(),
            together: Together::default(),
            standing: Standing::default(),
            sender: if options.allow_private_addresses {
                Sender::to_all_addresses()
            } else {
                Sender::to_public_addresses()
            },
            outbox: Arc::default(),
            public_url: options.public_url,
            tasks: TaskTracker::new(),
            runtime: Handle::current(),
            _stop_on_drop: stop.clone().drop_guard(),
            stop,
        };
        let app = Self {
            inner: Arc::new(inner),
        };
        if let Some(secret) = options.admin_token {
            app.give_admin_token(&secret).await?;
        }
        app.renew_leases(app.clock().now()).await?;
        follow::start(&app).await?;
        dispatch::start(&app).await?;
        outbox::start(&app).await?;
        housekeeping::start(&app);
        Ok(app)
    }

    /// Stops the housekeeping and waits for its end. The store and the bus are their owner's to close.
    pub async fn close(&self) {
        self.inner.stop.cancel();
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
    }

    /// Carries a change out as one unit of work: what it changes, the facts about it, and the answer to its
    /// idempotency key are kept together or not at all.
    pub(crate) async fn write<T, F>(&self, caller: &Caller, unit: F) -> Result<T, Error>
    where
        T: Serialize + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx, Deed) -> BoxFuture<'t, Result<T, Error>> + Send + 'static,
    {
        self.write_keeping(caller, Keep::of_value(), unit).await
    }

    /// The same for an answer that holds a secret, which must not be kept.
    pub(crate) async fn write_secret<T, F>(&self, caller: &Caller, unit: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx, Deed) -> BoxFuture<'t, Result<T, Error>> + Send + 'static,
    {
        self.write_keeping(caller, Keep::nothing(), unit).await
    }

    async fn write_keeping<T, F>(&self, caller: &Caller, keep: Keep<T>, unit: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx, Deed) -> BoxFuture<'t, Result<T, Error>> + Send + 'static,
    {
        let deed = Deed {
            caller: caller.clone(),
            at: self.clock().now(),
        };
        let at = deed.at;
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    let value = unit(tx, deed).await?;
                    let record = keep.prepare(&value);
                    record.keep(tx, at).await?;
                    Ok(value)
                })
            })
            .await
    }

    /// A connection to read with.
    pub(crate) async fn read(&self) -> Result<Read, Error> {
        Ok(self.inner.store.read().await?)
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    pub(crate) fn bus(&self) -> &Bus {
        &self.inner.bus
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    pub(crate) fn pace(&self) -> Pace {
        self.inner.pace
    }

    pub(crate) fn prices(&self) -> &PriceBook {
        &self.inner.prices
    }

    pub(crate) fn files_if_any(&self) -> Option<&Files> {
        self.inner.files.as_ref()
    }

    pub(crate) fn known(&self) -> &Known {
        &self.inner.known
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.inner.keys
    }

    pub(crate) fn orders(&self) -> &Orders {
        &self.inner.orders
    }

    pub(crate) fn flights(&self) -> &Flights {
        &self.inner.flights
    }

    pub(crate) fn stream_tickets(&self) -> &Once<Caller> {
        &self.inner.stream_tickets
    }

    pub(crate) fn login_codes(&self) -> &Once<()> {
        &self.inner.login_codes
    }

    pub(crate) fn attempts(&self) -> &Attempts {
        &self.inner.attempts
    }

    pub(crate) fn passwords(&self) -> &Semaphore {
        &self.inner.passwords
    }

    pub(crate) fn connected(&self) -> &Arc<Connected> {
        &self.inner.connected
    }

    pub(crate) fn waiting(&self) -> &Arc<Waiting> {
        &self.inner.waiting
    }

    pub(crate) fn counted(&self) -> &Arc<Counted> {
        &self.inner.counted
    }

    pub(crate) fn misfits(&self) -> &Arc<Misfits> {
        &self.inner.misfits
    }

    pub(crate) fn together(&self) -> &Together {
        &self.inner.together
    }

    pub(crate) fn standing(&self) -> &Standing {
        &self.inner.standing
    }

    pub(crate) fn vigil(&self) -> &Vigil {
        &self.inner.vigil
    }

    pub(crate) fn sender(&self) -> &Sender {
        &self.inner.sender
    }

    pub(crate) fn outbox(&self) -> &Arc<Outbox> {
        &self.inner.outbox
    }

    pub(crate) fn public_url(&self) -> Option<&str> {
        self.inner.public_url.as_deref()
    }

    /// Comes to its end when the application is closed.
    pub(crate) fn stopped(&self) -> impl Future<Output = ()> + use<> {
        self.inner.stop.clone().cancelled_owned()
    }

    /// The application, without keeping it open.
    pub(crate) fn weakly(&self) -> Weakly {
        Weakly {
            inner: Arc::downgrade(&self.inner),
        }
    }

    /// How long the application has been open.
    pub(crate) fn uptime(&self) -> Duration {
        let millis = self.clock().now().millis_since(self.inner.started_at);
        Duration::from_millis(u64::try_from(millis).unwrap_or(0))
    }

    /// Starts a task that ends with the application. It holds no clone of the application, else nobody who merely
    /// drops it would end it.
    pub(crate) fn spawn<F>(&self, task: impl FnOnce(Weakly) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let weak = self.weakly();
        let stop = self.inner.stop.clone();
        self.inner
            .tasks
            .spawn(stop.run_until_cancelled_owned(task(weak)));
    }

    /// Starts a task that is soon done, for which the end of the application waits.
    pub(crate) fn spawn_to_end<F>(&self, task: impl FnOnce(Weakly) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let task = task(self.weakly());
        self.inner.tasks.spawn_on(task, &self.inner.runtime);
    }
}

/// The application, as long as somebody else holds it.
#[derive(Debug, Clone)]
pub(crate) struct Weakly {
    inner: std::sync::Weak<Inner>,
}

impl Weakly {
    pub(crate) fn app(&self) -> Option<App> {
        self.inner.upgrade().map(|inner| App { inner })
    }
}
