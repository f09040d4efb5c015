//! Projects.

use model::{CurrentProject, Health, Name, Outcome, ProjectPatch, ProjectRef, Scope, Slug};

use crate::support::*;

fn by_slug(slug: &str) -> ProjectRef {
    ProjectRef::Slug(Slug::parse(slug).unwrap())
}

#[tokio::test]
async fn a_slug_makes_one_project() {
    let world = world().await;
    let first = world
        .app
        .create_project(&admin(), new_project("blue"))
        .await
        .unwrap();
    let again = world
        .app
        .create_project(&admin(), new_project("blue"))
        .await
        .unwrap();
    assert!(first.is_new && !again.is_new);
    assert_eq!(first.value, again.value);
    assert_eq!(world.words().await, ["project_created"]);
}

#[tokio::test]
async fn what_names_no_project_goes_to_the_current_one_or_to_the_default() {
    let world = world().await;
    let default = world.ticket("one").await;
    let card = world
        .app
        .get_project(&admin(), &by_slug("default"))
        .await
        .unwrap();
    assert_eq!(default.project_id, card.project.id);
    let mut blue = new_project("blue");
    blue.switch = true;
    let blue = world
        .app
        .create_project(&admin(), blue)
        .await
        .unwrap()
        .value;
    assert_eq!(world.ticket("two").await.project_id, blue.id);
    assert!(
        world
            .app
            .get_project(&admin(), &by_slug("blue"))
            .await
            .unwrap()
            .is_current
    );
}

#[tokio::test]
async fn the_current_project_is_a_persons_own() {
    let world = world().await;
    world.project("blue").await;
    let choice = CurrentProject {
        project: Some(Slug::parse("blue").unwrap()),
    };
    world.app.choose_project(&admin(), choice).await.unwrap();
    let me = world.app.me(&admin()).await.unwrap();
    assert_eq!(me.current_project.unwrap().as_str(), "blue");
    let other = world.app.me(&machine("bob", &[Scope::Read])).await.unwrap();
    assert_eq!(other.current_project, None);
    let unknown = CurrentProject {
        project: Some(Slug::parse("red").unwrap()),
    };
    assert_eq!(
        refused(world.app.choose_project(&admin(), unknown).await),
        "not_found"
    );
}

#[tokio::test]
async fn a_card_shows_how_the_last_runs_went() {
    let world = world().await;
    for outcome in [Outcome::Completed, Outcome::Failed, Outcome::Cancelled] {
        let run = world.run().await;
        world.finish(&run, outcome).await;
    }
    world.run().await;
    let card = world
        .app
        .get_project(&admin(), &by_slug("default"))
        .await
        .unwrap();
    assert_eq!(card.health, Health::Yellow);
    assert_eq!(
        (card.passed, card.last_outcomes.len(), card.active_runs),
        (1, 2, 1)
    );
}

#[tokio::test]
async fn an_edit_names_the_version_that_it_saw() {
    let world = world().await;
    world.project("blue").await;
    let patch = |name: &str| ProjectPatch {
        name: Some(Name::lossy(name)),
        version: Some(1),
        ..ProjectPatch::default()
    };
    let edited = world
        .app
        .update_project(&admin(), &by_slug("blue"), patch("Blue"))
        .await
        .unwrap();
    assert_eq!((edited.name.as_str(), edited.version), ("Blue", 2));
    match world
        .app
        .update_project(&admin(), &by_slug("blue"), patch("Azure"))
        .await
    {
        Err(app::Error::StaleVersion { current }) => assert_eq!(current["name"], "Blue"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_archived_project_is_hidden_and_takes_no_new_work() {
    let world = world().await;
    world.project("blue").await;
    let removed = world
        .app
        .archive_project(&admin(), &by_slug("blue"))
        .await
        .unwrap();
    assert_eq!(removed.status, "archived");
    let shown = app::ProjectFilter::default();
    assert!(
        world
            .app
            .list_projects(&admin(), shown)
            .await
            .unwrap()
            .is_empty()
    );
    let mut new = new_ticket("late");
    new.project = Some("blue".into());
    assert_eq!(
        refused(world.app.create_ticket(&admin(), new).await),
        "move_not_allowed"
    );
}

#[tokio::test]
async fn a_deleted_project_leaves_its_places_in_the_log_and_nothing_else() {
    let world = world().await;
    let secret = world.ticket("secret plans").await;
    let before = world.words().await.len();
    world
        .app
        .delete_project(&admin(), &by_slug("default"))
        .await
        .unwrap();
    assert_eq!(
        refused(world.app.get_ticket(&admin(), secret.id).await),
        "not_found"
    );
    let events = world.events().await;
    assert_eq!(events.len(), before + 1);
    assert!(
        events
            .iter()
            .all(|event| !event.message.as_str().contains("secret"))
    );
    assert!(
        events
            .iter()
            .enumerate()
            .all(|(index, event)| event.seq == index as i64 + 1)
    );
}

#[tokio::test]
async fn a_stranger_sees_nothing_of_another_project() {
    let world = world().await;
    let blue = world.project("blue").await;
    let red = world.project("red").await;
    let stranger = within(red.id, &[Scope::Admin]);
    let seen = world
        .app
        .get_project(&stranger, &ProjectRef::Id(blue.id))
        .await;
    assert_eq!(refused(seen), "not_found");
    let edit = world
        .app
        .update_project(&stranger, &by_slug("blue"), ProjectPatch::default())
        .await;
    assert_eq!(refused(edit), "not_found");
    let cards = world
        .app
        .list_projects(&stranger, app::ProjectFilter::default())
        .await
        .unwrap();
    assert_eq!(cards.len(), 1);
    assert_eq!(
        refused(
            world
                .app
                .create_project(&stranger, new_project("new"))
                .await
        ),
        "forbidden"
    );
    assert_eq!(
        refused(world.app.find_project(&stranger, &by_slug("blue")).await),
        "not_found"
    );
}
