//! What came of the histories.

macro_rules! figures {
    ($($(#[$meta:meta])* $name:ident,)*) => {
        /// What came of the histories.
        #[derive(Debug, Default, Clone, Copy)]
        pub(super) struct Figures {
            $($(#[$meta])* pub(super) $name: u64,)*
        }

        impl Figures {
            pub(super) fn add(&mut self, other: Self) {
                $(self.$name += other.$name;)*
            }
        }
    };
}

figures! {
    /// Things that happened.
    moves,
    /// Tasks that a worker took.
    claims,
    /// Words of workers that were fenced off.
    refused,
    lies,
    wakes,
    jumps,
    restarts,
    reclaimed,
    /// Orders of people and programs, drags, bulks, links and removals that were carried out.
    orders,
    /// Those that were refused, each of which changed nothing.
    declined,
    /// Workers that were gone before they heard of their task.
    dropped,
    /// Runs that went with their task.
    deleted,
    /// Tasks that were done in the end, or put away.
    done,
}
