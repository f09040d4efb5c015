//! The command line as a whole. The arguments of a noun stand in the noun's own file.

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::{
    backup, board, channels, contexts, dispatch, events, inbox, limits, llm_calls, login,
    preferences, print, projects, questions, run, runs, search, stats, steps, tasks, tickets,
    tokens, users, work, workers, workspaces,
};

/// Talk to a dashboardd server: see and steer what your coding agents do.
#[derive(Debug, Parser)]
#[command(
    name = "dashctl",
    version,
    propagate_version = true,
    max_term_width = 100,
    after_help = crate::exit::HELP
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command understands.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// The server's address [default: that of the context, or http://127.0.0.1:8080]
    #[arg(long, env = "DASHBOARD_SERVER", global = true, value_name = "URL")]
    pub(crate) server: Option<String>,
    /// The token to call with [default: that of the context]
    #[arg(long, env = "DASHBOARD_TOKEN", global = true, hide_env_values = true)]
    pub(crate) token: Option<String>,
    /// The context to use instead of the current one
    #[arg(long, env = "DASHBOARD_CONTEXT", global = true, value_name = "NAME")]
    pub(crate) context: Option<String>,
    /// Print JSON
    #[arg(long, global = true, conflicts_with = "jsonl")]
    pub(crate) json: bool,
    /// Print one JSON object a line
    #[arg(long, global = true)]
    pub(crate) jsonl: bool,
    /// How much tables show
    #[arg(short, long, global = true, value_name = "FORM")]
    pub(crate) output: Option<Output>,
}

impl Global {
    /// The server that is named. An empty one is none: settings of others are often so.
    pub(crate) fn given_server(&self) -> Option<String> {
        self.server.clone().filter(|server| !server.is_empty())
    }

    /// The token that is given, likewise.
    pub(crate) fn given_token(&self) -> Option<String> {
        self.token.clone().filter(|token| !token.is_empty())
    }

    /// Whether a program reads what is printed.
    pub(crate) fn is_for_programs(&self) -> bool {
        self.json || self.jsonl || matches!(self.output, Some(Output::Json | Output::Jsonl))
    }
}

/// How much tables show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// The usual columns.
    Table,
    /// More columns.
    Wide,
    /// JSON, like --json.
    Json,
    /// One JSON object a line, like --jsonl.
    Jsonl,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Remember a server and a token as a context
    Login(login::LoginArgs),
    /// Forget the token of the current context
    Logout,
    /// List, choose and delete contexts
    Contexts {
        #[command(subcommand)]
        command: contexts::Contexts,
    },
    /// How the server is, and what runs on it
    Status,
    /// Whether the server is alive; needs no token
    Health,
    /// Projects
    #[command(visible_alias = "project")]
    Projects {
        #[command(subcommand)]
        command: projects::Projects,
    },
    /// Tickets: what people asked for
    #[command(visible_alias = "ticket")]
    Tickets {
        #[command(subcommand)]
        command: tickets::Tickets,
    },
    /// Tasks: the units of work
    #[command(visible_alias = "task")]
    Tasks {
        #[command(subcommand)]
        command: tasks::Tasks,
    },
    /// What needs a person, the worst first
    Inbox(inbox::InboxArgs),
    /// Questions: what agents ask people
    #[command(visible_alias = "question")]
    Questions {
        #[command(subcommand)]
        command: questions::Questions,
    },
    /// How you want to see boards
    Config {
        #[command(subcommand)]
        command: preferences::Preferences,
    },
    /// Agent profiles with their tasks
    Assignees(stats::AssigneesArgs),
    /// A project's tasks, column by column
    Board(board::BoardArgs),
    /// Run a command as a run: its output, its end and what it costs are recorded
    ///
    /// Its exit code is passed on. With --json a line on stderr names the run before the command starts.
    Run(Box<run::RunArgs>),
    /// Take tasks from the server, and run a command for each
    Work(Box<work::WorkArgs>),
    /// Workers: who takes tasks
    #[command(visible_alias = "worker")]
    Workers {
        #[command(subcommand)]
        command: workers::Workers,
    },
    /// Workspaces: what workers left on this machine
    #[command(visible_alias = "workspace")]
    Workspaces {
        #[command(subcommand)]
        command: workspaces::Workspaces,
    },
    /// Offer all ready tasks once to the workers that wait
    Dispatch(dispatch::DispatchArgs),
    /// Whether the server hands out work at all
    Daemon {
        #[command(subcommand)]
        command: dispatch::DaemonOrder,
    },
    /// How many tasks may run at once, whatever the project; options set it
    Limits(limits::LimitsArgs),
    /// Runs: attempts at a task, and ad-hoc work
    Runs {
        #[command(subcommand)]
        command: runs::Runs,
    },
    /// Steps: the named parts of a run
    #[command(visible_alias = "step")]
    Steps {
        #[command(subcommand)]
        command: steps::Steps,
    },
    /// Calls to models
    #[command(visible_alias = "call")]
    Calls {
        #[command(subcommand)]
        command: llm_calls::Calls,
    },
    /// Events: what happened, and what happens now with -f
    Events(events::EventsArgs),
    /// Channels: where notifications go
    #[command(visible_alias = "channel")]
    Channels {
        #[command(subcommand)]
        command: channels::Channels,
    },
    /// Tokens: what machines call with
    Tokens {
        #[command(subcommand)]
        command: tokens::Tokens,
    },
    /// Users: people who log in with a password
    Users {
        #[command(subcommand)]
        command: users::Users,
    },
    /// Find tickets, tasks, runs and comments by a text
    Search(search::SearchArgs),
    /// Copy the server's database into a file while it runs
    Backup(backup::BackupArgs),
    /// Print the server's OpenAPI document
    Openapi,
    /// Print completions for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

pub(crate) fn print_completions(shell: clap_complete::Shell) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "dashctl", &mut script);
    print::write_out(&String::from_utf8(script)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    /// An argument with the id of a global one would be taken for that.
    #[test]
    fn no_command_has_an_argument_of_a_global_ones_id() {
        let cli = Cli::command();
        let ids = |command: &clap::Command| -> Vec<String> {
            let arguments = command.get_arguments();
            arguments
                .map(|argument| argument.get_id().to_string())
                .collect()
        };
        let globals = ids(&cli);
        let mut commands: Vec<_> = cli.get_subcommands().collect();
        while let Some(command) = commands.pop() {
            for id in ids(command) {
                assert!(!globals.contains(&id), "{}: {id}", command.get_name());
            }
            commands.extend(command.get_subcommands());
        }
    }
}
