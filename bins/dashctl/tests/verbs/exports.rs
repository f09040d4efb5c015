//! `dashctl projects export` and `import`.

use std::fs;
use std::process::Stdio;

use crate::server::Server;
use crate::{json, say, table};

#[tokio::test(flavor = "multi_thread")]
async fn a_project_is_taken_elsewhere() {
    let (here, there) = (Server::start().await, Server::start().await);
    table(&here, &["projects", "create", "web", "--name", "The web"]).await;
    let first = json(&here, &["tasks", "create", "First", "--project", "web"]).await;
    let first = first["task"]["id"].as_str().unwrap();
    let second = [
        "tasks",
        "create",
        "Second",
        "--project",
        "web",
        "--parent",
        first,
    ];
    table(&here, &second).await;
    table(&here, &["projects", "export", "web"]).await;
    let again = say(&here, &["projects", "export", "web"]).await;
    assert!(
        again.code != 0
            && again.err.contains("there already")
            && again.err.contains("`--to -` writes to standard output"),
        "{}",
        again.err
    );

    let file = here.home().join("web.ndjson");
    let path = file.to_str().unwrap();
    let card = json(&there, &["projects", "import", path]).await;
    assert_eq!(
        (&card["name"], &card["total"]),
        (&"The web".into(), &2.into())
    );
    let tasks = json(&there, &["tasks", "list", "--project", "web"]).await;
    let mut states: Vec<_> = tasks
        .as_array()
        .unwrap()
        .iter()
        .map(|task| &task["status"])
        .collect();
    states.sort_by_key(|state| state.as_str());
    assert_eq!(states, ["ready", "todo"]);
    let taken = say(&there, &["projects", "import", path]).await;
    assert!(
        taken.code != 0 && taken.err.contains("another slug"),
        "{}",
        taken.err
    );
    table(&there, &["projects", "import", path, "--slug", "copy"]).await;

    let lines = fs::read_to_string(&file).unwrap();
    let cut = here.home().join("cut.ndjson");
    fs::write(&cut, &lines[..lines.len() / 2]).unwrap();
    let refused = [
        "projects",
        "import",
        cut.to_str().unwrap(),
        "--slug",
        "half",
    ];
    assert_ne!(say(&there, &refused).await.code, 0);
    let projects = json(&there, &["projects", "list"]).await;
    assert_eq!(projects.as_array().unwrap().len(), 2, "{projects}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_is_taken_elsewhere_through_a_pipe() {
    let (here, there) = (Server::start().await, Server::start().await);
    table(&here, &["projects", "create", "web"]).await;
    table(&here, &["tasks", "create", "First", "--project", "web"]).await;
    let export = say(&here, &["projects", "export", "web", "--to", "-"]).await;
    assert_eq!(export.code, 0, "{}", export.err);
    let first = export.out.lines().next().unwrap();
    assert!(first.starts_with('{') && !here.home().join("-").exists());
    assert!(export.err.contains("Exported `web`"), "{}", export.err);
    let lines = here.home().join("lines");
    fs::write(&lines, &export.out).unwrap();
    let mut import = there.dashctl(&["projects", "import", "-"]);
    import.stdin(Stdio::from(fs::File::open(lines).unwrap()));
    let done = import.output().await.unwrap();
    assert!(done.status.success(), "{done:?}");
    let tasks = json(&there, &["tasks", "list", "--project", "web"]).await;
    assert_eq!(tasks[0]["title"], "First");
}
