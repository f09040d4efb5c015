//! `dashctl work --agent NAME… --exec CMD…`: takes tasks from the server and runs the command for each.
//!
//! The worker itself only takes tasks and watches. Every task gets a process of its own (`attempt.rs`), which goes on
//! when the worker ends in whatever way.

mod again;
pub(crate) mod attempt;
mod children;
mod claims;
mod command;
mod context;
pub(crate) mod git;
mod handover;
mod hints;
pub(crate) mod hold;
mod last_words;
mod name;
mod placeholders;
mod private;
mod programs;
mod prompt;
mod supervisor;
mod sweep;
mod trouble;
mod word;
mod workspace;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use model::{ClaimWork, Name};

use crate::cli::Global;
use crate::connect::connect;
use crate::exit::Refused;
use crate::run::habits::{Habits, state_directory};
use handover::Way;
use name::OwnName;
use supervisor::Supervisor;

#[derive(Debug, clap::Args)]
#[command(after_help = hints::HINTS)]
pub(crate) struct WorkArgs {
    /// An agent profile that it can run; may be given several times. Tasks for nobody in particular get the first
    #[arg(
        short,
        long = "agent",
        required = true,
        value_delimiter = ',',
        value_name = "NAME"
    )]
    agents: Vec<Name>,
    /// Something that it is able to do; may be given several times
    #[arg(long = "skill", value_delimiter = ',', value_name = "NAME")]
    skills: Vec<Name>,
    /// A project that it works for, by slug or id; may be given several times [default: all]
    #[arg(short, long = "project", value_delimiter = ',', value_name = "PROJECT")]
    projects: Vec<String>,
    /// What it calls itself [default: the machine's name, with a number from the second worker on]
    #[arg(long)]
    name: Option<Name>,
    /// So many tasks at once
    #[arg(short, long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=100))]
    jobs: u8,
    /// Where it makes workspaces [default: in the user's state directory]
    #[arg(long, value_name = "DIR")]
    workspaces: Option<PathBuf>,
    /// Tasks may name directories and repositories in here; may be given several times [default: the current directory]
    #[arg(long = "root", value_name = "DIR")]
    roots: Vec<PathBuf>,
    /// A file with the prompt, in place of the built-in one
    #[arg(long, value_name = "FILE")]
    prompt: Option<PathBuf>,
    /// Which model the agents use
    #[arg(long)]
    model: Option<Name>,
    #[command(flatten)]
    habits: Habits,
    /// The command and its arguments: all that follows
    #[arg(long, required = true, num_args = 1.., allow_hyphen_values = true, value_name = "CMD")]
    exec: Vec<OsString>,
}

/// Works until it is told to stop.
pub(crate) async fn work(global: &Global, args: Box<WorkArgs>) -> anyhow::Result<ExitCode> {
    let client = connect(global)?;
    let managed = managed(args.workspaces.as_deref())?;
    let own = match &args.name {
        Some(name) => OwnName::given(name.clone()),
        None => OwnName::find(&managed)?,
    };
    let claim = ClaimWork {
        worker: own.name().clone(),
        host: name::host(),
        version: Some(Name::lossy(env!("CARGO_PKG_VERSION"))),
        agents: args.agents.clone(),
        skills: args.skills.clone(),
        projects: args.projects.clone(),
        capacity: Some(args.jobs.into()),
        count: None,
        wait_seconds: None,
        holding: None,
    };
    let way = way(*args, managed, &client)?;
    let worked = Supervisor::new(client, claim, way)?.work().await;
    // Until here nobody else may take the name.
    drop(own);
    worked.map(|()| ExitCode::SUCCESS)
}

/// Where workspaces are made.
pub(crate) fn managed(given: Option<&Path>) -> anyhow::Result<PathBuf> {
    let path = match given {
        Some(path) => path.to_owned(),
        None => state_directory()?.join("workspaces"),
    };
    let made = private::directory(&path).and_then(|()| path.canonicalize());
    made.with_context(|| format!("make {}", path.display()))
}

fn unusable(what: &str, path: &Path, error: &std::io::Error) -> anyhow::Error {
    Refused::invalid(format!("{what} {}: {error}", path.display()))
}

fn way(args: WorkArgs, managed: PathBuf, client: &client::Client) -> anyhow::Result<Way> {
    command::check(&args.exec)?;
    let mut roots = args.roots;
    if roots.is_empty() {
        roots.push(PathBuf::from("."));
    }
    let roots = roots.into_iter().map(|root| {
        let found = root.canonicalize();
        found.map_err(|error| unusable("find the directory", &root, &error))
    });
    let template = match &args.prompt {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| unusable("read the prompt", path, &error))?,
        None => prompt::BUILT_IN.to_owned(),
    };
    prompt::check(&template)?;
    Ok(Way {
        server: client.server().map(ToString::to_string).unwrap_or_default(),
        exec: args.exec,
        managed,
        roots: roots.collect::<anyhow::Result<_>>()?,
        template,
        model: args.model,
        spools: args.habits.spools(client)?,
        habits: args.habits,
    })
}
