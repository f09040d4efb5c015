//! Query parameters: typed, and none that nobody knows.

use app::App;
use auth::Caller;
use axum::extract::FromRequestParts;
use http::request::Parts;
use model::{ProblemKind, ProjectId, ProjectRef};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use super::values;
use crate::failure::Failure;
use crate::state::Api;

/// The parameters of a query.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<Api> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Failure> {
        read(values::parse(parts.uri.query().unwrap_or_default())).map(Self)
    }
}

/// Reads parameters; what is wrong is named by its parameter.
pub(super) fn read<T: DeserializeOwned>(
    parameters: std::collections::BTreeMap<String, values::Values>,
) -> Result<T, Failure> {
    serde_path_to_error::deserialize(values::deserializer(parameters)).map_err(|error| {
        let parameter = error
            .path()
            .iter()
            .next()
            .map(ToString::to_string)
            .or_else(|| missing(error.inner()))
            .unwrap_or_default();
        Failure::field(ProblemKind::Malformed, parameter, error.into_inner())
    })
}

/// The parameter that is not there.
fn missing(error: &impl std::fmt::Display) -> Option<String> {
    let text = error.to_string();
    let rest = text.strip_prefix("missing field `")?;
    Some(rest.split('`').next()?.to_owned())
}

/// A text to look for: at most 500 characters, none of them U+0000.
#[derive(Debug, Clone)]
pub(crate) struct Needle(String);

impl<'de> Deserialize<'de> for Needle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let text = String::deserialize(deserializer)?;
        if text.contains('\0') {
            return Err(D::Error::custom("must not hold the character U+0000"));
        }
        match text.chars().nth(500) {
            None => Ok(Self(text)),
            Some(_) => Err(D::Error::custom("must not be longer than 500 characters")),
        }
    }
}

impl From<Needle> for String {
    fn from(needle: Needle) -> Self {
        needle.0
    }
}

/// The id of a project that a query names by slug or id. What can be neither names nothing.
pub(crate) async fn project_id(
    app: &App,
    caller: &Caller,
    name: Option<String>,
) -> Result<Option<ProjectId>, Failure> {
    let Some(name) = name else {
        return Ok(None);
    };
    let name: ProjectRef = name
        .parse()
        .map_err(|_| Failure::not_found("there is no such project"))?;
    Ok(Some(app.find_project(caller, &name).await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq, Default)]
    #[serde(deny_unknown_fields, default)]
    struct Looks {
        status: Vec<model::TicketStatus>,
        limit: Option<i64>,
        archived: bool,
        q: Option<String>,
        since: Option<model::Timestamp>,
        id: Option<model::RunId>,
    }

    #[derive(Debug, Deserialize)]
    struct Named {
        #[expect(dead_code, reason = "it is not there")]
        name: model::FileName,
    }

    #[test]
    fn what_is_missing_is_named() {
        let refused = read::<Named>(values::parse("")).map_err(|failure| format!("{failure:?}"));
        assert!(refused.unwrap_err().contains("pointer: \"name\""));
    }

    fn look(query: &str) -> Result<Looks, String> {
        read(values::parse(query)).map_err(|failure| format!("{failure:?}"))
    }

    #[test]
    fn lists_are_repeated_or_separated_by_commas() {
        use model::TicketStatus::{Done, Failed, Queued};
        let found = look("status=queued,done&status=failed&archived=true&limit=7&q=a%20b").unwrap();
        assert_eq!(found.status, [Queued, Done, Failed]);
        assert_eq!(
            (found.limit, found.archived, found.q.as_deref()),
            (Some(7), true, Some("a b"))
        );
        assert_eq!(look("status=&q=").unwrap().status, []);
    }

    #[test]
    fn every_kind_of_value_is_read() {
        let id = model::RunId::new();
        let found = look(&format!("id={id}&since=2026-03-05T10:00:00Z")).unwrap();
        assert_eq!(found.id, Some(id));
        assert!(found.since.is_some());
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (query, expected) in [
            ("colour=red", "unknown field `colour`"),
            ("colour=red", "pointer: \"colour\""),
            ("status=lost", "expected one of `queued`"),
            ("status=lost", "pointer: \"status\""),
            ("limit=many", "not a whole number"),
            ("limit=1&limit=2", "only once"),
            ("archived=maybe", "neither true nor false"),
            ("limit=", "not a whole number"),
        ] {
            let refused = look(query).unwrap_err();
            assert!(refused.contains(expected), "{query}: {refused}");
        }
    }
}
