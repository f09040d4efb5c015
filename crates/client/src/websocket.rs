//! WebSocket: the other way to a stream. It needs a server; within a process there is SSE.

use futures_util::StreamExt;
use http::HeaderValue;
use http::header::SEC_WEBSOCKET_PROTOCOL;
use model::stream::close;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{self, Message, client::IntoClientRequest};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use url::Url;

use crate::transport::Secret;
use crate::{Client, Error};

pub(crate) struct Socket(Box<WebSocketStream<MaybeTlsStream<TcpStream>>>);

/// What came over the socket.
pub(crate) enum Received {
    Text(String),
    /// The server closed it, with this code where it gave one.
    Closed(Option<u16>),
}

impl Client {
    pub(crate) async fn open_websocket(&self, path: &str) -> Result<Socket, Error> {
        let server = self.server().ok_or_else(|| {
            Error::BadRequest("a service in the same process has no WebSocket: use SSE".into())
        })?;
        let request = request(server, path, self.token.as_ref())?;
        match tokio_tungstenite::connect_async(request).await {
            Ok((socket, _)) => Ok(Socket(Box::new(socket))),
            Err(tungstenite::Error::Http(response)) => {
                let status = response.status().as_u16();
                let body = response.into_body().unwrap_or_default();
                Err(crate::call::refusal(status, &body))
            }
            Err(cause) => Err(Error::Unreachable(Box::new(cause))),
        }
    }
}

impl Socket {
    pub(crate) async fn next(&mut self) -> Result<Received, Error> {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => return Ok(Received::Text(text.to_string())),
                Some(Ok(Message::Close(frame))) => {
                    return Ok(Received::Closed(frame.map(|frame| frame.code.into())));
                }
                Some(Ok(_)) => {}
                Some(Err(cause)) => return Err(Error::Unreachable(Box::new(cause))),
                None => return Ok(Received::Closed(None)),
            }
        }
    }
}

/// Whether a stream that was closed with this code may be opened again as the same caller.
pub(crate) fn may_come_back(code: Option<u16>) -> bool {
    !matches!(code, Some(close::NOT_AUTHENTICATED | close::NOT_ALLOWED))
}

fn request(server: &Url, path: &str, token: Option<&Secret>) -> Result<http::Request<()>, Error> {
    let mut url = server
        .join(path)
        .map_err(|cause| Error::BadRequest(cause.to_string()))?;
    let scheme = if server.scheme() == "https" {
        "wss"
    } else {
        "ws"
    };
    url.set_scheme(scheme)
        .map_err(|()| Error::BadRequest(format!("{server} has no stream")))?;
    let mut request = url
        .as_str()
        .into_client_request()
        .map_err(|cause| Error::BadRequest(cause.to_string()))?;
    if let Some(token) = token {
        let protocols = format!("dashboard.v1, bearer.{}", token.expose());
        let value = HeaderValue::from_str(&protocols)
            .map_err(|_| Error::BadRequest("the token cannot be sent".into()))?;
        request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, value);
    }
    Ok(request)
}
