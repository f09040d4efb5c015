//! An agent that brings its own dashboard: `cargo run --example embedded_agent`, then open the address.

use dashboard::Dashboard;
use dashboard::client::Error;
use dashboard::model::{FinishRun, NewLogLine, NewRun, Outcome, Run, Title};

#[tokio::main]
pub(crate) async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dashboard = Dashboard::builder().base_path("/x/").build().await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let (address, code) = (listener.local_addr()?, dashboard.login_code());
    println!("watch at http://{address}/x/#code={code}");
    let router = dashboard.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let run = work(&dashboard, "count to three").await?;
    println!("run {} {}", run.id, run.state);
    dashboard.shutdown().await;
    Ok(())
}

/// What the agent does, reported line by line.
pub(crate) async fn work(dashboard: &Dashboard, what: &str) -> Result<Run, Error> {
    let client = dashboard.client();
    let new = NewRun {
        title: Some(Title::lossy(what)),
        ..NewRun::default()
    };
    let run = client.create_run(&new).await?.run;
    for number in ["one", "two", "three"] {
        let line = NewLogLine {
            text: Some(number.to_owned()),
            ..NewLogLine::default()
        };
        client.append_logs(run.id, &[line]).await?;
    }
    let end = FinishRun::new(Outcome::Completed);
    client.finish_run(run.id, &end).await
}
