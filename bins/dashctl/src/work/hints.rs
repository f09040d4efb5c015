//! What `dashctl work --help` says beyond its options.

pub(super) const HINTS: &str = "\
In CMD, {prompt}, {prompt_file}, {task_file}, {workspace} and {task_id} are replaced. Where none of the first three stands
there, the command reads the prompt from its standard input:

    dashctl work --agent claude --exec claude -p --output-format stream-json --verbose

A prompt of more than 128 KiB fits into no argument: what can be long is better read from a file or standard input.
The command finds DASHBOARD_WORKSPACE, DASHBOARD_PROMPT_FILE, DASHBOARD_TASK_FILE, DASHBOARD_TASK_ID, DASHBOARD_RUN_ID,
DASHBOARD_SERVER and a DASHBOARD_TOKEN for its own run and task in its environment. Its exit code says how it went: 0 done,
75 come back later (a limit of the provider), anything else failed.

A workspace stays until its task is done, so that the next attempt goes on from there; the run's log says where it is.
`dashctl workspaces` lists and removes what is left. `dashctl questions ask --wait` asks a person, and prints the answer.

The first Ctrl-C or SIGTERM lets it finish what it has, the second stops that too.";
