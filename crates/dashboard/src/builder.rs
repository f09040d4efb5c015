//! Building a dashboard: where it keeps its data, where it lies, and who is recognised how.

use std::path::PathBuf;
use std::sync::Arc;

use api::Settings;
use app::{App, Options};
use auth::Caller;
use bus::Bus;
use http::request::Parts;
use model::{Name, Principal, PrincipalKind};
use store::files::Files;
use store::{Database, Store};

use crate::in_process::InProcess;
use crate::{Dashboard, Error};

/// Says what a dashboard is to be, then builds it. Without a word it keeps everything in memory.
#[must_use]
pub struct Builder {
    database: Result<Database, store::NotADatabase>,
    settings: Settings,
    admin_token: Option<String>,
    allow_private_addresses: bool,
    name: Name,
    files: Option<PathBuf>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            database: Ok(Database::Memory),
            settings: Settings::default(),
            admin_token: None,
            allow_private_addresses: false,
            name: Name::lossy("host"),
            files: None,
        }
    }
}

impl Builder {
    /// Keeps everything in a SQLite file, for this process alone.
    pub fn sqlite(mut self, file: impl Into<PathBuf>) -> Self {
        self.database = Ok(Database::File(file.into()));
        self
    }

    /// Keeps everything in memory, for as long as the process lives.
    pub fn in_memory(mut self) -> Self {
        self.database = Ok(Database::Memory);
        self
    }

    /// Keeps everything in the database at a URL: `sqlite:…` or `postgres://…`.
    pub fn database(mut self, url: &str) -> Self {
        self.database = url.parse();
        self
    }

    /// Lies below a path, such as `/x/`, so that the embedding program has the others.
    pub fn base_path(mut self, path: impl Into<String>) -> Self {
        self.settings.base_path = path.into();
        self
    }

    /// Recognises callers by the embedding program's own means, before tokens and logins. `None`
    /// leaves the request to those.
    pub fn authenticate(
        mut self,
        hook: impl Fn(&Parts) -> Option<Caller> + Send + Sync + 'static,
    ) -> Self {
        let hook = move |parts: &Parts| -> Recognised { Box::pin(std::future::ready(hook(parts))) };
        self.settings.authenticate = Some(Arc::new(hook));
        self
    }

    /// Everything else that the API can be told. Replaces what was said of base path and hook.
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// A token that may do everything, for automation.
    pub fn admin_token(mut self, secret: impl Into<String>) -> Self {
        self.admin_token = Some(secret.into());
        self
    }

    /// Keeps the files of tasks in this directory. Without a word they lie beside the SQLite file; over PostgreSQL
    /// none are taken.
    pub fn files(mut self, directory: impl Into<PathBuf>) -> Self {
        self.files = Some(directory.into());
        self
    }

    /// Lets notifications go to this machine and to private networks, too. Whoever may make channels then reaches
    /// whatever the server reaches.
    pub fn allow_private_addresses(mut self, allowed: bool) -> Self {
        self.allow_private_addresses = allowed;
        self
    }

    /// In whose name the client in this process acts.
    pub fn name(mut self, name: Name) -> Self {
        self.name = name;
        self
    }

    /// Opens the database and starts what runs in the background. Needs a Tokio runtime.
    pub async fn build(self) -> Result<Dashboard, Error> {
        let store = Store::open(&self.database?).await?;
        let bus = Bus::start(store.clone());
        let usual = Options::new(store.clone(), bus.clone());
        let options = Options {
            admin_token: self.admin_token,
            public_url: self.settings.public_url.clone(),
            allow_private_addresses: self.allow_private_addresses,
            files: self.files.map(Files::at).or(usual.files.clone()),
            ..usual
        };
        let app = match App::open(options).await {
            Ok(app) => app,
            Err(error) => {
                bus.shutdown().await;
                store.close().await;
                return Err(error.into());
            }
        };
        let mut settings = self.settings;
        settings.authenticate = Some(InProcess::recognise_before(settings.authenticate));
        let (base, stop) = (settings.base(), settings.shutdown.clone());
        let router = api::router(app.clone(), settings);
        let principal = Principal {
            kind: PrincipalKind::Service,
            name: self.name,
        };
        let client = InProcess::client(router.clone(), &base, Caller::host(principal));
        Ok(Dashboard::new(router, client, app, bus, store, stop))
    }
}

type Recognised = std::pin::Pin<Box<dyn Future<Output = Option<Caller>> + Send>>;

impl std::fmt::Debug for Builder {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Builder")
            .field("database", &self.database)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
