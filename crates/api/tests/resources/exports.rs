//! Exports and imports: what was exported comes back whole, or not at all.

use axum::body::Body;
use http::StatusCode;
use model::{Page, ProjectCard, QuestionFilter, Scope};
use serde_json::{Value, json};

use crate::support::{Answered, as_admin};
use crate::world::{World, from};

async fn export(world: &World, project: &str) -> Vec<Value> {
    let path = format!("/api/projects/{project}/export");
    let answer = world.server.get(&path).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    let lines = answer.text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn text(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

async fn import(world: &World, query: &str, lines: String) -> Answered {
    let path = format!("/api/imports{query}");
    let request = as_admin("POST", &path).header("content-type", "application/x-ndjson");
    world
        .server
        .send(request.body(Body::from(lines)).unwrap())
        .await
}

/// Lets a worker of the world's task ask.
async fn ask(world: &World) {
    let run = from(json!({"task_id": world.task.id}));
    let started = world.admin.create_run(&run).await.unwrap();
    let worker = world.client_of(&started.run_token.unwrap());
    let question = from(json!({"text": "Which one?"}));
    worker
        .create_question(world.task.id, &question)
        .await
        .unwrap();
}

fn of_kind<'lines>(lines: &'lines [Value], kind: &str) -> Vec<&'lines Value> {
    lines.iter().filter(|line| line["kind"] == kind).collect()
}

