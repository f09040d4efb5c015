//! Memory: jemalloc in place of the system's allocator, for SQLite, too.
//!
//! What one thread allocates another often frees: a request's text is written by the writer, and what the writer read is answered
//! by whoever serves. The allocator of glibc has threads wait for each other then. And a thread of jemalloc's own gives back what
//! is free after a second, such as what the start needed for the description of the whole API.

/// The allocator.
#[global_allocator]
static JEMALLOC: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// What jemalloc reads before the program begins.
#[allow(unsafe_code)]
// SAFETY: nothing else has this name, and it is what jemalloc expects there: a pointer to a text that ends with zero.
#[unsafe(export_name = "malloc_conf")]
static SETTINGS: &[u8; 60] = b"background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0\0";
