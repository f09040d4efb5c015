//! The pump: reads one stream of the command, shows it at once, hands it to the recorder.

use std::time::Duration;

use model::LogStream;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, watch};

use super::Input;

/// Read at once, at most.
const CHUNK: usize = 64 << 10;
/// How long a stream may stay silent after everybody who could write to it is gone. It is still open
/// then only because somebody outside the command holds it.
const SILENCE: Duration = Duration::from_secs(1);

/// Becomes true when the command and all that it started are gone.
pub(crate) type Closing = watch::Receiver<bool>;

/// Where the command's output is shown: our own stdout or stderr.
pub(crate) type Passthrough = Box<dyn AsyncWrite + Send + Unpin>;

/// Reads to the end. Nothing is read while the recorder is busy, so that a full spool stops the command.
pub(crate) async fn pump(
    mut from: impl AsyncRead + Unpin,
    stream: LogStream,
    mut shown: Passthrough,
    to: mpsc::Sender<Input>,
    mut closing: Closing,
) {
    let mut buffer = vec![0; CHUNK];
    loop {
        let read = tokio::select! {
            read = from.read(&mut buffer) => read,
            () = silence(&mut closing) => break,
        };
        let bytes = match read {
            Ok(0) | Err(_) => break,
            Ok(length) => &buffer[..length],
        };
        let was_shown = show(&mut shown, bytes).await;
        if to.send(Input::Bytes(stream, bytes.to_vec())).await.is_err() || !was_shown {
            // Our reader went away: the command learns it by SIGPIPE, as it would without us.
            break;
        }
    }
}

async fn show(shown: &mut Passthrough, bytes: &[u8]) -> bool {
    let written = async {
        shown.write_all(bytes).await?;
        shown.flush().await
    };
    match written.await {
        Ok(()) => true,
        // A terminal that is gone takes nothing more (EIO); the command may well go on without it.
        Err(error) => error.kind() != std::io::ErrorKind::BrokenPipe,
    }
}

async fn silence(closing: &mut Closing) {
    if closing.wait_for(|closing| *closing).await.is_err() {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(SILENCE).await;
}
