//! Projects: made once per slug, edited by version, put away, brought back, deleted for good.

use model::{Page, ProblemKind, ProjectPatch, Scope};
use serde_json::json;

use crate::world::{World, from, kind};

#[tokio::test]
async fn a_slug_is_made_once() {
    let world = World::new().await;
    let again = world
        .admin
        .create_project(&from(json!({"slug": "web", "name": "Other"})))
        .await;
    assert_eq!(again.unwrap().project.id, world.project.id);
    let shop = from(json!({"slug": "shop", "icon": "🛒", "color": "#1f6feb"}));
    let new = world.admin.create_project(&shop).await.unwrap().project;
    assert_eq!((new.name.as_str(), new.version), ("shop", 1));
}

#[tokio::test]
async fn a_slug_that_is_none_is_pointed_at() {
    let world = World::new().await;
    for slug in ["", "Web", "a b", "-a", "a/b", "ä"] {
        let body = json!({"slug": slug}).to_string();
        let answer = world.server.post("/api/projects", body).await;
        assert_eq!(answer.json()["errors"][0]["pointer"], "/slug", "{slug}");
    }
}

#[tokio::test]
async fn a_project_is_found_by_slug_and_by_id() {
    let world = World::new().await;
    let by_slug = world.admin.get_project("web").await.unwrap();
    let by_id = world
        .admin
        .get_project(&world.project.id.to_string())
        .await
        .unwrap();
    assert_eq!(by_slug, by_id);
    assert_eq!(by_slug.total, 2);
    assert_eq!(by_slug.active_runs, 1);
    assert_eq!(
        kind(world.admin.get_project("nowhere").await),
        ProblemKind::NotFound
    );
}

#[tokio::test]
async fn an_edit_names_the_version_that_it_saw() {
    let world = World::new().await;
    let seen = world
        .admin
        .get_project("web")
        .await
        .unwrap()
        .project
        .version;
    let patch =
        |name: &str, version: i64| from::<ProjectPatch>(json!({"name": name, "version": version}));
    let edited = world
        .admin
        .update_project("web", &patch("One", seen))
        .await
        .unwrap();
    assert_eq!((edited.name.as_str(), edited.version), ("One", seen + 1));
    let stale = world.admin.update_project("web", &patch("Two", seen)).await;
    let client::Error::Problem(problem) = stale.unwrap_err() else {
        panic!("no problem")
    };
    assert_eq!(problem.kind(), Some(ProblemKind::StaleVersion));
    assert_eq!(problem.current.unwrap()["name"], "One");
    assert_eq!(
        world
            .admin
            .get_project("web")
            .await
            .unwrap()
            .project
            .name
            .as_str(),
        "One"
    );
}

#[tokio::test]
async fn null_clears_and_absence_leaves() {
    let world = World::new().await;
    let set = json!({"icon": "x", "clone_url": "https://example.org/web.git"});
    world.admin.update_project("web", &from(set)).await.unwrap();
    let body = json!({"icon": null}).to_string();
    let cleared = world
        .server
        .send_json("PATCH", "/api/projects/web", body)
        .await
        .json();
    assert!(cleared["icon"].is_null());
    assert_eq!(cleared["clone_url"], "https://example.org/web.git");
}

#[tokio::test]
async fn the_current_project_is_the_callers_own() {
    let world = World::new().await;
    let other = world.client(&[Scope::Read], None).await;
    world
        .admin
        .set_current_project(&from(json!({"project": "web"})))
        .await
        .unwrap();
    let slug = world.admin.get_me().await.unwrap().current_project;
    assert_eq!(slug.unwrap().as_str(), "web");
    assert!(world.admin.get_project("web").await.unwrap().is_current);
    assert_eq!(other.get_me().await.unwrap().current_project, None);
    let ticket = world
        .admin
        .create_ticket(&from(json!({"title": "a"})))
        .await
        .unwrap();
    assert_eq!(ticket.project_id, world.project.id);
    world
        .admin
        .set_current_project(&from(json!({"project": null})))
        .await
        .unwrap();
    assert_eq!(world.admin.get_me().await.unwrap().current_project, None);
}

