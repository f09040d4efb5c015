//! The real server in a process that can be killed and started again at the same address.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use client::Client;
use tempfile::TempDir;
use testkit::Place;

const PATIENCE: Duration = Duration::from_secs(60);

/// One server, on one database, at one address.
pub(crate) struct Server {
    child: Option<Child>,
    address: String,
    token: String,
    database: Option<String>,
    data: TempDir,
}

impl Server {
    /// Starts on the database that is kept in this place, and waits until it answers.
    pub(crate) async fn start(place: &Place) -> Self {
        let mut server = Self {
            child: None,
            address: "127.0.0.1:0".into(),
            token: format!(
                "{}{}",
                uuid::Uuid::new_v4().simple(),
                uuid::Uuid::new_v4().simple()
            ),
            database: place.postgres_url().map(str::to_owned),
            data: tempfile::tempdir().expect("a directory for the server"),
        };
        server.spawn();
        server.address = server.printed_address().await;
        server.ready().await;
        server
    }

    /// Starts the process, without waiting for it.
    pub(crate) fn spawn(&mut self) {
        let output = File::create(self.output()).expect("a file for the server's words");
        let mut command = Command::new(env!("CARGO_BIN_EXE_dashboardd"));
        command
            .args(["--listen", &self.address, "--data"])
            .arg(self.data.path());
        if let Some(database) = &self.database {
            command.args(["--database", database]);
        }
        command.env("DASHBOARD_ADMIN_TOKEN", &self.token);
        command
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("a second handle"))
            .stderr(output);
        self.child = Some(command.spawn().expect("start dashboardd"));
    }

    /// Kill -9: the process has no last word.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("kill the server");
            child.wait().expect("the server is gone");
        }
    }

    /// Waits until the server says that it is ready.
    pub(crate) async fn ready(&mut self) {
        let client = self.client();
        let deadline = Instant::now() + PATIENCE;
        while client.get_readyz().await.is_err() {
            self.must_be_alive();
            assert!(
                Instant::now() < deadline,
                "the server does not get ready: {}",
                self.words()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) fn client(&self) -> Client {
        Client::http(&self.url(), Some(&self.token)).expect("a client of the server")
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    async fn printed_address(&mut self) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let words = self.words();
            // A line that is not whole yet may end within the port.
            let found = words
                .split_inclusive('\n')
                .filter(|line| line.ends_with('\n'))
                .find_map(address_in);
            if let Some(address) = found {
                return address;
            }
            self.must_be_alive();
            assert!(
                Instant::now() < deadline,
                "the server printed no address: {words}"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn must_be_alive(&mut self) {
        let ended = self
            .child
            .as_mut()
            .and_then(|child| child.try_wait().expect("look after the server"));
        assert!(
            ended.is_none(),
            "the server ended by itself: {}",
            self.words()
        );
    }

    fn words(&self) -> String {
        std::fs::read_to_string(self.output()).unwrap_or_default()
    }

    fn output(&self) -> PathBuf {
        self.data.path().join("output")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn address_in(line: &str) -> Option<String> {
    let rest = &line[line.find("http://127.0.0.1:")? + "http://".len()..];
    let end = rest
        .find(|it: char| !it.is_ascii_digit() && it != '.' && it != ':')
        .unwrap_or(rest.len());
    Some(rest[..end].to_owned())
}