#[tokio::test]
async fn what_was_exported_comes_back_whole() {
    let world = World::new().await;
    ask(&world).await;
    let lines = export(&world, "web").await;
    let answer = import(&world, "?slug=copy", text(&lines)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    let card: ProjectCard = from(answer.json());
    assert_eq!((card.project.slug.as_str(), card.total), ("copy", 2));
    assert_eq!(card.project.loop_state, model::LoopState::Paused);

    let copied = export(&world, "copy").await;
    for kind in [
        "ticket",
        "task",
        "link",
        "comment",
        "question",
        "attachment",
    ] {
        let (there, here) = (of_kind(&lines, kind), of_kind(&copied, kind));
        assert!(!there.is_empty(), "the world has no {kind}");
        assert_eq!(there.len(), here.len(), "{kind}");
        for field in [
            "title",
            "body",
            "text",
            "content_base64",
            "author",
            "labels",
            "created_at",
        ] {
            let of = |lines: &[&Value]| {
                lines
                    .iter()
                    .map(|line| line[field].clone())
                    .collect::<Vec<_>>()
            };
            assert_eq!(of(&there), of(&here), "{kind}.{field}");
        }
    }
    let [link] = of_kind(&copied, "link")[..] else {
        panic!("one link")
    };
    assert_ne!(
        link["child_id"],
        json!(world.later.id),
        "it has ids of its own"
    );
    // Its worker stayed behind, and the answer is still wanted.
    let states: Vec<_> = of_kind(&copied, "task")
        .iter()
        .map(|task| task["status"].clone())
        .collect();
    assert_eq!(states, ["todo", "blocked"]);
    let tickets = of_kind(&copied, "ticket");
    assert_eq!(
        (&tickets[0]["total_llm_calls"], &tickets[0]["tasks_total"]),
        (&json!(0), &json!(2))
    );
}

#[tokio::test]
async fn the_answer_to_an_imported_question_lets_its_task_go_on() {
    let world = World::new().await;
    ask(&world).await;
    let lines = export(&world, "web").await;
    let card: ProjectCard = from(import(&world, "?slug=copy", text(&lines)).await.json());
    let filter = QuestionFilter {
        project: Some(card.project.id),
        ..QuestionFilter::default()
    };
    let asked = world
        .admin
        .list_questions(&filter, &Page::default())
        .await
        .unwrap();
    let person = world.person().await;
    person
        .answer_question(asked.items[0].id, &from(json!({"answer": "this"})))
        .await
        .unwrap();
    let detail = world
        .admin
        .get_task(asked.items[0].task_id.unwrap())
        .await
        .unwrap();
    assert_eq!(detail.task.status, model::TaskState::Ready);
}

#[tokio::test]
async fn a_lost_file_is_named_and_left_out() {
    let world = World::new().await;
    world.lose(&world.file);
    let lines = export(&world, "web").await;
    let [file] = of_kind(&lines, "attachment")[..] else {
        panic!("one file")
    };
    assert_eq!(file["name"], json!(world.file.name));
    assert_eq!(file["content_base64"], Value::Null);
    let warning = &lines.last().unwrap()["warnings"][0];
    assert!(warning.as_str().unwrap().contains("1 file is lost"));
    let answer = import(&world, "?slug=copy", text(&lines)).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    let copied = export(&world, "copy").await;
    assert_eq!(of_kind(&copied, "attachment").len(), 0);
    assert_eq!(of_kind(&copied, "task").len(), 2);
}

#[tokio::test]
async fn what_is_not_whole_changes_nothing() {
    let world = World::new().await;
    let lines = export(&world, "web").await;
    let head = world.head().await;
    let whole = text(&lines);
    let without = |kind: &str| {
        let mut left = lines.clone();
        let at = left.iter().position(|line| line["kind"] == kind).unwrap();
        left.remove(at);
        let count = left.len() - 1;
        if let Some(end) = left.last_mut().filter(|line| line["kind"] == "end") {
            end["lines"] = json!(count);
        }
        text(&left)
    };
    let with = |line: Value| {
        let mut more = lines.clone();
        more.insert(1, line);
        let count = more.len() - 1;
        more.last_mut().unwrap()["lines"] = json!(count);
        text(&more)
    };
    let link = of_kind(&lines, "link")[0].clone();
    let back =
        json!({"kind": "link", "parent_id": link["child_id"], "child_id": link["parent_id"]});
    let mut format = lines.clone();
    format[0]["format"] = json!(2);
    for (why, body, said) in [
        ("nothing", String::new(), "last line is missing"),
        ("cut", whole[..whole.len() - 40].to_owned(), ""),
        ("no end", without("end"), "last line is missing"),
        (
            "a line less",
            whole.replacen(&format!("{}\n", lines[1]), "", 1),
            "are missing",
        ),
        ("no project", without("project"), "first line"),
        ("no ticket", without("ticket"), "does not hold"),
        ("no task", without("task"), "does not hold"),
        ("two ends", format!("{whole}{whole}"), "follows"),
        ("a circle", with(back), "circle"),
        ("two projects", with(lines[0].clone()), "one project"),
        (
            "a stranger",
            with(json!({"kind": "secret"})),
            "unknown variant",
        ),
        ("another format", text(&format), "format 2"),
        (
            "a field too much",
            with({
                let mut ticket = of_kind(&lines, "ticket")[0].clone();
                ticket["evil"] = json!(1);
                ticket
            }),
            "/1/evil",
        ),
        (
            "a ticket twice",
            with(of_kind(&lines, "ticket")[0].clone()),
            "twice",
        ),
        (
            "a task twice",
            with(of_kind(&lines, "task")[0].clone()),
            "twice",
        ),
        (
            "a file twice",
            with(of_kind(&lines, "attachment")[0].clone()),
            "twice",
        ),
        ("no JSON", format!("{whole}{{"), "not JSON"),
    ] {
        let answer = import(&world, "?slug=copy", body).await;
        assert!(answer.status.is_client_error(), "{why}: {}", answer.text);
        assert!(answer.text.contains(said), "{why}: {}", answer.text);
    }
    let taken = import(&world, "", whole.clone()).await;
    assert_eq!(taken.kind(), "already_exists");
    assert_eq!(world.head().await, head, "something changed");
}

#[tokio::test]
async fn only_an_admin_puts_words_into_the_mouths_of_others() {
    let world = World::new().await;
    let lines = text(&export(&world, "web").await);
    let slug = model::Slug::parse("copy").unwrap();
    let (_, secret) = world.caller(&[Scope::Operate], None).await;
    let refused = world
        .client_of(&secret)
        .create_import(Some(&slug), lines.into())
        .await;
    assert_eq!(crate::world::kind(refused), model::ProblemKind::Forbidden);
    assert!(
        !world
            .server
            .get("/api/projects")
            .await
            .text
            .contains("copy")
    );
}