#[tokio::test]
async fn an_archived_project_is_hidden_and_takes_nothing_until_it_is_restored() {
    let world = World::new().await;
    let removed = world.admin.delete_project("web", false).await.unwrap();
    assert_eq!(removed.status, "archived");
    let listed = |projects: Vec<model::ProjectCard>| {
        projects
            .iter()
            .any(|card| card.project.id == world.project.id)
    };
    let page = Page::default();
    assert!(!listed(
        world.admin.list_projects(false, &page).await.unwrap().items
    ));
    assert!(listed(
        world.admin.list_projects(true, &page).await.unwrap().items
    ));
    let ticket = world
        .admin
        .create_ticket(&from(json!({"project": "web", "title": "a"})))
        .await;
    assert_eq!(kind(ticket), ProblemKind::MoveNotAllowed);
    let chosen = from(json!({"project": "web"}));
    let chosen = world.admin.set_current_project(&chosen).await;
    assert_eq!(kind(chosen), ProblemKind::MoveNotAllowed);
    world
        .admin
        .update_project("web", &from(json!({"archived": false})))
        .await
        .unwrap();
    let ticket = world
        .admin
        .create_ticket(&from(json!({"project": "web", "title": "a"})))
        .await;
    assert!(ticket.is_ok());
}

#[tokio::test]
async fn a_deleted_project_is_gone_and_its_past_stays_without_content() {
    let world = World::new().await;
    let head = world.head().await;
    world.admin.delete_project("web", true).await.unwrap();
    assert_eq!(
        kind(world.admin.get_project("web").await),
        ProblemKind::NotFound
    );
    assert_eq!(
        kind(world.admin.get_ticket(world.ticket.id).await),
        ProblemKind::NotFound
    );
    assert_eq!(
        kind(world.admin.get_run(world.run.id).await),
        ProblemKind::NotFound
    );
    let query = client::EventQuery {
        limit: Some(1000),
        ..Default::default()
    };
    let events = world.admin.list_events(&query).await.unwrap();
    let seqs: Vec<i64> = events.iter().rev().map(|event| event.seq).collect();
    assert_eq!(seqs, (1..=seqs.len() as i64).collect::<Vec<_>>());
    assert!(seqs.len() as i64 > head);
    let about: Vec<_> = events
        .iter()
        .filter(|event| event.project_id == Some(world.project.id))
        .collect();
    assert!(!about.is_empty());
    let told = serde_json::to_string(&about).unwrap();
    assert!(!told.contains(crate::world::SECRET), "{told}");
}

#[tokio::test]
async fn only_an_admin_deletes_for_good() {
    let world = World::new().await;
    let operator = world.client(&[Scope::Operate], None).await;
    assert_eq!(
        kind(operator.delete_project("web", true).await),
        ProblemKind::Forbidden
    );
    assert!(operator.delete_project("web", false).await.is_ok());
}

#[tokio::test]
async fn a_caller_of_one_project_sees_only_that_one() {
    let world = World::new().await;
    let local = world.client(&[Scope::Operate], Some(&world.project)).await;
    let listed = local
        .list_projects(true, &Page::default())
        .await
        .unwrap()
        .items;
    let ids: Vec<_> = listed.iter().map(|card| card.project.id).collect();
    assert_eq!(ids, [world.project.id]);
    assert_eq!(
        kind(local.get_project("elsewhere").await),
        ProblemKind::NotFound
    );
    let refused = local.create_project(&from(json!({"slug": "mine"}))).await;
    assert_eq!(kind(refused), ProblemKind::Forbidden);
}

#[tokio::test]
async fn a_colour_that_is_none_and_a_text_that_is_too_long_are_pointed_at() {
    let world = World::new().await;
    let body = json!({"color": "red"}).to_string();
    let answer = world
        .server
        .send_json("PATCH", "/api/projects/web", body)
        .await;
    assert_eq!(answer.json()["errors"][0]["pointer"], "/color");
    let long = "ä".repeat(1_000_001);
    let body = json!({"description": long}).to_string();
    let answer = world
        .server
        .send_json("PATCH", "/api/projects/web", body)
        .await;
    assert_eq!(answer.json()["errors"][0]["pointer"], "/description");
}
