//! One call: method, path, query, body; and what is read from its answer.

use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, IF_MATCH};
use http::{HeaderName, HeaderValue, Method};
use model::Problem;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::transport::Chunks;
use crate::{Client, Error};

/// What a client adds to each of its changes.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Sent as `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// Sent as `If-Match`.
    pub if_version: Option<i64>,
    /// Sent as `Lease-Epoch`.
    pub lease_epoch: Option<i64>,
}

/// A call on its way to being sent.
pub(crate) struct Call<'client> {
    client: &'client Client,
    method: Method,
    path: String,
    query: String,
    headers: http::HeaderMap,
    body: Result<Bytes, Error>,
}

impl Client {
    pub(crate) fn get(&self, path: impl Into<String>) -> Call<'_> {
        self.call(Method::GET, path)
    }

    pub(crate) fn post(&self, path: impl Into<String>) -> Call<'_> {
        self.call(Method::POST, path)
    }

    pub(crate) fn put(&self, path: impl Into<String>) -> Call<'_> {
        self.call(Method::PUT, path)
    }

    pub(crate) fn patch(&self, path: impl Into<String>) -> Call<'_> {
        self.call(Method::PATCH, path)
    }

    pub(crate) fn delete(&self, path: impl Into<String>) -> Call<'_> {
        self.call(Method::DELETE, path)
    }

    /// A call to any path, for what has no method of its own.
    fn call(&self, method: Method, path: impl Into<String>) -> Call<'_> {
        Call {
            client: self,
            method,
            path: path.into(),
            query: String::new(),
            headers: http::HeaderMap::new(),
            body: Ok(Bytes::new()),
        }
    }
}

impl Call<'_> {
    /// Adds a query parameter where there is a value.
    pub(crate) fn query(mut self, name: &str, value: Option<impl ToString>) -> Self {
        if let Some(value) = value {
            // Made anew each time: a serializer that is kept would keep the call from moving between threads.
            let mut pairs = url::form_urlencoded::Serializer::new(&mut self.query);
            pairs.append_pair(name, &value.to_string());
        }
        self
    }

    /// Adds a query parameter with its values separated by commas, where there are any.
    pub(crate) fn query_list<T: ToString>(self, name: &str, values: &[T]) -> Self {
        let words: Vec<String> = values.iter().map(ToString::to_string).collect();
        self.query(name, (!words.is_empty()).then(|| words.join(",")))
    }

    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        match HeaderValue::from_str(value) {
            Ok(value) => drop(self.headers.insert(name, value)),
            Err(_) => self.body = Err(Error::BadRequest(format!("the header {name} is unusable"))),
        }
        self
    }

    pub(crate) fn json(mut self, body: &impl Serialize) -> Self {
        self.body = serde_json::to_vec(body)
            .map(Bytes::from)
            .map_err(|cause| Error::BadRequest(cause.to_string()));
        self.header(CONTENT_TYPE, "application/json")
    }

    pub(crate) fn body(mut self, content_type: &str, body: Bytes) -> Self {
        self.body = Ok(body);
        self.header(CONTENT_TYPE, content_type)
    }

    /// The path with its query, for what is not sent as a call.
    pub(crate) fn path_and_query(self) -> String {
        if self.query.is_empty() {
            self.path
        } else {
            format!("{}?{}", self.path, self.query)
        }
    }

    /// Sends, and reads the answer's body.
    pub(crate) async fn answer<T: DeserializeOwned>(self) -> Result<T, Error> {
        let (_, body) = self.whole().await?;
        serde_json::from_slice(&body).map_err(Error::Unreadable)
    }

    /// Sends, and expects an answer without a body.
    pub(crate) async fn nothing(self) -> Result<(), Error> {
        self.whole().await.map(drop)
    }

    /// Sends, and reads the answer's headers and whole body.
    pub(crate) async fn whole(self) -> Result<(http::HeaderMap, Bytes), Error> {
        let response = self.send().await?;
        let (parts, chunks) = response.into_parts();
        Ok((parts.headers, collect(chunks).await?))
    }

    /// Sends, and gives the answer's body as it comes. A refusal is an error.
    pub(crate) async fn send(self) -> Result<http::Response<Chunks>, Error> {
        let client = self.client;
        let response = client.transport.send(self.into_request()?).await?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status().as_u16();
        let body = collect(response.into_body()).await?;
        Err(refusal(status, &body))
    }

    fn into_request(mut self) -> Result<http::Request<Bytes>, Error> {
        let client = self.client;
        let changes = !matches!(self.method, Method::GET | Method::HEAD);
        let mut add = |name: HeaderName, value: &str| match HeaderValue::from_str(value) {
            Ok(value) => {
                self.headers.entry(name).or_insert(value);
                Ok(())
            }
            Err(_) => Err(Error::BadRequest(format!("the header {name} is unusable"))),
        };
        add(ACCEPT, "application/json")?;
        if let Some(token) = &client.token {
            add(AUTHORIZATION, &format!("Bearer {}", token.expose()))?;
        }
        if let Some(key) = client.options.idempotency_key.as_ref().filter(|_| changes) {
            add(HeaderName::from_static("idempotency-key"), key)?;
        }
        if let Some(version) = client.options.if_version.filter(|_| changes) {
            add(IF_MATCH, &format!("\"{version}\""))?;
        }
        if let Some(epoch) = client.options.lease_epoch.filter(|_| changes) {
            add(HeaderName::from_static("lease-epoch"), &epoch.to_string())?;
        }
        let (method, headers) = (self.method.clone(), std::mem::take(&mut self.headers));
        let body = std::mem::replace(&mut self.body, Ok(Bytes::new()))?;
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("/{}", self.path_and_query()));
        if let Some(place) = request.headers_mut() {
            *place = headers;
        }
        request
            .body(body)
            .map_err(|cause| Error::BadRequest(cause.to_string()))
    }
}

async fn collect(chunks: Chunks) -> Result<Bytes, Error> {
    let body = chunks
        .try_fold(BytesMut::new(), |mut whole, chunk| async move {
            whole.extend_from_slice(&chunk);
            Ok(whole)
        })
        .await?;
    Ok(body.freeze())
}

pub(crate) fn refusal(status: u16, body: &[u8]) -> Error {
    match serde_json::from_slice::<Problem>(body) {
        Ok(problem) => Error::Problem(Box::new(problem)),
        Err(_) => {
            let excerpt = String::from_utf8_lossy(body).chars().take(200).collect();
            Error::Foreign { status, excerpt }
        }
    }
}
