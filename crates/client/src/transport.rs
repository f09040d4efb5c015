//! How a request gets to the server: over HTTP, or by a call within the process.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use http_body_util::{BodyExt, Full};
use tower::ServiceExt;
use tower::util::BoxCloneSyncService;
use url::Url;

use crate::Error;

/// The body of a request to a service in the same process.
pub type Body = Full<Bytes>;

/// The body of an answer, as it comes.
pub(crate) type Chunks = BoxStream<'static, Result<Bytes, Error>>;

type AnyError = Box<dyn std::error::Error + Send + Sync>;
type Service = BoxCloneSyncService<http::Request<Body>, http::Response<Chunks>, Infallible>;

/// A secret that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secret(****)")
    }
}

#[derive(Clone)]
pub(crate) enum Transport {
    Http {
        client: reqwest::Client,
        server: Url,
    },
    InProcess(Service),
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Http { server, .. } => write!(formatter, "Http({server})"),
            Self::InProcess(_) => formatter.write_str("InProcess"),
        }
    }
}

impl Transport {
    pub(crate) fn http(server: &str) -> Result<Self, Error> {
        let mut server = Url::parse(server)
            .map_err(|cause| Error::BadRequest(format!("`{server}` is not an address: {cause}")))?;
        if !matches!(server.scheme(), "http" | "https") || server.host().is_none() {
            return Err(Error::BadRequest(format!(
                "`{server}` is not an address of HTTP"
            )));
        }
        // A base path without the last slash would lose its last part when it is joined.
        if !server.path().ends_with('/') {
            server.set_path(&format!("{}/", server.path()));
        }
        choose_crypto();
        let client = reqwest::Client::builder()
            .connect_timeout(std::time::Duration::from_secs(10))
            // Less than the server's own patience: a call must not meet a connection that is being closed.
            .pool_idle_timeout(std::time::Duration::from_secs(15))
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("dashboard-client/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|cause| Error::Unreachable(Box::new(cause)))?;
        Ok(Self::Http { client, server })
    }

    pub(crate) fn in_process<S, B>(service: S) -> Self
    where
        S: tower::Service<http::Request<Body>, Response = http::Response<B>, Error = Infallible>
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<AnyError>,
    {
        let service = service.map_response(|response: http::Response<B>| response.map(chunks));
        Self::InProcess(BoxCloneSyncService::new(service))
    }

    pub(crate) fn server(&self) -> Option<&Url> {
        match self {
            Self::Http { server, .. } => Some(server),
            Self::InProcess(_) => None,
        }
    }

    /// Sends a request whose address is a path without a leading slash, with its query.
    pub(crate) async fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Chunks>, Error> {
        match self {
            Self::Http { client, server } => send_over_http(client, server, request).await,
            Self::InProcess(service) => {
                let Ok(response) = service.clone().oneshot(request.map(Full::new)).await;
                Ok(response)
            }
        }
    }
}

/// Without a choice TLS would panic at the first client. A program that has chosen keeps its own.
fn choose_crypto() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Where another thread was faster, its choice is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
}

async fn send_over_http(
    client: &reqwest::Client,
    server: &Url,
    request: http::Request<Bytes>,
) -> Result<http::Response<Chunks>, Error> {
    let (parts, body) = request.into_parts();
    let path = parts
        .uri
        .path_and_query()
        .map_or("", http::uri::PathAndQuery::as_str);
    let url = server
        .join(path.trim_start_matches('/'))
        .map_err(|cause| Error::BadRequest(cause.to_string()))?;
    let sent = client
        .request(parts.method, url)
        .headers(parts.headers)
        .body(body)
        .send()
        .await;
    let answer = sent.map_err(|cause| Error::Unreachable(Box::new(cause.without_url())))?;
    let mut response = http::Response::builder().status(answer.status());
    if let Some(headers) = response.headers_mut() {
        *headers = answer.headers().clone();
    }
    let chunks: Chunks = Box::pin(
        answer
            .bytes_stream()
            .map_err(|cause| Error::Unreachable(Box::new(cause))),
    );
    response
        .body(chunks)
        .map_err(|cause| Error::BadRequest(cause.to_string()))
}

fn chunks<B>(body: B) -> Chunks
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<AnyError>,
{
    Box::pin(
        body.into_data_stream()
            .map_err(|cause| Error::Unreachable(cause.into())),
    )
}
