//! The program itself: how it starts, what it refuses in one clear line, and how it stops.

#![allow(clippy::unwrap_used)]

#[path = "serve/process.rs"]
mod process;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use client::Client;
use dashboard::model::NewProject;
use process::{Server, refused, say};
use tempfile::tempdir;

#[test]
fn the_first_start_says_once_how_to_get_in() {
    let data = tempdir().unwrap();
    let mut first = Server::start(data.path(), &[]);
    let words = first.words(3);
    assert!(
        words[0].starts_with("dashboardd listening on http://127.0.0.1:"),
        "{words:?}"
    );
    assert!(
        words[1].starts_with("the admin token, shown only now: dsh_"),
        "{words:?}"
    );
    assert!(words[2].contains("/#code="), "{words:?}");
    assert!(first.stop().success());

    let mut second = Server::start(data.path(), &[]);
    let words = second.words(1);
    assert!(
        words[0].starts_with("dashboardd listening on "),
        "{words:?}"
    );
    assert_eq!(second.stop_and_read_the_rest(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_of_the_first_start_and_a_given_one_are_let_in() {
    let data = tempdir().unwrap();
    let mut server = Server::start(data.path(), &[]);
    let token = server.words(2)[1].rsplit(' ').next().unwrap().to_owned();
    let admin = Client::http(&server.address(), Some(&token)).unwrap();
    assert_eq!(
        admin.get_me().await.unwrap().principal.name.as_str(),
        "admin"
    );
    assert!(admin.without_token().get_me().await.is_err());
    server.stop();

    let mut server = Server::start(data.path(), &[("DASHBOARD_ADMIN_TOKEN", TOKEN)]);
    let automation = Client::http(&server.address(), Some(TOKEN)).unwrap();
    assert!(automation.get_me().await.is_ok());
    server.stop();
}

const TOKEN: &str = "a-token-for-automation-0123456789";

#[test]
fn stopping_says_goodbye_to_every_stream() {
    let data = tempdir().unwrap();
    let mut server = Server::start(data.path(), &[("DASHBOARD_ADMIN_TOKEN", TOKEN)]);
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let streams = [("/api/events/stream", ""), ("/ws/events", upgrade)];
    let mut viewers = streams.map(|(path, headers)| server.ask(path, TOKEN, headers));
    for viewer in &mut viewers {
        assert!(read_until(viewer, "stream_hello"));
    }
    assert!(server.stop().success());
    for viewer in &mut viewers {
        assert!(read_until(
            viewer,
            r#""stream_bye","reason":"shutdown","resume":true"#
        ));
    }
}

/// Whether these words come before the connection ends.
fn read_until(viewer: &mut TcpStream, words: &str) -> bool {
    let (mut read, mut chunk) = (Vec::new(), [0; 4096]);
    while !String::from_utf8_lossy(&read).contains(words) {
        match viewer.read(&mut chunk).unwrap() {
            0 => return false,
            bytes => read.extend_from_slice(&chunk[..bytes]),
        }
    }
    true
}

#[test]
fn a_request_that_is_under_way_is_answered_before_the_end() {
    let data = tempdir().unwrap();
    let mut server = Server::start(data.path(), &[("DASHBOARD_ADMIN_TOKEN", TOKEN)]);
    let body = r#"{"slug":"shop","name":"shop"}"#;
    let length = format!("Content-Length: {}\r\n", body.len());
    let headers = format!("Content-Type: application/json\r\nExpect: 100-continue\r\n{length}");
    let mut slow = server.post("/api/projects", TOKEN, &headers);
    assert!(read_until(&mut slow, "100 Continue"));
    server.signal();
    server.wait_until_nobody_is_let_in();
    slow.write_all(body.as_bytes()).unwrap();
    assert!(read_until(&mut slow, "201 Created"));
    assert!(server.wait().success());
}

#[test]
fn a_second_signal_ends_at_once() {
    let data = tempdir().unwrap();
    let mut server = Server::start(data.path(), &[("DASHBOARD_ADMIN_TOKEN", TOKEN)]);
    let headers = "Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 9\r\n";
    let mut endless = server.post("/api/projects", TOKEN, headers);
    assert!(read_until(&mut endless, "100 Continue"));
    server.signal();
    server.wait_until_nobody_is_let_in();
    server.signal();
    assert_eq!(server.wait().code(), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_is_there_after_a_stop() {
    let data = tempdir().unwrap();
    let environment = [("DASHBOARD_ADMIN_TOKEN", TOKEN)];
    let mut server = Server::start(data.path(), &environment);
    let client = Client::http(&server.address(), Some(TOKEN)).unwrap();
    let shop: NewProject =
        serde_json::from_value(serde_json::json!({"slug": "shop", "name": "shop"})).unwrap();
    let made = client.create_project(&shop).await.unwrap();
    assert!(server.stop().success());
    let mut server = Server::start(data.path(), &environment);
    let client = Client::http(&server.address(), Some(TOKEN)).unwrap();
    let found = client
        .get_project(&made.project.id.to_string())
        .await
        .unwrap();
    assert_eq!(found.project.name.as_str(), "shop");
    server.stop();
}

#[test]
fn a_second_server_on_the_same_data_is_refused() {
    let data = tempdir().unwrap();
    let mut server = Server::start(data.path(), &[]);
    let error = refused(data.path(), &["--listen", "127.0.0.1:0"]);
    assert!(
        error.contains("another process has the database open"),
        "{error}"
    );
    server.stop();
}

#[test]
fn a_busy_port_is_named() {
    let data = tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let error = refused(data.path(), &["--listen", &address]);
    assert!(
        error.contains(&format!("cannot listen on {address}")),
        "{error}"
    );
}

#[test]
fn a_directory_that_cannot_be_written_is_named() {
    let data = tempdir().unwrap();
    let file = data.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = refused(&file.join("data"), &["--listen", "127.0.0.1:0"]);
    assert!(
        error.contains("cannot write to the data directory"),
        "{error}"
    );
}

#[test]
fn a_broken_configuration_is_named_with_its_line() {
    let data = tempdir().unwrap();
    let file = data.path().join("dashboardd.toml");
    std::fs::write(&file, "log_format = 'text'\nlisten = [\n").unwrap();
    let error = refused(data.path(), &["--config", file.to_str().unwrap()]);
    assert!(error.contains("dashboardd.toml, line 2: "), "{error}");
    std::fs::write(&file, "colour = 'blue'\n").unwrap();
    let error = refused(data.path(), &["--config", file.to_str().unwrap()]);
    assert!(error.contains("unknown field `colour`"), "{error}");
}

#[test]
fn the_open_network_is_refused_without_tls_or_proxy() {
    let data = tempdir().unwrap();
    let error = refused(data.path(), &["--listen", "0.0.0.0:0"]);
    assert!(
        error.contains("--tls-cert") && error.contains("--behind-proxy"),
        "{error}"
    );
}

#[test]
fn the_configuration_is_printed_without_its_secrets() {
    let data = tempdir().unwrap();
    let words = ["config", "--database", "postgres://ada:hunter2@host/db"];
    let printed = say(
        data.path(),
        &words,
        &[("DASHBOARD_ADMIN_TOKEN", "0123456789abcdef")],
    );
    assert!(
        printed.contains("admin_token = \"01234567...\""),
        "{printed}"
    );
    assert!(printed.contains("ada:****@host"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_locked_out_makes_a_token_while_the_server_is_stopped() {
    let data = tempdir().unwrap();
    let secret = say(data.path(), &["token", "create", "--name", "ada"], &[]);
    let mut server = Server::start(data.path(), &[]);
    let ada = Client::http(&server.address(), Some(secret.trim())).unwrap();
    assert_eq!(ada.get_me().await.unwrap().principal.name.as_str(), "ada");
    let error = refused(data.path(), &["token", "create"]);
    assert!(
        error.contains("another process has the database open"),
        "{error}"
    );
    server.stop();
}

#[test]
fn a_backup_is_restored_by_the_command() {
    let (old, new) = (tempdir().unwrap(), tempdir().unwrap());
    say(old.path(), &["token", "create"], &[]);
    let backup = old.path().join("dashboard.db");
    let words = ["restore", backup.to_str().unwrap()];
    assert!(say(new.path(), &words, &[]).contains("restored"));
    let error = refused(new.path(), &words);
    assert!(error.contains("is there already"), "{error}");
}

#[test]
fn logs_go_to_files_too_and_hold_no_secret() {
    let data = tempdir().unwrap();
    let mut server = Server::start(data.path(), &[("DASHBOARD_LOG_FORMAT", "json")]);
    let secret = server.words(2)[1].rsplit(' ').next().unwrap().to_owned();
    server.stop();
    let files = std::fs::read_dir(data.path().join("logs")).unwrap();
    let log: String = files
        .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    let first: serde_json::Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
    assert_eq!(first["level"], "INFO");
    assert!(log.contains("stopped") && !log.contains(&secret), "{log}");
}

/// A certificate for loopback that signed itself, and its key, as files.
fn certificate(directory: &Path) -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let cert = directory.join("cert.pem");
    let key = directory.join("key.pem");
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    (text(&cert), text(&key))
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_certificate_it_speaks_tls_and_nothing_else() {
    let data = tempdir().unwrap();
    let (cert, key) = certificate(data.path());
    let environment = [
        ("DASHBOARD_TLS_CERT", cert.as_str()),
        ("DASHBOARD_TLS_KEY", key.as_str()),
        ("DASHBOARD_ADMIN_TOKEN", TOKEN),
    ];
    let mut server = Server::start(data.path(), &environment);
    let address = server.address();
    assert!(address.starts_with("https://"), "{address}");

    let trusting_nobody = Client::http(&address, Some(TOKEN)).unwrap();
    let refused = trusting_nobody.get_me().await.unwrap_err();
    assert!(refused.is_untrusted(), "{refused:?}");

    let root = reqwest::Certificate::from_pem(&std::fs::read(&cert).unwrap()).unwrap();
    let trusting = reqwest::Client::builder().tls_certs_only([root]).build();
    let me = trusting.unwrap().get(format!("{address}/api/me"));
    let answer = me.bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(answer.status(), 200);

    let plain = reqwest::get(address.replace("https:", "http:")).await;
    assert!(plain.is_err(), "{plain:?}");
    server.stop();
}
