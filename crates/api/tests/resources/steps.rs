//! Steps: begun once, ended once, in a tree.

use model::{NewStep, ProblemKind, StepId, StepPatch, StepState};
use serde_json::json;

use crate::world::{World, from, kind, pointers};

#[tokio::test]
async fn a_step_begins_once_by_the_agents_name_for_it() {
    let world = World::new().await;
    let again: NewStep = from(json!({"step_type": "agent", "name": "other", "external_id": "t1"}));
    assert_eq!(
        world
            .admin
            .create_step(world.run.id, &again)
            .await
            .unwrap()
            .id,
        world.step.id
    );
    let elsewhere = world.another_run().await.run;
    assert_ne!(
        world
            .admin
            .create_step(elsewhere.id, &again)
            .await
            .unwrap()
            .id,
        world.step.id
    );
}

#[tokio::test]
async fn a_step_ends_with_what_it_gave_back() {
    let world = World::new().await;
    let patch: StepPatch =
        from(json!({"state": "failed", "result": "fail", "output": "no such file"}));
    let ended = world
        .admin
        .update_step(world.run.id, world.step.id, &patch)
        .await
        .unwrap();
    assert_eq!(ended.state, StepState::Failed);
    assert!(ended.ended_at.is_some() && ended.duration_ms.is_some());
    assert_eq!(ended.output.unwrap().as_str(), "no such file");
}

#[tokio::test]
async fn steps_are_a_tree_in_the_order_in_which_they_began() {
    let world = World::new().await;
    let child: NewStep =
        from(json!({"step_type": "tool", "name": "Bash", "parent_step_id": world.step.id}));
    let child = world.admin.create_step(world.run.id, &child).await.unwrap();
    let steps = world.admin.list_steps(world.run.id).await.unwrap();
    assert_eq!(
        steps.iter().map(|step| step.sequence).collect::<Vec<_>>(),
        [1, 2]
    );
    assert_eq!(steps[1].parent_step_id, Some(world.step.id));
    assert_eq!(
        world.admin.get_run(world.run.id).await.unwrap().steps[1],
        child
    );
}

#[tokio::test]
async fn a_step_of_another_run_is_not_there() {
    let world = World::new().await;
    let other = world.another_run().await.run;
    let patch: StepPatch = from(json!({"state": "succeeded"}));
    let refused = world
        .admin
        .update_step(other.id, world.step.id, &patch)
        .await;
    assert_eq!(kind(refused), ProblemKind::NotFound);
    let child: NewStep =
        from(json!({"step_type": "tool", "name": "a", "parent_step_id": world.step.id}));
    assert_eq!(
        pointers(world.admin.create_step(other.id, &child).await),
        ["/parent_step_id"]
    );
    let refused = world
        .admin
        .update_step(world.run.id, StepId::new(), &patch)
        .await;
    assert_eq!(kind(refused), ProblemKind::NotFound);
}

#[tokio::test]
async fn an_output_that_is_too_long_is_cut_or_refused_but_kept_short() {
    let world = World::new().await;
    let patch: StepPatch = from(json!({"output": "ä".repeat(5000)}));
    if let Ok(step) = world
        .admin
        .update_step(world.run.id, world.step.id, &patch)
        .await
    {
        assert!(step.output.unwrap().as_str().chars().count() <= 4000);
    }
    let step = &world.admin.list_steps(world.run.id).await.unwrap()[0];
    assert!(
        step.output
            .as_ref()
            .is_none_or(|output| output.as_str().chars().count() <= 4000)
    );
}
