//! `dashctl run -- CMD…`: runs any command as a run, and tells the server what it does.

pub(crate) mod environment;
pub(crate) mod habits;
mod observe;
mod threads;

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use client::Client;
use ingest::Agent;
use model::{Clock, FinishRun, Name, NewRun, Outcome, RunId, RunStarted, Text, Title};
use runner::{Blind, Command, Notices, Observer, Plan, Server, Show, Stdin};
use tokio::time::timeout;

use crate::cli::Global;
use crate::connect::connect;
use crate::print::tell;
use crate::{find, work};
use habits::Habits;
use observe::Watch;
pub(crate) use threads::Threads;

/// How long the start of a command waits for the server.
const START: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    /// The project, by slug or id [default: the ticket's or task's, else the current one]
    #[arg(short, long, env = "DASHBOARD_PROJECT")]
    project: Option<String>,
    /// The ticket that it works for
    #[arg(long, env = "DASHBOARD_TICKET_ID")]
    ticket: Option<String>,
    /// The task that it works on; starting it claims the task
    #[arg(long)]
    task: Option<String>,
    /// The run that it is a part of; a command that runs in a run is a part of that one
    #[arg(long, env = "DASHBOARD_RUN_ID", value_name = "RUN")]
    parent: Option<RunId>,
    /// What it does, in one line [default: the command]
    #[arg(long)]
    title: Option<Title>,
    /// Whose output it is: auto, claude, codex, none, or another agent's name
    #[arg(long, default_value = "auto", value_name = "AGENT")]
    agent: AgentChoice,
    /// Which model it uses
    #[arg(long)]
    model: Option<Name>,
    /// Give it a terminal of its own, so that prompts and colours work
    #[arg(short, long)]
    tty: bool,
    /// Stop it after so many seconds
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    max_runtime: Option<u32>,
    /// Seconds to wait after the command for a server that is away; what is left is delivered by the next run
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    linger: u32,
    #[command(flatten)]
    habits: Habits,
    /// Only deliver what earlier runs could not
    #[arg(long, conflicts_with = "command")]
    deliver: bool,
    /// Do what a worker hands over on standard input
    #[arg(long, hide = true, conflicts_with_all = ["command", "deliver"])]
    handed_over: bool,
    /// The command and its arguments
    #[arg(last = true, required_unless_present_any = ["deliver", "handed_over"], value_name = "CMD")]
    command: Vec<OsString>,
}

/// Whose output it is.
#[derive(Debug, Clone)]
enum AgentChoice {
    /// To be found out.
    Auto,
    /// One whose output is understood, or nobody's.
    Known(Agent),
    /// One whose output is text to us.
    Other(Name),
}

impl std::str::FromStr for AgentChoice {
    type Err = model::BadText;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Ok(match word {
            "auto" => Self::Auto,
            "claude" => Self::Known(Agent::Claude),
            "codex" => Self::Known(Agent::Codex),
            "none" => Self::Known(Agent::None),
            other => Self::Other(Name::parse(other)?),
        })
    }
}

/// Runs the command; gives its exit code.
pub(crate) async fn run(global: &Global, args: Box<RunArgs>) -> anyhow::Result<ExitCode> {
    if args.handed_over {
        return work::attempt::run().await;
    }
    let client = connect(global)?;
    let spools = args.habits.spools(&client)?;
    let notices = notices(args.tty);
    let server = Arc::new(Server::new(client.clone()));
    if args.deliver {
        let runs = runner::deliver_leftovers(&*server, &spools, &notices).await?;
        notices.say(&format!("delivered what was left of {runs} runs"));
        return Ok(ExitCode::SUCCESS);
    }
    let new = new_run(&args, &client).await?;
    let started = start(&client, &new, &notices).await?;
    if let Some(started) = &started {
        server.started(started);
    }
    if global.is_for_programs() {
        // The command's own output goes to stdout.
        tell(serde_json::json!({ "run_id": new.id, "started": started.is_some() }));
    }
    let knows = started.is_some().then(|| client.clone());
    let threads = Threads::new(knows, notices.clone());
    let run = new.id.unwrap_or_default();
    let observer = match &args.agent {
        AgentChoice::Auto => by_command(&args.command, run, threads),
        AgentChoice::Known(Agent::None) | AgentChoice::Other(_) => Box::new(Blind),
        AgentChoice::Known(agent) => by_agent(*agent, &args.command, run, threads),
    };
    let plan = plan(args, new, started, spools, &client);
    // Ends with this function: what it has not delivered then waits for the next run.
    let mut leftovers = tokio::task::JoinSet::new();
    if plan.started.is_some() {
        let (server, spools) = (Arc::clone(&server), plan.spools.clone());
        leftovers.spawn(deliver_leftovers(server, spools, notices.clone()));
    }
    let linger = plan.linger;
    let own = plan.started.as_ref().map(|begun| own(&client, begun));
    let report = match runner::run(plan, server, observer, Show::ours(), notices).await {
        Ok(report) => report,
        Err(error) => {
            if let Some(own) = &own {
                give_up(own, run, &error).await;
            }
            return Err(error.into());
        }
    };
    if report.waiting == 0 {
        timeout(linger, leftovers.join_next()).await.ok();
    }
    Ok(ExitCode::from(u8::try_from(report.exit_code).unwrap_or(1)))
}

