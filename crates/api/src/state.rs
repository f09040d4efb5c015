//! What every handler can reach.

use std::sync::Arc;

use app::App;
use auth::{CookieRule, Hosts};
use axum::extract::FromRef;
use bytes::Bytes;

use crate::document;
use crate::edge::{Meter, Rates, Undeclared};
use crate::metrics::Recorder;
use crate::settings::Settings;

/// What every handler can reach. Cloning is cheap.
#[derive(Clone)]
pub(crate) struct Api {
    inner: Arc<Inner>,
}

/// The parts of [`Api`].
pub(crate) struct Inner {
    pub(crate) app: App,
    pub(crate) settings: Settings,
    pub(crate) hosts: Hosts,
    pub(crate) cookie: CookieRule,
    pub(crate) rates: Rates,
    pub(crate) meter: Meter,
    pub(crate) recorder: Recorder,
    /// The OpenAPI document, with the base path as its server.
    pub(crate) document: Bytes,
    pub(crate) undeclared: Undeclared,
}

impl Api {
    pub(crate) fn new(app: App, settings: Settings) -> Self {
        let base = settings.base();
        let document = document::served(&base);
        let inner = Inner {
            app,
            hosts: settings.hosts(),
            cookie: settings.cookie(),
            rates: Rates::new(settings.limits.requests_per_second),
            // The recorder must be there before the first series is made.
            recorder: Recorder::install(&settings.shutdown),
            meter: Meter::default(),
            document: document.to_json().unwrap_or_default().into(),
            undeclared: Undeclared::of(document, &base),
            settings,
        };
        Self {
            inner: Arc::new(inner),
        }
    }
}

impl std::ops::Deref for Api {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.inner
    }
}

impl FromRef<Api> for App {
    fn from_ref(api: &Api) -> Self {
        api.app.clone()
    }
}
