//! Limits and pauses, one by one.

use super::*;
use crate::{ProjectId, Slug, Text, Totals};

fn project() -> Project {
    Project {
        id: ProjectId::new(),
        slug: Slug::parse("web").unwrap(),
        name: Name::lossy("web"),
        description: Text::default(),
        icon: None,
        color: None,
        repo_path: None,
        clone_url: None,
        loop_state: LoopState::Running,
        loop_reason: None,
        max_running: None,
        max_running_per_agent: None,
        max_wip: None,
        last_dispatch_at: None,
        totals: Totals::default(),
        archived_at: None,
        created_at: Timestamp::from_micros(0),
        updated_at: Timestamp::from_micros(0),
        version: 1,
    }
}

fn free() -> Surroundings {
    Surroundings {
        daemon: DaemonState::Running,
        limits: Limits::default(),
        project: project(),
        load: Load::default(),
    }
}

fn reasons(holds: &[Hold]) -> Vec<HoldReason> {
    holds.iter().map(|hold| hold.reason).collect()
}

#[test]
fn without_limits_nothing_holds() {
    let mut busy = free();
    (0..100).for_each(|_| busy.add(Some(&Name::lossy("claude"))));
    assert_eq!(busy.holds(), []);
    assert_eq!(busy.holds_for(&Name::lossy("claude")), []);
}

#[test]
fn each_limit_holds_when_it_is_reached_and_not_before() {
    let claude = Name::lossy("claude");
    let set: [fn(&mut Surroundings); 5] = [
        |around| around.project.max_running = Some(2),
        |around| around.project.max_wip = Some(2),
        |around| around.limits.max_running = Some(2),
        |around| around.project.max_running_per_agent = Some(2),
        |around| around.limits.max_running_per_agent = Some(2),
    ];
    for set in set {
        let mut around = free();
        set(&mut around);
        let held = |around: &Surroundings| {
            let mut holds = around.holds();
            holds.extend(around.holds_for(&claude));
            reasons(&holds)
        };
        around.add(Some(&claude));
        assert_eq!(held(&around), []);
        around.add(Some(&claude));
        assert_eq!(held(&around), [HoldReason::Limit]);
    }
}

#[test]
fn of_another_agent_there_may_be_more() {
    let mut around = free();
    around.project.max_running_per_agent = Some(1);
    around.add(Some(&Name::lossy("claude")));
    assert_eq!(around.holds_for(&Name::lossy("codex")), []);
}

#[test]
fn everything_that_is_stopped_says_so() {
    let mut around = free();
    around.daemon = DaemonState::Paused;
    around.project.loop_state = LoopState::Halted;
    around.project.loop_reason = Some(Text::lossy("too dear"));
    around.project.archived_at = Some(Timestamp::from_micros(1));
    let holds = around.holds();
    assert_eq!(
        reasons(&holds),
        [
            HoldReason::Archived,
            HoldReason::DaemonPaused,
            HoldReason::Paused
        ]
    );
    assert_eq!(holds[2].detail, "its project is halted: too dear");
}

#[test]
fn who_asks_by_hand_may_more() {
    use HoldReason::{Backoff, DaemonPaused, Limit, NoWorker, Paused};
    let table = [
        (Paused, [true, false, true]),
        (Backoff, [true, true, false]),
        (DaemonPaused, [true, true, true]),
        (Limit, [true, true, true]),
        (NoWorker, [false, false, false]),
    ];
    for (reason, expected) in table {
        let stops = [Way::Queue, Way::Offer, Way::Hand].map(|way| reason.stops(way));
        assert_eq!(stops, expected, "{reason}");
    }
}
