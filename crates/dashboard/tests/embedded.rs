//! Embedding: an agent brings its own dashboard, under its own path and with its own people.

#![allow(clippy::unwrap_used)]

use dashboard::client::{Client, LogQuery};
use dashboard::model::{Page, Principal, PrincipalKind, RunState, Scope, Title};
use dashboard::{Caller, Credential, Dashboard};
use tower::ServiceExt as _;

#[path = "../examples/embedded_agent.rs"]
#[allow(dead_code, reason = "its `main` waits for Ctrl-C")]
mod embedded_agent;

#[tokio::test(flavor = "multi_thread")]
async fn the_example_runs() {
    embedded_agent::serve_until(async {}).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_agent_reports_is_seen_through_the_client() {
    let dashboard = Dashboard::builder().base_path("/x/").build().await.unwrap();
    let run = embedded_agent::work(&dashboard, "count to three")
        .await
        .unwrap();
    assert_eq!(run.state, RunState::Succeeded);
    assert_eq!(run.title, Title::lossy("count to three"));
    let query = LogQuery {
        limit: 10,
        ..LogQuery::default()
    };
    let lines = dashboard.client().list_logs(run.id, &query).await.unwrap();
    let texts: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, ["one", "two", "three"]);
    dashboard.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_found_again() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("agent.db");
    let run = {
        let dashboard = Dashboard::builder().sqlite(&file).build().await.unwrap();
        let run = embedded_agent::work(&dashboard, "first").await.unwrap();
        let second = Dashboard::builder()
            .sqlite(&file)
            .build()
            .await
            .unwrap_err();
        assert!(second.is_in_use());
        dashboard.shutdown().await;
        run
    };
    let dashboard = Dashboard::builder().sqlite(&file).build().await.unwrap();
    let runs = dashboard
        .client()
        .list_runs(&Default::default(), &Page::first(10))
        .await
        .unwrap();
    assert_eq!(runs.items.len(), 1);
    assert_eq!(runs.items[0].id, run.id);
    dashboard.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_recognises_its_own_people() {
    let hook = |parts: &http::request::Parts| {
        let name = parts.headers.get("x-session")?.to_str().ok()?;
        Some(Caller {
            principal: Principal {
                kind: PrincipalKind::Human,
                name: name.parse().ok()?,
            },
            scopes: [Scope::Read].into_iter().collect(),
            project: None,
            run: None,
            lease_epoch: None,
            credential: Credential::Host,
            expires_at: None,
        })
    };
    let dashboard = Dashboard::builder()
        .base_path("/x/")
        .authenticate(hook)
        .build()
        .await
        .unwrap();
    let table = [
        ("GET", "/x/api/me", Some("ada"), 200),
        ("GET", "/x/api/me", None, 401),
        ("GET", "/x/api/tokens", Some("ada"), 403),
        ("GET", "/api/me", Some("ada"), 404),
    ];
    for (method, path, session, status) in table {
        let mut request = http::Request::builder().method(method).uri(path);
        if let Some(session) = session {
            request = request.header("x-session", session);
        }
        let request = request.body(axum::body::Body::empty()).unwrap();
        let response = dashboard.router().oneshot(request).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{method} {path}");
    }
    dashboard.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_outside_can_pass_for_the_program_itself() {
    let dashboard = Dashboard::builder().build().await.unwrap();
    let stranger = Client::in_process(dashboard.router(), None);
    assert!(stranger.get_me().await.is_err());
    assert!(dashboard.client().get_me().await.is_ok());
    dashboard.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_restored_to_where_nothing_is() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    let dashboard = Dashboard::builder()
        .sqlite(at("old.db"))
        .build()
        .await
        .unwrap();
    let run = embedded_agent::work(&dashboard, "kept").await.unwrap();
    let epoch = dashboard.client().get_status().await.unwrap().epoch;
    dashboard.shutdown().await;

    let taken = dashboard::restore(&at("old.db"), &at("old.db"))
        .await
        .unwrap_err();
    assert!(taken.to_string().contains("is there already"));
    std::fs::write(
        at("junk"),
        "no database at all, but long enough to be read as one",
    )
    .unwrap();
    assert!(
        dashboard::restore(&at("junk"), &at("new.db"))
            .await
            .is_err()
    );
    assert!(!at("new.db").exists() && !at("new.db.restoring").exists());

    dashboard::restore(&at("old.db"), &at("new.db"))
        .await
        .unwrap();
    let dashboard = Dashboard::builder()
        .sqlite(at("new.db"))
        .build()
        .await
        .unwrap();
    let restored = dashboard.client().get_run(run.id).await.unwrap();
    assert_eq!(restored.run.title, Title::lossy("kept"));
    assert_ne!(dashboard.client().get_status().await.unwrap().epoch, epoch);
    dashboard.shutdown().await;
}
