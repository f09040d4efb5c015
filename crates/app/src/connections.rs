//! Open streams, counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use model::Connections;

use crate::App;

/// Over what a stream travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// A WebSocket.
    Ws,
    /// Server-sent events.
    Sse,
}

impl App {
    /// How many streams are open.
    #[must_use]
    pub fn connections(&self) -> Connections {
        self.connected().count()
    }
}

/// How many streams are open.
#[derive(Debug, Default)]
pub(crate) struct Connected {
    ws: AtomicI64,
    sse: AtomicI64,
}

impl Connected {
    /// Counts a stream for as long as the answer lives.
    pub(crate) fn connect(self: &Arc<Self>, over: Transport) -> Connection {
        self.of(over).fetch_add(1, Ordering::Relaxed);
        Connection {
            connected: Arc::clone(self),
            over,
        }
    }

    pub(crate) fn count(&self) -> Connections {
        Connections {
            ws: self.ws.load(Ordering::Relaxed),
            sse: self.sse.load(Ordering::Relaxed),
        }
    }

    fn of(&self, over: Transport) -> &AtomicI64 {
        match over {
            Transport::Ws => &self.ws,
            Transport::Sse => &self.sse,
        }
    }
}

/// One open stream.
#[derive(Debug)]
pub(crate) struct Connection {
    connected: Arc<Connected>,
    over: Transport,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.connected.of(self.over).fetch_sub(1, Ordering::Relaxed);
    }
}
