//! HTTP/1.1 by hand over one connection: requests are bytes made once, answers are looked at as little as possible, so
//! that what is measured is the server and not its caller.

use anyhow::{Context, bail};
use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::process::Process;

/// One connection that is kept open.
pub(crate) struct Connection {
    socket: TcpStream,
    buffer: BytesMut,
}

/// An answer's head and body.
pub(crate) struct Answer {
    pub(crate) head: String,
    pub(crate) body: Bytes,
}

/// A request that can be sent again and again.
pub(crate) fn request(
    server: &Process,
    method: &str,
    path: &str,
    content_type: &str,
    body: &[u8],
) -> Bytes {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: {content_type}\r\n\
         Content-Length: {}\r\n\r\n",
        server.address,
        server.token,
        body.len()
    );
    [head.as_bytes(), body].concat().into()
}

/// A `GET` that can be sent again and again.
pub(crate) fn get(server: &Process, path: &str) -> Bytes {
    let (host, token) = (&server.address, &server.token);
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n").into()
}

impl Connection {
    pub(crate) async fn open(server: &Process) -> anyhow::Result<Self> {
        let socket = TcpStream::connect(&server.address).await?;
        socket.set_nodelay(true)?;
        Ok(Self {
            socket,
            buffer: BytesMut::with_capacity(16 * 1024),
        })
    }

    /// Sends and waits for the whole answer, which must be a good one.
    pub(crate) async fn send(&mut self, request: &[u8]) -> anyhow::Result<Answer> {
        self.socket.write_all(request).await?;
        let end = self.fill_until(|buffer| find(buffer, b"\r\n\r\n")).await? + 4;
        let head = String::from_utf8_lossy(&self.buffer.split_to(end)).into_owned();
        let body = match header(&head, "content-length") {
            Some(length) => self.take(length.parse().context("content-length")?).await?,
            None if header(&head, "transfer-encoding").is_some() => self.chunks().await?,
            None => Bytes::new(),
        };
        if !head.starts_with("HTTP/1.1 2") {
            bail!(
                "{}: {}",
                head.lines().next().unwrap_or_default(),
                String::from_utf8_lossy(&body)
            );
        }
        Ok(Answer { head, body })
    }

    async fn chunks(&mut self) -> anyhow::Result<Bytes> {
        let mut body = BytesMut::new();
        loop {
            let end = self.fill_until(|buffer| find(buffer, b"\r\n")).await?;
            let size = usize::from_str_radix(std::str::from_utf8(&self.buffer[..end])?, 16)?;
            let _line = self.buffer.split_to(end + 2);
            let chunk = self.take(size + 2).await?;
            if size == 0 {
                return Ok(body.freeze());
            }
            body.extend_from_slice(&chunk[..size]);
        }
    }

    async fn take(&mut self, length: usize) -> anyhow::Result<Bytes> {
        self.fill_until(|buffer| (buffer.len() >= length).then_some(()))
            .await?;
        Ok(self.buffer.split_to(length).freeze())
    }

    async fn fill_until<T>(&mut self, found: impl Fn(&[u8]) -> Option<T>) -> anyhow::Result<T> {
        loop {
            if let Some(found) = found(&self.buffer) {
                return Ok(found);
            }
            if self.socket.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server closed the connection");
            }
        }
    }
}

impl Answer {
    /// The path and query of the page after this one.
    pub(crate) fn next_page(&self) -> Option<String> {
        let link = header(&self.head, "link")?;
        let address = link.split_once('<')?.1.split_once('>')?.0;
        let path = address.find("/api/")?;
        Some(address[path..].to_owned())
    }
}

/// A header's value.
pub(crate) fn header<'head>(head: &'head str, name: &str) -> Option<&'head str> {
    let mut headers = head.lines().filter_map(|line| line.split_once(':'));
    headers
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}

/// Where these bytes begin.
pub(crate) fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}
