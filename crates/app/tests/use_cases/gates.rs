//! Gates: what no program does in a person's place, whichever way it comes.

use app::{Credential, Error};
use auth::Caller;
use model::{
    BlockKind, ClaimTask, Claimed, Handoff, Hindrance, Name, NewLink, NewTask, NewToken, Outcome,
    PrincipalKind, Scope, Task, TaskOrder, TaskPatch, TaskState, Terms, Text,
};
use testkit::every_engine;

use crate::support::*;

fn agent(name: &str) -> Caller {
    machine(name, &[Scope::Read, Scope::Report, Scope::Operate])
}

fn done() -> TaskOrder {
    TaskOrder::Complete(Handoff::default())
}

fn approve() -> TaskOrder {
    TaskOrder::Approve { comment: None }
}

impl World {
    async fn tell(&self, who: &Caller, task: &Task, order: TaskOrder) -> Result<Task, Error> {
        self.app
            .move_task(who, task.id, order, Terms::default())
            .await
    }

    async fn change(&self, who: &Caller, task: &Task, patch: TaskPatch) -> Result<Task, Error> {
        self.app.update_task(who, task.id, patch).await
    }

    async fn claim_as(&self, who: &Caller, task: &Task, agent: Option<&str>) -> Claimed {
        let claim = ClaimTask {
            agent: agent.map(Name::lossy),
            ..ClaimTask::default()
        };
        let claimed = self.app.claim_task(who, task.id, claim).await;
        claimed.unwrap().value
    }

    async fn worker(&self, claimed: &Claimed) -> Caller {
        let bearer = Credential::Bearer(claimed.run_token.as_ref().unwrap());
        self.app.authenticate(bearer).await.unwrap()
    }
}

