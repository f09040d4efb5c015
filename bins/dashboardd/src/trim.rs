//! Giving memory back. What the start needs for a moment, such as the description of the whole API, stays with the
//! allocator: eleven megabytes that an idle server would hold for as long as it lives.
#![allow(unsafe_code)]

/// Gives back what is free.
pub(crate) fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it takes a number and may be called at any time, from any thread.
    unsafe {
        nix::libc::malloc_trim(0);
    }
}
