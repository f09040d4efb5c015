//! What a child does between fork and exec: it leads a session that owns a terminal.
//!
//! The only unsafe code here. `Command::process_group` needs none, but the standard library has no
//! safe way to make a new session.
#![allow(unsafe_code)]

use std::io;

use tokio::process::Command;

/// Makes the child lead a new session whose controlling terminal is its stdin.
pub(super) fn lead_session(command: &mut Command) {
    let child = || {
        nix::unistd::setsid()?;
        rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())?;
        Ok::<(), io::Error>(())
    };
    // SAFETY: between fork and exec only async-signal-safe functions may be called. `setsid` and
    // `ioctl` are bare system calls; nothing here allocates, locks or panics.
    unsafe {
        command.pre_exec(child);
    }
}
