//! An agent that brings its own dashboard: `cargo run -p dashboard --example embedded_agent`, until Ctrl-C.

use dashboard::Dashboard;
use dashboard::client::Error;
use dashboard::model::{FinishRun, NewLogLine, NewRun, Outcome, Run, Title};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    serve_until(tokio::signal::ctrl_c()).await
}

/// Serves and works; ends when told to.
pub(crate) async fn serve_until<T>(
    end: impl Future<Output = T>,
) -> Result<(), Box<dyn std::error::Error>> {
    let dashboard = Dashboard::builder().base_path("/x/").build().await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let (address, code) = (listener.local_addr()?, dashboard.login_code());
    println!("watch at http://{address}/x/#code={code}");
    let router = dashboard.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    work(&dashboard, "count to three").await?;
    end.await;
    dashboard.shutdown().await;
    Ok(())
}

/// What the agent does, reported line by line.
pub(crate) async fn work(dashboard: &Dashboard, what: &str) -> Result<Run, Error> {
    let client = dashboard.client();
    let title = Some(Title::lossy(what));
    let new = NewRun {
        title,
        ..NewRun::default()
    };
    let run = client.create_run(&new).await?.run;
    for number in ["one", "two", "three"] {
        let text = Some(number.to_owned());
        let line = NewLogLine {
            text,
            ..NewLogLine::default()
        };
        client.append_logs(run.id, &[line]).await?;
    }
    let end = FinishRun::new(Outcome::Completed);
    client.finish_run(run.id, &end).await
}
