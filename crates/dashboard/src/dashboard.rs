//! A dashboard that is open.

use std::time::Duration;

use app::{App, FirstStart};
use axum::Router;
use bus::Bus;
use client::Client;
use store::Store;
use tokio_util::sync::CancellationToken;

use crate::{Builder, Error};

/// Who does not take a goodbye in so long is not waited for.
const FAREWELL: Duration = Duration::from_secs(3);
/// How often is looked whether all have gone.
const LOOK: Duration = Duration::from_millis(10);

/// A dashboard that is open.
#[derive(Debug)]
pub struct Dashboard {
    router: Router,
    client: Client,
    app: App,
    handle: Handle,
}

/// Ends a dashboard from elsewhere. Clones end the same one.
#[derive(Debug, Clone)]
pub struct Handle {
    app: App,
    bus: Bus,
    store: Store,
    stop: CancellationToken,
}

impl Dashboard {
    /// Says what a dashboard is to be.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn new(
        router: Router,
        client: Client,
        app: App,
        bus: Bus,
        store: Store,
        stop: CancellationToken,
    ) -> Self {
        let handle = Handle {
            app: app.clone(),
            bus,
            store,
            stop,
        };
        Self {
            router,
            client,
            app,
            handle,
        }
    }

    /// Everything that is served: API, streams and UI, below the base path. It may be merged with
    /// routes of the embedding program.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// A client that needs neither network nor token. It may do everything.
    #[must_use]
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// Ends this dashboard from elsewhere.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// On a new database, once: the first admin token and the code of a login link.
    pub async fn first_start(&self) -> Result<Option<FirstStart>, Error> {
        Ok(self.app.first_start().await?)
    }

    /// A code for `#code=` in an address, which logs in as the admin once.
    #[must_use]
    pub fn login_code(&self) -> String {
        self.app.login_code()
    }

    /// Says goodbye to all streams and closes the database. Requests should have ended by then: see
    /// [`Handle::begin_shutdown`].
    pub async fn shutdown(self) {
        self.handle.shutdown().await;
    }
}

impl Handle {
    /// Says goodbye to all streams, which would never end by themselves, and waits a moment for their
    /// viewers to have heard it. Other requests go on.
    pub async fn begin_shutdown(&self) {
        self.stop.cancel();
        self.bus.shutdown().await;
        let farewell = tokio::time::timeout(FAREWELL, async {
            while self.has_streams() {
                tokio::time::sleep(LOOK).await;
            }
        });
        if farewell.await.is_err() {
            tracing::warn!("some streams did not end in time");
        }
    }

    fn has_streams(&self) -> bool {
        let open = self.app.connections();
        open.ws + open.sse > 0
    }

    /// The same, then closes the database. What was answered is kept; what comes later is refused.
    pub async fn shutdown(&self) {
        self.begin_shutdown().await;
        self.app.close().await;
        self.store.close().await;
    }
}
