//! How fast the fast paths are: single events and batches of log lines, from many callers at once, kept for good.
//!
//! ```sh
//! cargo run --release -p dashboard-app --example posting
//! ```

use std::time::Instant;

use auth::Caller;
use bus::Bus;
use dashboard_app::{App, Options};
use model::{
    Name, NewEvent, NewEvents, NewLogLine, NewRun, NewTicket, Principal, RunId, Text, Title,
};
use store::{Database, Store};

const CALLERS: usize = 64;
const EVENTS_EACH: usize = 3_000;
const BATCHES_EACH: usize = 20;

type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Outcome {
    // From the main task every statement would cost a thread hop.
    tokio::spawn(measure()).await?
}

async fn measure() -> Outcome {
    let directory = tempfile::tempdir()?;
    let database = Database::File(directory.path().join("dashboard.db"));
    let store = Store::open(&database).await?;
    let app = App::open(Options::new(store.clone(), Bus::start(store.clone()))).await?;
    let run = start_run(&app).await?;
    println!(
        "single events of a run: {:>9.0}/s",
        single_events(&app, Some(run)).await?
    );
    println!(
        "single events:          {:>9.0}/s",
        single_events(&app, None).await?
    );
    println!("log lines by 1,000:     {:>9.0}/s", log_lines(&app).await?);
    app.close().await;
    store.close().await;
    Ok(())
}

fn caller() -> Caller {
    Caller::host(Principal::server())
}

async fn start_run(app: &App) -> Result<RunId, dashboard_app::Error> {
    let new = NewTicket {
        project: None,
        external_id: None,
        external_url: None,
        title: Title::lossy("Measure"),
        description: Text::default(),
        acceptance_criteria: Text::default(),
        status: None,
        labels: Vec::new(),
        priority: 0,
        submitter: None,
        assignee: None,
        branch_name: None,
        parent_ticket_id: None,
    };
    let ticket = app.create_ticket(&caller(), new).await?;
    let new = NewRun {
        ticket_id: Some(ticket.id),
        ..NewRun::default()
    };
    Ok(app.start_run(&caller(), new).await?.value.run.id)
}

fn event(run_id: Option<RunId>) -> NewEvents {
    NewEvents::One(Box::new(NewEvent {
        event_type: Name::lossy("test_run_pass"),
        severity: None,
        source: None,
        message: Text::lossy("all 412 tests passed in 12.3 s"),
        details: Some(serde_json::json!({ "passed": 412, "failed": 0 })),
        project: None,
        ticket_id: None,
        task_id: None,
        run_id,
    }))
}

async fn single_events(
    app: &App,
    run: Option<RunId>,
) -> Result<f64, Box<dyn std::error::Error + Send + Sync>> {
    let began = Instant::now();
    let mut callers = Vec::new();
    for _ in 0..CALLERS {
        let app = app.clone();
        callers.push(tokio::spawn(async move {
            let caller = caller();
            for _ in 0..EVENTS_EACH {
                app.post_events(&caller, event(run)).await?;
            }
            Ok::<_, dashboard_app::Error>(())
        }));
    }
    for caller in callers {
        caller.await??;
    }
    Ok((CALLERS * EVENTS_EACH) as f64 / began.elapsed().as_secs_f64())
}

fn line(number: usize) -> NewLogLine {
    NewLogLine {
        line: i64::try_from(number).ok(),
        at: None,
        step_id: None,
        stream: None,
        text: Some(format!(
            "   Compiling something v0.1.{number} (/home/ada/something)"
        )),
        bytes_base64: None,
        continues: false,
    }
}

async fn log_lines(app: &App) -> Result<f64, Box<dyn std::error::Error + Send + Sync>> {
    let mut runs = Vec::new();
    for _ in 0..8 {
        runs.push(start_run(app).await?);
    }
    let began = Instant::now();
    let mut callers = Vec::new();
    for run in runs {
        let app = app.clone();
        callers.push(tokio::spawn(async move {
            let caller = caller();
            for batch in 0..BATCHES_EACH {
                let lines = (1..=1000).map(|n| line(batch * 1000 + n)).collect();
                app.append_logs(&caller, run, lines).await?;
            }
            Ok::<_, dashboard_app::Error>(())
        }));
    }
    for caller in callers {
        caller.await??;
    }
    Ok((8 * BATCHES_EACH * 1000) as f64 / began.elapsed().as_secs_f64())
}
