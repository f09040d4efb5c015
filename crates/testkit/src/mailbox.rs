//! A server that takes mail, on a port of its own: as much of SMTP as a client needs to hand a message over.

use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// A server that takes mail.
#[derive(Debug)]
pub struct Mailbox {
    address: SocketAddr,
    received: mpsc::UnboundedReceiver<Letter>,
}

/// A message that was handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Who it is from, as the envelope says.
    pub from: String,
    /// Who it is for, as the envelope says.
    pub to: Vec<String>,
    /// Headers and text.
    pub data: String,
}

/// Receivers that are refused, each with the line that says so.
pub type Refusals = &'static [(&'static str, &'static str)];

impl Mailbox {
    /// Begins to listen, and answers the end of each message with this line.
    pub async fn start(verdict: &'static str) -> Self {
        Self::refusing(verdict, &[]).await
    }

    /// The same, which answers with these lines to these receivers.
    pub async fn refusing(verdict: &'static str, refused: Refusals) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a port for the test");
        let address = listener.local_addr().expect("a port has an address");
        let (sender, received) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, verdict, refused, sender.clone()));
            }
        });
        Self { address, received }
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The next message, as soon as it is there.
    ///
    /// # Panics
    /// When the server is gone.
    pub async fn next(&mut self) -> Letter {
        self.received
            .recv()
            .await
            .expect("the server lives as long as the test")
    }

    /// Whether no message waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.received.is_empty()
    }
}

/// One connection, until the client goes.
async fn talk(
    stream: TcpStream,
    verdict: &'static str,
    refused: Refusals,
    sender: mpsc::UnboundedSender<Letter>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let (mut from, mut to) = (String::new(), Vec::new());
    let mut say = "220 mail.example.org".to_owned();
    loop {
        stream.write_all(format!("{say}\r\n").as_bytes()).await?;
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let line = line.trim_end();
        let verb = line.split([' ', ':']).next().unwrap_or_default();
        say = match verb.to_ascii_uppercase().as_str() {
            "EHLO" | "HELO" | "RSET" | "NOOP" => "250 mail.example.org".to_owned(),
            "MAIL" => {
                from = within(line);
                "250 ok".to_owned()
            }
            "RCPT" => {
                let receiver = within(line);
                match refused.iter().find(|(address, _)| *address == receiver) {
                    Some((_, refusal)) => (*refusal).to_owned(),
                    None => {
                        to.push(receiver);
                        "250 ok".to_owned()
                    }
                }
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                let data = read_data(&mut stream).await?;
                let (from, to) = (from.clone(), std::mem::take(&mut to));
                drop(sender.send(Letter { from, to, data }));
                verdict.to_owned()
            }
            "QUIT" => return stream.write_all(b"221 bye\r\n").await,
            _ => "502 not known".to_owned(),
        };
    }
}

/// What stands between the angles.
fn within(line: &str) -> String {
    let inner = line
        .split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'));
    inner.map_or(String::new(), |(inner, _)| inner.to_owned())
}

async fn read_data(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut data = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 || line == ".\r\n" {
            return Ok(data);
        }
        data.push_str(&line);
    }
}
