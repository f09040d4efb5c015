//! Terminals: one of its own for the command, and ours while it stands behind that one.

use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout};
use nix::pty::OpenptyResult;
use nix::sys::termios::{self, SetArg, Termios};
use tokio::net::unix::pipe;
use tokio::sync::mpsc;

/// The byte that means the end of input to a terminal in its usual mode (Ctrl-D).
const END_OF_INPUT: u8 = 4;

/// Our side of the command's terminal.
#[derive(Debug)]
pub(crate) struct Master {
    fd: OwnedFd,
}

impl Master {
    /// A new terminal as large as ours; also gives the command's side.
    pub(super) fn open() -> io::Result<(Self, OwnedFd)> {
        let OpenptyResult { master, slave } = nix::pty::openpty(None, None)?;
        for side in [&master, &slave] {
            fcntl(side, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
        }
        let flags = OFlag::from_bits_retain(fcntl(&master, FcntlArg::F_GETFL)?);
        fcntl(&master, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
        let master = Self { fd: master };
        master.copy_size();
        Ok((master, slave))
    }

    /// What the command prints. It ends with an error (EIO) when nobody has the other side open.
    pub(super) fn output(&self) -> io::Result<pipe::Receiver> {
        pipe::Receiver::from_owned_fd_unchecked(self.fd.try_clone()?)
    }

    /// What is typed.
    pub(crate) fn input(&self) -> io::Result<pipe::Sender> {
        pipe::Sender::from_owned_fd_unchecked(self.fd.try_clone()?)
    }

    /// Gives it the size of our own terminal, where we have one.
    pub(crate) fn copy_size(&self) {
        let size = rustix::termios::tcgetwinsize(io::stdout())
            .or_else(|_| rustix::termios::tcgetwinsize(io::stdin()));
        if let Ok(size) = size
            && let Err(error) = rustix::termios::tcsetwinsize(&self.fd, size)
        {
            tracing::debug!(%error, "set the size of the terminal");
        }
    }
}

/// Our keyboard, read for the command's terminal. Dropped, it puts our terminal back as it was.
#[derive(Debug)]
pub(crate) struct Keyboard {
    before: Option<Termios>,
    /// Closed by the drop, which ends the thread that reads.
    _stop: io::PipeWriter,
}

impl Keyboard {
    /// Reads our stdin until dropped; a terminal is put into raw mode, so that every key goes through.
    pub(crate) fn open() -> io::Result<(Self, mpsc::Receiver<Vec<u8>>)> {
        let (stopped, stop) = io::pipe()?;
        let (keys, read) = mpsc::channel(16);
        let before = raw_mode()?;
        std::thread::Builder::new()
            .name("keyboard".to_owned())
            .spawn(move || {
                if let Err(error) = read_keys(&stopped, &keys) {
                    tracing::debug!(%error, "read the keyboard");
                }
            })?;
        Ok((
            Self {
                before,
                _stop: stop,
            },
            read,
        ))
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        if let Some(before) = &self.before
            && let Err(error) = termios::tcsetattr(io::stdin(), SetArg::TCSADRAIN, before)
        {
            tracing::debug!(%error, "put the terminal back");
        }
    }
}

fn raw_mode() -> io::Result<Option<Termios>> {
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    let before = termios::tcgetattr(io::stdin())?;
    let mut raw = before.clone();
    termios::cfmakeraw(&mut raw);
    termios::tcsetattr(io::stdin(), SetArg::TCSADRAIN, &raw)?;
    Ok(Some(before))
}

/// Waits on the keyboard and the stop at once: a bare read could not be ended and would steal a key
/// from whoever reads next.
fn read_keys(stopped: &io::PipeReader, keys: &mpsc::Sender<Vec<u8>>) -> io::Result<()> {
    let stdin = io::stdin();
    let mut buffer = [0; 4096];
    loop {
        if wait_for(stdin.as_fd(), stopped.as_fd())? {
            return Ok(());
        }
        let length = nix::unistd::read(&stdin, &mut buffer)?;
        let bytes = if length == 0 {
            &[END_OF_INPUT]
        } else {
            &buffer[..length]
        };
        if keys.blocking_send(bytes.to_vec()).is_err() || length == 0 {
            return Ok(());
        }
    }
}

fn wait_for(input: BorrowedFd<'_>, stopped: BorrowedFd<'_>) -> io::Result<bool> {
    let mut fds = [
        PollFd::new(input, PollFlags::POLLIN),
        PollFd::new(stopped, PollFlags::POLLIN),
    ];
    loop {
        match nix::poll::poll(&mut fds, PollTimeout::NONE) {
            Err(nix::errno::Errno::EINTR) => {}
            result => {
                result?;
                return Ok(fds[1].any().unwrap_or(true));
            }
        }
    }
}
