//! `dashctl run` at a person's terminal.

#![allow(clippy::unwrap_used)]

mod shell;

use shell::{COLUMNS, PATIENCE, Shell};

const CTRL_C: &str = "\u{3}";
const CTRL_Z: &str = "\u{1a}";

#[test]
fn a_terminal_of_its_own_works_like_ours() {
    let mut shell = Shell::start();
    let before = shell.settings();
    let script = r#"stty size; read -p "name? " name; echo hello $name; test -t 1 && exit 5"#;
    shell.runs("--tty", script);
    shell.sees(&format!("40 {COLUMNS}\r\n"));
    shell.sees("name? ");
    shell.types("Ann\r");
    shell.sees("hello Ann\r\n");
    shell.ends(5);
    assert_eq!(shell.settings(), before);
}

#[test]
fn a_terminal_of_its_own_follows_the_size_and_takes_ctrl_c() {
    let mut shell = Shell::start();
    let before = shell.settings();
    // Without a trap of its own bash goes on where the `sleep` ended by itself just before the signal.
    shell.runs(
        "--tty",
        r#"trap "stty size" WINCH; trap "exit 130" INT; echo ready; while :; do sleep 0.05; done"#,
    );
    shell.sees("ready\r\n");
    shell.resize(33, 99);
    shell.sees("33 99\r\n");
    shell.types(CTRL_C);
    shell.ends(130);
    shell.resize(40, COLUMNS);
    assert_eq!(shell.settings(), before);
}

#[test]
fn our_terminal_is_put_back_when_we_are_told_to_end() {
    let mut shell = Shell::start();
    let before = shell.settings();
    shell.runs("--tty", r#"kill -TERM $PPID; exec sleep 1000"#);
    shell.ends(143);
    assert_eq!(shell.settings(), before);
}

#[test]
fn a_command_that_reads_is_given_the_terminal() {
    let mut shell = Shell::start();
    shell.runs(
        "",
        r#"read -p "name? " name; echo hello $name; exec sleep 1000"#,
    );
    shell.sees("name? ");
    shell.types("Bob\n");
    shell.sees("hello Bob\r\n");
    shell.types(CTRL_C);
    shell.ends(130);
}

#[test]
fn ctrl_c_reaches_a_command_that_does_not_read() {
    let mut shell = Shell::start();
    shell.runs("", "echo ready; exec sleep 1000");
    shell.sees("ready\r\n");
    shell.types(CTRL_C);
    shell.ends(130);
}

#[test]
fn ctrl_z_stops_a_command_that_does_not_read() {
    let mut shell = Shell::start();
    shell.runs(
        "",
        "echo ready; while ! test -e go; do sleep 0.05; done; echo went",
    );
    shell.sees("ready\r\n");
    shell.types(CTRL_Z);
    shell.sees("Stopped");
    std::fs::write(shell.home().join("go"), "").unwrap();
    shell.types("fg\n");
    shell.sees("went\r\n");
}

#[test]
fn ctrl_z_stops_a_command_that_has_the_terminal() {
    let mut shell = Shell::start();
    shell.runs("", "read one; echo got $one; read two; echo got $two");
    shell.types("a\n");
    shell.sees("got a\r\n");
    shell.types(CTRL_Z);
    shell.sees("Stopped");
    shell.types("fg\nb\n");
    shell.sees("got b\r\n");
}

#[test]
fn a_reader_after_us_in_a_pipe_keeps_the_keyboard() {
    let mut shell = Shell::start();
    shell.types("$DASHCTL run --linger 0 -- seq 3 | (cat; read key < /dev/tty; echo key $key)\n");
    shell.sees("3\r\n");
    shell.types("x\n");
    shell.sees("key x\r\n");
}

#[test]
fn a_terminal_that_goes_away_is_told_to_the_command() {
    let mut shell = Shell::start();
    let home = shell.home().to_owned();
    let gate = home.join("gate");
    nix::unistd::mkfifo(&gate, nix::sys::stat::Mode::S_IRWXU).unwrap();
    shell.runs(
        "",
        r#"trap "echo told > gate; exit" HUP; echo ready; while :; do sleep 0.05; done"#,
    );
    shell.sees("ready\r\n");
    let (told, heard) = std::sync::mpsc::channel();
    std::thread::spawn(move || told.send(std::fs::read_to_string(gate)));
    shell.hangs_up();
    assert_eq!(heard.recv_timeout(PATIENCE).unwrap().unwrap(), "told\n");
}
