//! What every accepted connection is given before it is served.

use std::future::{Ready, ready};
use std::io;
use std::time::Duration;

use axum_server::accept::Accept;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

/// A peer that takes nothing of what was sent for so long is hung up on: a viewer that stopped reading comes back
/// and resumes. A WebSocket says so first; server-sent events cannot, so that the system has to do it.
const PATIENCE: Duration = Duration::from_secs(60);
/// Asked so often whether it is still there, a peer that vanished without a word is found while nothing is sent.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// Sends small answers at once, and gives up on peers that take or answer nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PatientAcceptor;

impl<S> Accept<TcpStream, S> for PatientAcceptor {
    type Stream = TcpStream;
    type Service = S;
    type Future = Ready<io::Result<(TcpStream, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        ready(prepare(&stream).map(|()| (stream, service)))
    }
}

fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE)
        .with_interval(KEEPALIVE);
    socket.set_tcp_keepalive(&keepalive)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(PATIENCE))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_peer_that_takes_nothing_has_a_minute() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (caller, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        let (stream, _) = PatientAcceptor
            .accept(accepted.unwrap().0, ())
            .await
            .unwrap();
        drop(caller);
        assert!(stream.nodelay().unwrap());
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().unwrap());
        #[cfg(target_os = "linux")]
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(PATIENCE));
    }
}
