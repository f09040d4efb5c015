//! The typed client: every operation of the API as a method, and both streams with resume.
//!
//! It speaks over HTTP, or to a tower service in the same process; nothing here knows which server
//! answers. Start with [`Client`]. A method has the name of its operation in the OpenAPI document.

mod attachments;
mod auth;
mod backoff;
mod board;
mod call;
mod dispatch;
mod error;
mod events;
mod exports;
mod inbox;
mod list;
mod llm_calls;
mod logs;
mod notifications;
mod projects;
mod questions;
mod runs;
mod sessions;
mod sse;
mod status;
mod steps;
mod stream;
mod task_moves;
mod tasks;
mod tickets;
mod tokens;
mod transport;
mod users;
mod websocket;
mod workers;

pub use call::Options;
pub use error::Error;
pub use events::EventQuery;
pub use list::List;
pub use logs::LogQuery;
pub use stream::{EventStream, Item, LogStream, StreamKind};
pub use transport::{Body, Secret};

use transport::Transport;

/// Talks to one server as one caller. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Client {
    transport: Transport,
    token: Option<Secret>,
    options: Options,
}

impl Client {
    /// A client of the server at this address, such as `http://127.0.0.1:8080` or one with a base path.
    ///
    /// # Errors
    /// When the address is not one of HTTP, or the machine's TLS set-up cannot be used.
    pub fn http(server: &str, token: Option<&str>) -> Result<Self, Error> {
        let transport = Transport::http(server)?;
        Ok(Self {
            transport,
            token: token.map(Secret::new),
            options: Options::default(),
        })
    }

    /// A client of a service in the same process, such as an axum router.
    pub fn in_process<S, B>(service: S, token: Option<&str>) -> Self
    where
        S: tower::Service<
                http::Request<Body>,
                Response = http::Response<B>,
                Error = std::convert::Infallible,
            > + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send,
        B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let transport = Transport::in_process(service);
        Self {
            transport,
            token: token.map(Secret::new),
            options: Options::default(),
        }
    }

    /// The same server as another caller.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(Secret::new(token)),
            ..self.clone()
        }
    }

    /// The same server as nobody.
    #[must_use]
    pub fn without_token(&self) -> Self {
        Self {
            token: None,
            ..self.clone()
        }
    }

    /// The same client whose changes carry this `Idempotency-Key`: sent twice, they are made once.
    #[must_use]
    pub fn with_idempotency_key(&self, key: impl Into<String>) -> Self {
        let options = Options {
            idempotency_key: Some(key.into()),
            ..self.options.clone()
        };
        Self {
            options,
            ..self.clone()
        }
    }

    /// The same client whose changes say that they are made under this lease on a task: for a worker that has no token of
    /// its run's.
    #[must_use]
    pub fn with_lease(&self, epoch: i64) -> Self {
        let options = Options {
            lease_epoch: Some(epoch),
            ..self.options.clone()
        };
        Self {
            options,
            ..self.clone()
        }
    }

    /// The same client whose edits apply only to this version of the thing.
    #[must_use]
    pub fn if_version(&self, version: i64) -> Self {
        let options = Options {
            if_version: Some(version),
            ..self.options.clone()
        };
        Self {
            options,
            ..self.clone()
        }
    }

    /// Where the server is; `None` for a service in the same process.
    #[must_use]
    pub fn server(&self) -> Option<&url::Url> {
        self.transport.server()
    }
}
