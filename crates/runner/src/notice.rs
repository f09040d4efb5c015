//! Notices: what the person at the terminal should know.

use std::sync::Arc;

/// Takes one line for the person at the terminal.
#[derive(Clone)]
pub struct Notices(Arc<dyn Fn(&str) + Send + Sync>);

impl Notices {
    /// Shows every notice by `show`.
    pub fn new(show: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(show))
    }

    /// Shows a line.
    pub fn say(&self, line: &str) {
        (self.0)(line);
    }
}

impl std::fmt::Debug for Notices {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Notices")
    }
}