every_engine! {
    async fn an_agent_approves_the_work_of_another_and_not_its_own(place) {
        let world = over(place.open().await).await;
        for way in [approve(), done()] {
            let task = world.task(new_task("x")).await;
            let claimed = world.claim_as(&agent("boss"), &task, Some("claude")).await;
            let worker = world.worker(&claimed).await;
            let review = TaskOrder::Review(Handoff::default());
            world.tell(&worker, &task, review).await.unwrap();
            for own in ["boss", "claude"] {
                let refusal = world.tell(&agent(own), &task, way.clone()).await;
                assert_eq!(refused(refusal), "forbidden", "{own}");
                let patch = TaskPatch { status: Some(TaskState::Done), ..TaskPatch::default() };
                let refusal = world.change(&agent(own), &task, patch).await;
                assert_eq!(refused(refusal), "forbidden", "{own}");
            }
            let approved = world.tell(&agent("reviewer"), &task, way).await.unwrap();
            assert_eq!(approved.status, TaskState::Done);
        }
        // What it gave in by hand is its own as well.
        let task = world.task(new_task("x")).await;
        let review = TaskOrder::Review(Handoff::default());
        world.tell(&agent("claude"), &task, review).await.unwrap();
        let refusal = world.tell(&agent("claude"), &task, approve()).await;
        assert_eq!(refused(refusal), "forbidden");
        world.tell(&admin(), &task, approve()).await.unwrap();
    }

    async fn no_program_changes_what_a_person_judges_or_has_said(place) {
        let world = over(place.open().await).await;
        let task = world.task(NewTask { human_gate: true, ..new_task("x") }).await;
        let run = world.claim(&task).await.unwrap().run;
        world.finish(&run, Outcome::Completed).await;
        let forged = || TaskPatch { result: Some(Text::lossy("forged")), ..TaskPatch::default() };
        let commit = || TaskPatch { commit_sha: Some(None), ..TaskPatch::default() };
        let body = || TaskPatch { body: Some(Text::lossy("easier")), ..TaskPatch::default() };
        for state in [TaskState::Review, TaskState::Done] {
            assert_eq!(world.task_now(&task).await.status, state);
            for patch in [forged(), commit(), body()] {
                let refusal = world.change(&agent("bot"), &task, patch).await;
                assert_eq!(refused(refusal), "forbidden");
            }
            world.change(&admin(), &task, forged()).await.unwrap();
            if state == TaskState::Review {
                world.tell(&admin(), &task, approve()).await.unwrap();
            }
        }
        let reason = |text: &str| TaskPatch {
            block_reason: Some(Text::lossy(text)),
            ..TaskPatch::default()
        };
        let block = || TaskOrder::Block(Hindrance::default());
        let task = world.task(new_task("x")).await;
        world.tell(&admin(), &task, block()).await.unwrap();
        let refusal = world.change(&agent("bot"), &task, reason("forged")).await;
        assert_eq!(refused(refusal), "forbidden");
        world.change(&admin(), &task, reason("truly")).await.unwrap();
        world.tell(&admin(), &task, TaskOrder::Unblock).await.unwrap();
        world.tell(&agent("bot"), &task, block()).await.unwrap();
        world.change(&agent("bot"), &task, reason("else")).await.unwrap();
        // Who says why it is blocked is who lets it go on.
        world.change(&admin(), &task, reason("no")).await.unwrap();
        let refusal = world.tell(&agent("bot"), &task, TaskOrder::Unblock).await;
        assert_eq!(refused(refusal), "forbidden");
    }

    async fn nothing_goes_on_without_the_verdict_that_it_waits_for(place) {
        let world = over(place.open().await).await;
        let gated = world.task(NewTask { human_gate: true, ..new_task("x") }).await;
        let child = world.task(NewTask { parents: vec![gated.id], ..new_task("child") }).await;
        let link = || NewLink { parent_id: gated.id, child_id: child.id };
        let force = || TaskOrder::Promote { force: true };
        assert_eq!(refused(world.tell(&agent("bot"), &child, force()).await), "forbidden");
        assert_eq!(refused(world.app.delete_link(&agent("bot"), link()).await), "forbidden");
        assert_eq!(world.task_now(&child).await.status, TaskState::Todo);
        assert!(world.app.delete_link(&admin(), link()).await.unwrap().ok);
        assert_eq!(world.task_now(&child).await.status, TaskState::Ready);
    }

    async fn no_program_makes_itself_a_person(place) {
        let world = over(place.open().await).await;
        let bot = machine("bot", &[Scope::Admin]);
        let token = |kind| NewToken {
            name: Name::lossy("x"),
            kind: Some(kind),
            scopes: vec![Scope::Operate],
            project: None,
            expires_at: None,
        };
        let human = token(PrincipalKind::Human);
        assert_eq!(refused(world.app.create_token(&bot, human.clone()).await), "forbidden");
        world.app.create_token(&bot, token(PrincipalKind::Agent)).await.unwrap();
        world.app.create_token(&admin(), human).await.unwrap();
    }

    async fn a_ticket_is_no_way_to_delete_what_waits_for_a_person(place) {
        let world = over(place.open().await).await;
        let ticket = world.ticket("x").await;
        let new = NewTask { ticket_id: Some(ticket.id), human_gate: true, ..new_task("x") };
        let run = world.claim(&world.task(new).await).await.unwrap().run;
        world.finish(&run, Outcome::Completed).await;
        let refusal = world.app.delete_ticket(&agent("bot"), ticket.id).await;
        assert_eq!(refused(refusal), "forbidden");
        world.app.delete_ticket(&admin(), ticket.id).await.unwrap();
    }

    async fn nothing_is_put_away_past_a_gate(place) {
        let world = over(place.open().await).await;
        let gated = world.task(NewTask { human_gate: true, ..new_task("x") }).await;
        let child = world.task(NewTask { parents: vec![gated.id], ..new_task("child") }).await;
        let refusal = world.tell(&agent("bot"), &gated, TaskOrder::Archive).await;
        assert_eq!(refused(refusal), "forbidden");
        assert_eq!(refused(world.app.delete_task(&agent("bot"), gated.id).await), "forbidden");
        assert_eq!(world.task_now(&child).await.status, TaskState::Todo);
        world.tell(&admin(), &gated, done()).await.unwrap();
        world.tell(&agent("bot"), &gated, TaskOrder::Archive).await.unwrap();
    }

    async fn what_a_worker_completes_leaves_no_old_blocks(place) {
        let world = over(place.open().await).await;
        let task = world.task(new_task("x")).await;
        let block = || TaskOrder::Block(Hindrance { kind: Some(BlockKind::Capability), reason: None });
        for _ in 0..2 {
            world.tell(&agent("bot"), &task, block()).await.unwrap();
            world.tell(&agent("bot"), &task, TaskOrder::Unblock).await.unwrap();
        }
        let run = world.claim(&task).await.unwrap().run;
        world.finish(&run, Outcome::Completed).await;
        let now = world.task_now(&task).await;
        assert_eq!((now.block_recurrences, now.last_block_kind), (0, None));
        world.tell(&admin(), &task, TaskOrder::Reopen).await.unwrap();
        let blocked = world.tell(&agent("bot"), &task, block()).await.unwrap();
        assert_eq!(blocked.status, TaskState::Blocked);
    }
}
