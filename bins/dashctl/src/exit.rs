//! Exit codes: 0 done, 1 unforeseen, 2 wrong usage, and one for each kind of refusal, the server's and our own.

use std::process::ExitCode;

use client::Error;
use model::ProblemKind;

use crate::print::tell;

const UNFORESEEN: u8 = 1;
const USAGE: u8 = 2;
const NOT_FOUND: u8 = 3;
const NOT_ALLOWED: u8 = 4;
const CONFLICT: u8 = 5;
const INVALID: u8 = 6;
const UNREACHABLE: u8 = 7;

/// What `dashctl --help` says of them.
pub(crate) const HELP: &str = "\
Exit codes: 0 done, 1 something unforeseen, 2 wrong usage, 3 not found, 4 not allowed, 5 not as things stand now (another
was first, a move that is not possible), 6 not valid (also a part of an id that fits several), 7 the server cannot be reached.
`run` passes its command's code on.";

/// Something that is refused without asking the server.
#[derive(Debug)]
pub(crate) struct Refused {
    code: u8,
    why: String,
}

impl Refused {
    /// It cannot be said like this.
    pub(crate) fn usage(why: impl Into<String>) -> anyhow::Error {
        Self::with(USAGE, why)
    }

    /// There is no such thing.
    pub(crate) fn not_found(why: impl Into<String>) -> anyhow::Error {
        Self::with(NOT_FOUND, why)
    }

    /// Nobody says who calls.
    pub(crate) fn not_allowed(why: impl Into<String>) -> anyhow::Error {
        Self::with(NOT_ALLOWED, why)
    }

    /// As things stand, it cannot be done.
    pub(crate) fn conflict(why: impl Into<String>) -> anyhow::Error {
        Self::with(CONFLICT, why)
    }

    /// What was said is not valid, or not clear.
    pub(crate) fn invalid(why: impl Into<String>) -> anyhow::Error {
        Self::with(INVALID, why)
    }

    fn with(code: u8, why: impl Into<String>) -> anyhow::Error {
        let why = why.into();
        Self { code, why }.into()
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.why)
    }
}

impl std::error::Error for Refused {}

/// Says what went wrong, and gives the code for it.
pub(crate) fn failed(error: &anyhow::Error) -> ExitCode {
    if is_broken_pipe(error) {
        return ExitCode::SUCCESS;
    }
    tell(format_args!("dashctl: {error:#}"));
    let refusal = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<Error>());
    if let Some(advice) = refusal.and_then(advice) {
        tell(advice);
    }
    let own = error.downcast_ref::<Refused>().map(|refused| refused.code);
    ExitCode::from(own.or(refusal.map(code)).unwrap_or(UNFORESEEN))
}

fn code(error: &Error) -> u8 {
    match error.kind() {
        Some(ProblemKind::NotFound) => NOT_FOUND,
        Some(ProblemKind::Unauthenticated | ProblemKind::Forbidden) => NOT_ALLOWED,
        Some(
            ProblemKind::StaleVersion
            | ProblemKind::MoveNotAllowed
            | ProblemKind::AlreadyExists
            | ProblemKind::LeaseLost,
        ) => CONFLICT,
        Some(
            ProblemKind::Malformed
            | ProblemKind::Invalid
            | ProblemKind::TooLarge
            | ProblemKind::UnsupportedMediaType
            | ProblemKind::MethodNotAllowed
            | ProblemKind::Unsupported,
        ) => INVALID,
        _ if error.is_transient() => UNREACHABLE,
        _ => UNFORESEEN,
    }
}

fn advice(error: &Error) -> Option<&'static str> {
    match error {
        Error::Unreachable(_) if error.is_untrusted() => Some(
            "The server's certificate is not trusted here: SSL_CERT_FILE names a file with the one that signed it.",
        ),
        Error::Unreachable(_) => Some(
            "Is the server running? `dashboardd` starts it; --server or `dashctl login` names another.",
        ),
        Error::Problem(problem) if problem.kind() == Some(ProblemKind::Unauthenticated) => Some(
            "`dashctl login` remembers a token; --token and DASHBOARD_TOKEN give one for once.",
        ),
        Error::Problem(problem) if asks_again(problem) => {
            Some("`dashctl channels update --secret` reads it from standard input.")
        }
        _ => None,
    }
}

/// Whether a channel's secret must be given with the change.
fn asks_again(problem: &model::Problem) -> bool {
    let mut details = problem.errors.iter().map(|field| &field.detail);
    details.any(|detail| detail.starts_with("must be given again"))
}

/// Somebody closed our output, as `head` does: there is nobody left to tell.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<std::io::Error>());
    io.is_some_and(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe)
}
