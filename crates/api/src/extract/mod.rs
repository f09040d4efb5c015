//! What is read from a request: each kind of thing says once, here, how it is refused.

mod body;
mod by;
mod list;
mod ndjson;
mod path;
mod query;
mod strict;
mod values;
mod version;

pub(crate) use body::{Body, MaybeBody, OneOrMany, parse, read as read_body};
pub(crate) use by::{By, ClientAddress, bearer_of, header_text, hooked, login_of, nobody};
pub(crate) use list::{List, NoFilter, PageQuery, limit};
pub(crate) use ndjson::{Lines, require_lines};
pub(crate) use path::{At, ProjectAt};
pub(crate) use query::{Needle, Query, project_id};
pub(crate) use version::IfMatch;
