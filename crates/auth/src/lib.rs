//! Who is calling and what they may do: pure policy, hashing and the small memory that goes with it.
//!
//! Nothing here reads a table or a socket: callers bring the headers, the rows and the time.
//! Start with [`Caller`].

mod attempts;
mod caller;
mod cookie;
mod csrf;
mod header;
mod once;
mod origin;
pub mod password;
mod scopes;
mod secret;
mod subprotocol;

pub use attempts::{Attempts, TooMany};
pub use caller::{Caller, Credential, Denied, OwnRun};
pub use cookie::CookieRule;
pub use csrf::{csrf_matches, csrf_token};
pub use header::{bearer, client_address};
pub use once::Once;
pub use origin::Hosts;
pub use scopes::Scopes;
pub use secret::{BadSecret, Secret, SecretHash};
pub use subprotocol::{Offer, SUBPROTOCOL};
