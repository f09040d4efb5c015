//! Principals: who did something. Only a `human` opens a gate.

use serde::{Deserialize, Serialize};

use crate::Name;
use crate::words::words;

words! {
    /// What kind of caller somebody is.
    PrincipalKind ("kind of principal") {
        /// A person.
        Human = "human",
        /// A coding agent, or a worker on its behalf.
        Agent = "agent",
        /// Another program.
        Service = "service",
    }
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Principal {
    /// What kind of caller.
    pub kind: PrincipalKind,
    /// The name: of the user, of the token, of the agent.
    pub name: Name,
}

impl Principal {
    /// The server itself.
    #[must_use]
    pub fn server() -> Self {
        Self {
            kind: PrincipalKind::Service,
            name: Name::lossy("dashboardd"),
        }
    }
}

impl std::fmt::Display for Principal {
    /// `human:ada`, as it is kept.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}:{}", self.kind, self.name)
    }
}

impl std::str::FromStr for Principal {
    type Err = NotAPrincipal;

    fn from_str(text: &str) -> Result<Self, NotAPrincipal> {
        let (kind, name) = text.split_once(':').ok_or(NotAPrincipal)?;
        let kind = kind.parse().map_err(|_| NotAPrincipal)?;
        Ok(Self {
            kind,
            name: Name::parse(name).map_err(|_| NotAPrincipal)?,
        })
    }
}

/// A text that names nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a kind and a name such as human:ada")]
pub struct NotAPrincipal;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_principal_reads_as_it_is_written() {
        let ada = Principal {
            kind: PrincipalKind::Human,
            name: Name::lossy("ada: the first"),
        };
        assert_eq!(ada.to_string().parse(), Ok(ada));
        assert!("ada".parse::<Principal>().is_err());
    }
}
