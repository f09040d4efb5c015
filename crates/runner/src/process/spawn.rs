//! Starting a command: in a process group of its own, or in a session with a terminal of its own.

use std::fs::File;
use std::io;
use std::process::Stdio;

use model::LogStream;
use tokio::io::AsyncRead;
use tokio::process::Child;

use super::session::{end_with_us, lead_session};
use super::terminal::Master;
use super::tree::Tree;
use super::{Command, Stdin};

/// A command that runs.
pub(crate) struct Spawned {
    /// Its first process.
    pub(crate) child: Child,
    /// That process and all that it started.
    pub(crate) tree: Tree,
    /// What it prints.
    pub(crate) outputs: Vec<(LogStream, Box<dyn AsyncRead + Send + Unpin>)>,
    /// Its terminal, where it has one.
    pub(crate) master: Option<Master>,
}

/// Starts a command.
pub(crate) fn spawn(command: &Command) -> io::Result<Spawned> {
    let (program, arguments) = command
        .argv
        .split_first()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no command was given"))?;
    let mut child = tokio::process::Command::new(program);
    child.args(arguments).kill_on_drop(true);
    command.apply_to(&mut child);
    end_with_us(&mut child);
    match &command.stdin {
        Stdin::Ours => {}
        Stdin::Nothing => drop(child.stdin(Stdio::null())),
        Stdin::File(path) => drop(child.stdin(File::open(path)?)),
    }
    if command.tty {
        with_terminal(child)
    } else {
        with_pipes(child)
    }
}

fn with_pipes(mut command: tokio::process::Command) -> io::Result<Spawned> {
    command
        .process_group(0)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let (mut child, tree) = Tree::plant(&mut command)?;
    let mut outputs: Vec<(LogStream, Box<dyn AsyncRead + Send + Unpin>)> = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        outputs.push((LogStream::Stdout, Box::new(stdout)));
    }
    if let Some(stderr) = child.stderr.take() {
        outputs.push((LogStream::Stderr, Box::new(stderr)));
    }
    Ok(Spawned {
        child,
        tree,
        outputs,
        master: None,
    })
}

fn with_terminal(mut command: tokio::process::Command) -> io::Result<Spawned> {
    let (master, slave) = Master::open()?;
    command
        .stdin(slave.try_clone()?)
        .stdout(slave.try_clone()?)
        .stderr(slave);
    lead_session(&mut command);
    let (child, tree) = Tree::plant(&mut command)?;
    // A terminal has one output; what was stderr cannot be told from it any more.
    let outputs: Vec<(_, Box<dyn AsyncRead + Send + Unpin>)> =
        vec![(LogStream::Stdout, Box::new(master.output()?))];
    Ok(Spawned {
        child,
        tree,
        outputs,
        master: Some(master),
    })
}
