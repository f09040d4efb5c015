//! What a child does between fork and exec: it asks to end with us, and may lead a session that owns a terminal.
//!
//! The only unsafe code here. `Command::process_group` needs none, but the standard library has no
//! safe way to make a new session.
#![allow(unsafe_code)]

use std::io;

use tokio::process::Command;

/// Lets the child be asked to end when we are killed: a command that nobody watches would work on beside the next
/// attempt. It holds for the thread that starts the child, which must live as long as the run.
pub(super) fn end_with_us(command: &mut Command) {
    #[cfg(target_os = "linux")]
    {
        let child = || {
            Ok(nix::sys::prctl::set_pdeathsig(
                nix::sys::signal::Signal::SIGTERM,
            )?)
        };
        // SAFETY: `prctl` is a bare system call; nothing here allocates, locks or panics.
        unsafe {
            command.pre_exec(child);
        }
    }
}

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
