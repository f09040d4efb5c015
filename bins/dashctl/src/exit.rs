//! Exit codes: 0 done, 1 unforeseen, 2 wrong usage, and one for each kind of refusal.

use std::process::ExitCode;

use client::Error;
use model::ProblemKind;

const UNFORESEEN: u8 = 1;
const NOT_FOUND: u8 = 3;
const NOT_ALLOWED: u8 = 4;
const CONFLICT: u8 = 5;
const INVALID: u8 = 6;
const UNREACHABLE: u8 = 7;

/// Says what went wrong, and gives the code for it.
pub(crate) fn failed(error: &anyhow::Error) -> ExitCode {
    if is_broken_pipe(error) {
        return ExitCode::SUCCESS;
    }
    eprintln!("dashctl: {error:#}");
    let refusal = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<Error>());
    if let Some(advice) = refusal.and_then(advice) {
        eprintln!("{advice}");
    }
    ExitCode::from(refusal.map_or(UNFORESEEN, code))
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
        _ => None,
    }
}

/// Somebody closed our output, as `head` does: there is nobody left to tell.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<std::io::Error>());
    io.is_some_and(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe)
}
