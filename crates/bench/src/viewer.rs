//! A viewer of a WebSocket stream, by hand: it finds where frames end and looks at nothing else.

use anyhow::{Context, bail};
use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::http::find;
use crate::process::Process;

/// How an event's frame begins; a frame about the stream itself begins otherwise.
const EVENT: &[u8] = b"{\"id\":";
const PING: u8 = 0x9;
const TEXT: u8 = 0x1;

/// One open stream.
pub(crate) struct Viewer {
    socket: TcpStream,
    buffer: BytesMut,
}

impl Viewer {
    /// Opens the stream of events after `since`; from now on when it is absent.
    pub(crate) async fn open(server: &Process, since: Option<i64>) -> anyhow::Result<Self> {
        let mut socket = TcpStream::connect(&server.address).await?;
        socket.set_nodelay(true)?;
        let since = since.map(|seq| format!("?since={seq}")).unwrap_or_default();
        let (host, token) = (&server.address, &server.token);
        let request = format!(
            "GET /ws/events{since} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        socket.write_all(request.as_bytes()).await?;
        let mut viewer = Self {
            socket,
            buffer: BytesMut::with_capacity(8 * 1024),
        };
        let end = loop {
            if let Some(end) = find(&viewer.buffer, b"\r\n\r\n") {
                break end + 4;
            }
            viewer.fill().await?;
        };
        let head = viewer.buffer.split_to(end);
        if !head.starts_with(b"HTTP/1.1 101") {
            bail!("the stream was refused: {}", String::from_utf8_lossy(&head));
        }
        viewer.frame().await.context("the first frame")?;
        Ok(viewer)
    }

    /// Opens so many.
    pub(crate) async fn open_many(server: &Process, count: usize) -> anyhow::Result<Vec<Self>> {
        let mut viewers = Vec::with_capacity(count);
        for _ in 0..count {
            viewers.push(Self::open(server, None).await?);
        }
        Ok(viewers)
    }

    /// The next event.
    pub(crate) async fn event(&mut self) -> anyhow::Result<Bytes> {
        loop {
            let frame = self.frame().await?;
            if frame.starts_with(EVENT) {
                return Ok(frame);
            }
        }
    }

    /// The next text frame, of whatever kind.
    async fn frame(&mut self) -> anyhow::Result<Bytes> {
        loop {
            match split_frame(&mut self.buffer) {
                Some((TEXT, payload)) => return Ok(payload),
                Some((PING, payload)) => self.pong(&payload).await?,
                Some((kind, payload)) => bail!("a frame of kind {kind}: {payload:?}"),
                None => self.fill().await?,
            }
        }
    }

    /// Answers a ping; the mask of zeros changes nothing.
    async fn pong(&mut self, payload: &[u8]) -> anyhow::Result<()> {
        let head = [0x8a, 0x80 | u8::try_from(payload.len())?, 0, 0, 0, 0];
        self.socket.write_all(&[&head, payload].concat()).await?;
        Ok(())
    }

    async fn fill(&mut self) -> anyhow::Result<()> {
        if self.socket.read_buf(&mut self.buffer).await? == 0 {
            bail!("the server closed the stream");
        }
        Ok(())
    }
}

/// Takes the first whole frame: its kind and its payload. Frames from a server are not masked and ours are not split.
fn split_frame(buffer: &mut BytesMut) -> Option<(u8, Bytes)> {
    let (head, length) = match *buffer.get(1)? & 0x7f {
        126 => (
            4,
            usize::from(u16::from_be_bytes(buffer.get(2..4)?.try_into().ok()?)),
        ),
        127 => (
            10,
            usize::try_from(u64::from_be_bytes(buffer.get(2..10)?.try_into().ok()?)).ok()?,
        ),
        short => (2, usize::from(short)),
    };
    if buffer.len() < head + length {
        return None;
    }
    let kind = buffer[0] & 0x0f;
    buffer.advance(head);
    Some((kind, buffer.split_to(length).freeze()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_found_in_any_chunks() {
        let long = vec![b'x'; 300];
        let bytes = [&[0x81, 2, b'h', b'i', 0x81, 126, 1, 44][..], &long].concat();
        let mut buffer = BytesMut::new();
        let mut frames = Vec::new();
        for byte in bytes {
            buffer.extend_from_slice(&[byte]);
            frames.extend(split_frame(&mut buffer));
        }
        assert_eq!(
            frames,
            [(TEXT, Bytes::from("hi")), (TEXT, Bytes::from(long))]
        );
    }
}
