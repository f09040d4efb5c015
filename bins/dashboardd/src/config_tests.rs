//! What can be set, and what is refused.

use clap::Parser;

use super::*;

fn flags(words: &[&str]) -> Options {
    let words = std::iter::once("dashboardd").chain(words.iter().copied());
    crate::Cli::try_parse_from(words).unwrap().options
}

fn config(words: &[&str]) -> anyhow::Result<Config> {
    let data = Options {
        data: Some("/data".into()),
        ..Options::default()
    };
    Config::from_options(flags(words).over(data))
}

fn refusal(words: &[&str]) -> String {
    format!("{:#}", config(words).err().unwrap())
}

fn file(text: &str) -> anyhow::Result<Options> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x.toml");
    std::fs::write(&path, text).unwrap();
    read_file(&path)
}

#[test]
fn without_a_word_it_listens_on_loopback_and_keeps_a_file() {
    let config = config(&[]).unwrap();
    assert_eq!(config.listen.to_string(), LISTEN);
    assert_eq!(config.database, "sqlite:/data/dashboard.db");
}

#[test]
fn a_flag_counts_more_than_the_file() {
    let file = file("listen = '127.0.0.1:1'\nlog_format = 'json'").unwrap();
    let options = flags(&["serve", "--listen", "127.0.0.1:2", "--data", "/data"]).over(file);
    let config = Config::from_options(options).unwrap();
    assert_eq!(config.listen.port(), 2);
    assert_eq!(config.log_format, LogFormat::Json);
}

#[test]
fn an_unknown_key_is_refused_with_its_name() {
    let error = file("listen = '127.0.0.1:1'\nlisten_on = 'x'")
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("line 2: unknown field `listen_on`"),
        "{error}"
    );
}

#[test]
fn a_broken_file_is_one_line() {
    let error = file("listen = \n[[[").unwrap_err().to_string();
    assert!(
        error.contains("x.toml, line 1: ") && !error.contains('\n'),
        "{error}"
    );
}

#[test]
fn the_network_is_only_for_tls_or_a_proxy() {
    assert!(refusal(&["--listen", "0.0.0.0:80"]).contains("--behind-proxy"));
    assert!(config(&["--listen", "0.0.0.0:80", "--behind-proxy"]).is_ok());
    let tls = [
        "--listen",
        "0.0.0.0:80",
        "--tls-cert",
        "c",
        "--tls-key",
        "k",
    ];
    assert!(config(&tls).is_ok());
    assert!(refusal(&["--tls-cert", "c"]).contains("tls_key"));
}

#[test]
fn what_makes_no_sense_is_refused() {
    assert!(refusal(&["--listen", "8080"]).contains("listen"));
    assert!(refusal(&["--public-url", "dash.example.org"]).contains("public_url"));
    let secret = refusal(&["--public-url", "https://ada:hunter2@dash.example.org"]);
    assert!(
        secret.contains("no password") && !secret.contains("hunter2"),
        "{secret}"
    );
    assert!(refusal(&["--log-level", "zzz"]).contains("`zzz` is none of"));
    assert!(config(&["--log-level", "INFO,dashboard_app=debug"]).is_ok());
    let weak = Options {
        admin_token: Some("a b".into()),
        data: Some("/data".into()),
        ..Options::default()
    };
    let error = format!("{:#}", Config::from_options(weak).err().unwrap());
    assert!(error.contains("DASHBOARD_ADMIN_TOKEN"), "{error}");
}

#[test]
fn secrets_are_masked() {
    let config = Config {
        admin_token: Some("0123456789abcdef".into()),
        database: "postgres://ada:hunter2@host/db".into(),
        ..config(&[]).unwrap()
    };
    let printed = config.to_string();
    assert!(
        printed.contains("admin_token = \"01234567...\""),
        "{printed}"
    );
    assert!(printed.contains("postgres://ada:****@host/db"), "{printed}");
    assert_eq!(mask("short"), "****");
    assert_eq!(
        mask_url("postgres://host/db?password=x"),
        "postgres://host/db?****"
    );
}

#[test]
fn what_is_printed_can_be_read_again() {
    let printed = config(&["--allowed-host", "a,b", "--behind-proxy"])
        .unwrap()
        .to_string();
    let again = Config::from_options(file(&printed).unwrap()).unwrap();
    assert_eq!(again.to_string(), printed);
}

#[test]
fn a_host_that_no_request_can_name_is_refused() {
    for host in ["https://dash.example.org", "*.example.org", "a b", ""] {
        let error = refusal(&["serve", "--allowed-host", host]);
        assert!(error.contains("allowed_hosts"), "{host}: {error}");
    }
    for host in ["dash.example.org", "dash:8080", "DASH"] {
        assert!(config(&["serve", "--allowed-host", host]).is_ok(), "{host}");
    }
}

#[test]
fn the_server_answers_where_browsers_see_it() {
    let url = "https://dash.example.org/x";
    let below = config(&["serve", "--public-url", url]).unwrap();
    assert_eq!(below.base_path.trim_matches('/'), "x");
    let error = refusal(&["serve", "--public-url", url, "--base-path", "/y"]);
    assert!(error.contains("base_path is `/y`"), "{error}");
}
