//! The real program in a process of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

/// A server that runs; killed when the test forgets it.
pub(crate) struct Server {
    child: Child,
    out: BufReader<ChildStdout>,
    first: String,
}

impl Server {
    /// Starts on a port that the system chooses, and waits until the server says where it is.
    pub(crate) fn start(data: &Path, environment: &[(&str, &str)]) -> Self {
        let mut command = command(data, &["--listen", "127.0.0.1:0"], environment);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let first = line(&mut out);
        Self { child, out, first }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> String {
        self.first.rsplit(' ').next().unwrap().to_owned()
    }

    /// The first lines of what it says.
    pub(crate) fn words(&mut self, lines: usize) -> Vec<String> {
        let mut words = vec![self.first.clone()];
        words.extend((1..lines).map(|_| line(&mut self.out)));
        words
    }

    /// Asks for something over a connection of its own.
    pub(crate) fn ask(&self, path: &str, token: &str, headers: &str) -> TcpStream {
        self.send("GET", path, token, headers)
    }

    /// Sends the head of something, of which the body follows.
    pub(crate) fn post(&self, path: &str, token: &str, headers: &str) -> TcpStream {
        self.send("POST", path, token, headers)
    }

    fn send(&self, method: &str, path: &str, token: &str, headers: &str) -> TcpStream {
        let address = self.address();
        let address = address.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        let head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\n");
        let head = format!("{head}Authorization: Bearer {token}\r\n{headers}\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        stream
    }

    /// Asks it to stop, and waits for that.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        self.signal();
        self.wait()
    }

    /// Asks it to stop.
    pub(crate) fn signal(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").arg(pid).status().unwrap().success());
    }

    /// Waits until it has ended.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// Waits until it has begun to stop.
    pub(crate) fn wait_until_nobody_is_let_in(&self) {
        while TcpStream::connect(self.address().trim_start_matches("http://")).is_ok() {
            std::thread::yield_now();
        }
    }

    pub(crate) fn stop_and_read_the_rest(&mut self) -> String {
        self.stop();
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        rest
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has usually ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a command prints that goes well.
pub(crate) fn say(data: &Path, words: &[&str], environment: &[(&str, &str)]) -> String {
    let output = command(data, words, environment).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    String::from_utf8(output.stdout).unwrap()
}

/// The one line with which a command is refused.
pub(crate) fn refused(data: &Path, words: &[&str]) -> String {
    let output = command(data, words, &[]).output().unwrap();
    assert!(!output.status.success(), "it was not refused");
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(error.lines().count(), 1, "{error}");
    error
}

fn command(data: &Path, words: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dashboardd"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("DASHBOARD_") {
            command.env_remove(name);
        }
    }
    // The user's own configuration has no say in a test.
    command
        .env("XDG_CONFIG_HOME", data)
        .env("DASHBOARD_DATA", data);
    command.args(words).envs(environment.iter().copied());
    command.stdin(Stdio::null()).stderr(Stdio::piped());
    command
}

fn line(out: &mut impl BufRead) -> String {
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}