/// A client that may write to a run.
fn own(client: &Client, begun: &RunStarted) -> Client {
    let client = match &begun.run_token {
        Some(token) => client.with_token(token),
        None => client.clone(),
    };
    match begun.run.task_id {
        Some(_) => client.with_lease(begun.run.lease_epoch),
        None => client,
    }
}

/// Ends a run whose command could not be run or watched: nobody else would.
async fn give_up(client: &Client, run: RunId, why: &runner::Error) {
    let end = FinishRun {
        error: Some(Text::lossy(&format!("{why}"))),
        ..FinishRun::new(Outcome::SpawnFailed)
    };
    // The caller hears why, whether or not the server does.
    timeout(START, client.finish_run(run, &end)).await.ok();
}

async fn deliver_leftovers(server: Arc<Server>, spools: PathBuf, notices: Notices) {
    if let Err(error) = runner::deliver_leftovers(&*server, &spools, &notices).await {
        notices.say(&format!(
            "what earlier runs left cannot be delivered: {error}"
        ));
    }
}

/// What the person should know goes to stderr. In raw mode a line feed alone does not begin a line.
fn notices(tty: bool) -> Notices {
    let end = if tty { "\r\n" } else { "\n" };
    Notices::new(move |line| {
        // A terminal that is gone must not end the command.
        write!(std::io::stderr(), "dashctl: {line}{end}").ok();
    })
}

async fn new_run(args: &RunArgs, client: &Client) -> anyhow::Result<NewRun> {
    let ticket_id = match &args.ticket {
        Some(ticket) => Some(find::ticket(client, ticket).await?),
        None => None,
    };
    let task_id = match &args.task {
        Some(task) => Some(find::task(client, task).await?),
        None => None,
    };
    let words = args.command.iter().map(|word| word.to_string_lossy());
    let cwd = std::env::current_dir().context("find the current directory")?;
    let host = nix::unistd::gethostname().ok();
    Ok(NewRun {
        id: Some(RunId::new()),
        project: args.project.clone(),
        ticket_id,
        task_id,
        parent_run_id: args.parent,
        title: args.title.clone(),
        agent: agent_name(args),
        model: args.model.clone(),
        host: host.map(|host| Name::lossy(&host.to_string_lossy())),
        worker_pid: Some(i64::from(std::process::id())),
        command: words.take(1000).map(|word| Text::lossy(&word)).collect(),
        cwd: Some(Text::lossy(&cwd.to_string_lossy())),
        max_runtime_seconds: args.max_runtime.map(i64::from),
        started_at: Some(Clock::System.now()),
        ..NewRun::default()
    })
}

fn agent_name(args: &RunArgs) -> Option<Name> {
    let agent = match &args.agent {
        AgentChoice::Other(name) => return Some(name.clone()),
        AgentChoice::Known(agent) => *agent,
        AgentChoice::Auto => Agent::detect(&words(&args.command), None),
    };
    agent.name().map(Name::lossy)
}

pub(crate) fn words(command: &[OsString]) -> Vec<String> {
    let words = command.iter().map(|word| word.to_string_lossy());
    words.map(std::borrow::Cow::into_owned).collect()
}

/// Starts the run; `None` when the server is away. What it refuses is not run.
async fn start(
    client: &Client,
    new: &NewRun,
    notices: &Notices,
) -> anyhow::Result<Option<RunStarted>> {
    let why = match timeout(START, client.create_run(new)).await {
        Ok(Ok(started)) => {
            let run = started.run.id;
            if let Some(server) = client.server().filter(|_| std::io::stderr().is_terminal()) {
                let address = server.as_str().trim_end_matches('/');
                notices.say(&format!("{address}/runs/{run}"));
            }
            return Ok(Some(started));
        }
        Ok(Err(error)) if error.is_transient() => format!("{:#}", anyhow::Error::from(error)),
        Ok(Err(error)) => return Err(error).context("start the run"),
        Err(_) => format!("no answer within {} s", START.as_secs()),
    };
    notices.say(&format!(
        "the server is away, the run is recorded for later: {why}"
    ));
    Ok(None)
}

/// Finds out by the command and what it prints whose output it is.
pub(crate) fn by_command(command: &[OsString], run: RunId, threads: Threads) -> Box<dyn Observer> {
    let decoder = ingest::Decoder::auto(&words(command));
    Box::new(Watch::new(decoder, run, Clock::System, threads))
}

fn by_agent(agent: Agent, command: &[OsString], run: RunId, threads: Threads) -> Box<dyn Observer> {
    let decoder = ingest::Decoder::for_agent(agent).with_command(&words(command));
    Box::new(Watch::new(decoder, run, Clock::System, threads))
}

fn plan(
    args: Box<RunArgs>,
    new: NewRun,
    started: Option<RunStarted>,
    spools: PathBuf,
    client: &Client,
) -> Plan {
    let seconds = |seconds: u32| Duration::from_secs(seconds.into());
    let env = environment::of_run(client, &new, started.as_ref());
    Plan {
        command: Command {
            argv: args.command,
            cwd: None,
            env,
            tty: args.tty,
            stdin: Stdin::Ours,
        },
        new,
        started,
        grace: args.habits.grace(),
        max_runtime: args.max_runtime.map(seconds),
        heartbeat: args.habits.heartbeat(),
        spools,
        spool_limit: args.habits.spool_limit(),
        linger: seconds(args.linger),
        usage_command: args.habits.usage_command(),
        clock: Clock::System,
    }
}
