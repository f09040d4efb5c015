//! An interactive shell on a terminal of its own, as a person has it before them.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use nix::pty::{OpenptyResult, openpty};
use rustix::termios::{Winsize, tcsetwinsize};

/// No test waits longer than this for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// So wide that no line that is typed is folded.
pub(crate) const COLUMNS: u16 = 400;
const PROMPT: &str = "PROMPT> ";

/// The shell, what is typed, and what is seen.
pub(crate) struct Shell {
    bash: Child,
    keys: Option<File>,
    screen: Receiver<Vec<u8>>,
    seen: String,
    home: tempfile::TempDir,
}

impl Shell {
    /// A shell whose `dashctl` finds no server.
    pub(crate) fn start() -> Self {
        let OpenptyResult { master, slave } = openpty(None, None).unwrap();
        resize(&master, 40, COLUMNS);
        let home = tempfile::tempdir().unwrap();
        // Marks around what is pasted would stand between what is typed and what is shown.
        let inputrc = home.path().join("inputrc");
        std::fs::write(&inputrc, "set enable-bracketed-paste off\n").unwrap();
        let slave = || Stdio::from(slave.try_clone().unwrap());
        // `setsid --ctty` makes its stdin the terminal that controls the session.
        let bash = Command::new("setsid")
            .args(["--ctty", "bash", "--norc", "--noprofile", "-i"])
            .current_dir(home.path())
            .env("PS1", PROMPT)
            .env("TERM", "xterm")
            .env("INPUTRC", &inputrc)
            .env("DASHBOARD_SERVER", "http://127.0.0.1:1")
            .env("DASHCTL_CONFIG", home.path().join("config.toml"))
            .env("DASHCTL_SPOOL", home.path().join("spool"))
            .env("DASHCTL", env!("CARGO_BIN_EXE_dashctl"))
            .stdin(slave())
            .stdout(slave())
            .stderr(slave())
            .spawn()
            .unwrap();
        let mut output = File::from(master.try_clone().unwrap());
        let (shown, screen) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = output.read(&mut buffer) {
                if shown.send(buffer[..length].to_vec()).is_err() {
                    return;
                }
            }
        });
        let keys = Some(File::from(master));
        let mut shell = Self {
            bash,
            keys,
            screen,
            seen: String::new(),
            home,
        };
        shell.sees(PROMPT);
        shell
    }

    pub(crate) fn home(&self) -> &std::path::Path {
        self.home.path()
    }

    pub(crate) fn resize(&self, rows: u16, columns: u16) {
        resize(self.keys.as_ref().unwrap(), rows, columns);
    }

    pub(crate) fn types(&mut self, keys: &str) {
        self.keys
            .as_mut()
            .unwrap()
            .write_all(keys.as_bytes())
            .unwrap();
    }

    /// Runs `dashctl run` with these options and this script, and prints the code after it.
    pub(crate) fn runs(&mut self, options: &str, script: &str) {
        let line = format!("$DASHCTL run --linger 0 {options} -- bash -c '{script}'; echo =$?\n");
        self.types(&line);
        // What is typed is shown too: what follows counts.
        self.sees("echo =$?\r\n");
    }

    /// Waits until this has been shown, and forgets everything up to it.
    pub(crate) fn sees(&mut self, wanted: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.seen.find(wanted) {
                self.seen.drain(..at + wanted.len());
                return;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.screen.recv_timeout(left) {
                Ok(bytes) => self.seen += &String::from_utf8_lossy(&bytes),
                Err(_) => panic!("{wanted:?} is not seen, but {:?}", self.seen),
            }
        }
    }

    /// The command has ended with this code, and the shell asks for the next one.
    pub(crate) fn ends(&mut self, code: u8) {
        self.sees(&format!("={code}\r\n"));
        self.sees(PROMPT);
    }

    /// What `stty -a` says.
    pub(crate) fn settings(&mut self) -> String {
        self.types("stty -a > settings; echo ==\n");
        self.sees("\n==\r\n");
        self.sees(PROMPT);
        std::fs::read_to_string(self.home().join("settings")).unwrap()
    }

    /// The terminal goes away, as when its window is closed.
    pub(crate) fn hangs_up(&mut self) {
        self.keys = None;
        // The reading thread holds the terminal until it is hung up with the shell's end.
        self.bash.kill().unwrap();
        self.bash.wait().unwrap();
    }
}

fn resize(master: impl AsFd, rows: u16, columns: u16) {
    let size = Winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(master, size).unwrap();
}

impl Drop for Shell {
    fn drop(&mut self) {
        self.bash.kill().ok();
        self.bash.wait().ok();
    }
}
