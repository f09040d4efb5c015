//! Tasks, links, comments, runs and steps.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use dashboard_store::counts::{self, Counted};
use dashboard_store::{
    Error, Kind, Store, board_counts, comments, dispatch, events, links, logs, projects, runs,
    search, steps, tasks, tickets,
};
use model::{
    BlockKind, Comment, CommentId, FoundKind, Link, Name, Outcome, Page, Project, Run, RunFilter,
    RunState, StepState, Task, TaskFilter, TaskState, Text, Ticket, Title,
};
use testkit::{every_engine, makers};

async fn with_ticket(store: &Store) -> (Project, Ticket) {
    let project = makers::project("web");
    let ticket = makers::ticket(&project, "Add login");
    let kept = (project.clone(), ticket.clone());
    store
        .write(move |tx| {
            Box::pin(async move {
                projects::insert(tx, &kept.0).await?;
                tickets::insert(tx, &kept.1).await
            })
        })
        .await
        .unwrap();
    (project, ticket)
}

async fn add_task(store: &Store, task: &Task) -> Result<(), Error> {
    let task = task.clone();
    store
        .write(move |tx| {
            Box::pin(async move { tasks::insert(tx, std::slice::from_ref(&task)).await })
        })
        .await
}

async fn add_run(store: &Store, run: &Run) -> Result<(), Error> {
    let run = run.clone();
    store
        .write(move |tx| Box::pin(async move { runs::insert(tx, &run).await }))
        .await
}

async fn link(store: &Store, parent: &Task, child: &Task) -> bool {
    let link = Link {
        parent_id: parent.id,
        child_id: child.id,
        created_at: makers::noon(),
    };
    store
        .write(move |tx| Box::pin(async move { links::insert(tx, &link).await }))
        .await
        .unwrap()
}

async fn move_task(store: &Store, task: &Task, to: TaskState) -> Task {
    let mut task = Task {
        status: to,
        ..task.clone()
    };
    let unit = store.write(move |tx| {
        Box::pin(async move {
            tasks::update(tx, &mut task).await?;
            Ok::<_, Error>(task)
        })
    });
    unit.await.unwrap()
}

every_engine! {
    async fn a_task_comes_back_as_it_was(place) {
        let store = place.open().await;
        let (project, ticket) = with_ticket(&store).await;
        let task = Task {
            assignee: Some(Name::lossy("backend")),
            tenant: Some(Name::lossy("acme")),
            skills: vec![Name::lossy("rust"), Name::lossy("sql")],
            workspace_path: Some(Text::lossy("/src")),
            branch_name: Some(Name::lossy("b")),
            idempotency_key: Some(Name::lossy("key")),
            max_runtime_seconds: Some(60),
            not_before: Some(makers::noon()),
            human_gate: true,
            block_kind: Some(BlockKind::NeedsInput),
            block_reason: Some(Text::lossy("why")),
            blocked_by: Some(makers::ada()),
            result: Some(Text::lossy("done")),
            commit_sha: Some(Name::lossy("abc")),
            ..makers::task(&project, Some(&ticket), 1)
        };
        add_task(&store, &task).await.unwrap();
        let mut read = store.read().await.unwrap();
        assert_eq!(tasks::get(&mut read, task.id).await.unwrap(), Some(task.clone()));
        let key = Name::lossy("key");
        let found = tasks::by_idempotency_key(&mut read, project.id, &key).await.unwrap();
        assert_eq!(found, Some(task));
        drop(read);
        store.close().await;
    }

    async fn a_ticket_counts_its_tasks(place) {
        let store = place.open().await;
        let (project, ticket) = with_ticket(&store).await;
        let (one, two) = (makers::task(&project, Some(&ticket), 1), makers::task(&project, Some(&ticket), 2));
        add_task(&store, &one).await.unwrap();
        add_task(&store, &two).await.unwrap();
        let one = move_task(&store, &one, TaskState::Done).await;
        let tasks_of = |ticket: Ticket| (ticket.tasks_total, ticket.tasks_done);
        let kept = tickets::get(&mut store.read().await.unwrap(), ticket.id).await.unwrap().unwrap();
        assert_eq!(tasks_of(kept), (2, 1));
        move_task(&store, &one, TaskState::Ready).await;
        store.write(move |tx| Box::pin(async move { tasks::delete(tx, two.id).await })).await.unwrap();
        let kept = tickets::get(&mut store.read().await.unwrap(), ticket.id).await.unwrap().unwrap();
        assert_eq!(kept.version, 1, "nobody edited the ticket");
        assert_eq!(tasks_of(kept), (1, 0));
        store.close().await;
    }

    async fn sequences_count_within_ticket_or_project(place) {
        let store = place.open().await;
        let (project, ticket) = with_ticket(&store).await;
        let given = store.write(move |tx| Box::pin(async move {
            let mut given = Vec::new();
            for (ticket, many) in [(Some(ticket.id), 2), (Some(ticket.id), 1), (None, 1)] {
                given.push(tasks::take_places(tx, project.id, ticket, many).await?);
            }
            Ok::<_, Error>(given)
        })).await.unwrap();
        assert_eq!(given, [1, 3, 1]);
        store.close().await;
    }

    async fn task_lists_hide_the_archived_unless_asked(place) {
        let store = place.open().await;
        let (project, ticket) = with_ticket(&store).await;
        for (sequence, status) in [(1, TaskState::Ready), (2, TaskState::Archived), (3, TaskState::Done)] {
            let of = (sequence != 3).then_some(&ticket);
            add_task(&store, &Task { status, ..makers::task(&project, of, sequence) }).await.unwrap();
        }
        let mut read = store.read().await.unwrap();
        let cases = [
            (TaskFilter::default(), vec![3, 1]),
            (TaskFilter { status: TaskState::ALL.to_vec(), ..TaskFilter::default() }, vec![3, 2, 1]),
            (TaskFilter { status: vec![TaskState::Ready, TaskState::Archived], ..TaskFilter::default() }, vec![2, 1]),
            (TaskFilter { ticket: Some(ticket.id), ..TaskFilter::default() }, vec![1]),
            (TaskFilter { ticket: Some(ticket.id), status: TaskState::ALL.to_vec(), ..TaskFilter::default() }, vec![1, 2]),
            (TaskFilter { q: Some("TASK 3".into()), ..TaskFilter::default() }, vec![3]),
        ];
        for (filter, expected) in cases {
            let mut page = Page::first(1);
            let mut found = Vec::new();
            loop {
                let paged = tasks::list(&mut read, &filter, &page).await.unwrap();
                found.extend(paged.items.iter().map(|task| task.sequence));
                page.cursor = paged.next;
                if page.cursor.is_none() { break }
            }
            assert_eq!(found, expected, "{filter:?}");
        }
        drop(read);
        store.close().await;
    }

    async fn what_is_ready_comes_by_priority_then_age(place) {
        let store = place.open().await;
        let (project, _) = with_ticket(&store).await;
        for (sequence, priority, seconds) in [(1, 0, 0), (2, 5, 9), (3, 5, 1), (4, 9, 0)] {
            let mut task = makers::task(&project, None, sequence);
            task.priority = priority;
            task.created_at = makers::noon().plus_seconds(seconds);
            task.not_before = (sequence == 4).then(|| makers::noon().plus_seconds(100));
            add_task(&store, &task).await.unwrap();
        }
        let mut read = store.read().await.unwrap();
        let ready = dispatch::candidates(&mut read, project.id, None, makers::noon(), None, 10).await.unwrap();
        let ages = ready.iter().map(|task| (task.priority, task.created_at.millis_since(makers::noon())));
        assert_eq!(ages.collect::<Vec<_>>(), [(5, 1000), (5, 9000), (0, 0)]);
        drop(read);
        store.close().await;
    }

    async fn links_know_cycles_and_who_may_go_on(place) {
        let store = place.open().await;
        let (project, _) = with_ticket(&store).await;
        let tasks: Vec<_> = (1..=3).map(|n| Task {
            status: if n == 1 { TaskState::Ready } else { TaskState::Todo },
            ..makers::task(&project, None, n)
        }).collect();
        for task in &tasks {
            add_task(&store, task).await.unwrap();
        }
        assert!(link(&store, &tasks[0], &tasks[1]).await);
        assert!(!link(&store, &tasks[0], &tasks[1]).await, "it is there already");
        assert!(link(&store, &tasks[1], &tasks[2]).await);
        let mut read = store.read().await.unwrap();
        assert!(links::leads_to(&mut read, tasks[0].id, tasks[2].id).await.unwrap());
        assert!(!links::leads_to(&mut read, tasks[2].id, tasks[0].id).await.unwrap());
        assert!(links::leads_to(&mut read, tasks[0].id, tasks[0].id).await.unwrap());
        assert!(links::has_open_parents(&mut read, tasks[1].id).await.unwrap());
        assert!(links::children_to_promote(&mut read, tasks[0].id).await.unwrap().is_empty());
        drop(read);
        move_task(&store, &tasks[0], TaskState::Done).await;
        let mut read = store.read().await.unwrap();
        let promoted = links::children_to_promote(&mut read, tasks[0].id).await.unwrap();
        assert_eq!(promoted.iter().map(|task| task.id).collect::<Vec<_>>(), [tasks[1].id]);
        let place_of = links::of_task(&mut read, tasks[1].id).await.unwrap();
        assert_eq!((place_of.parents, place_of.children), (vec![tasks[0].id], vec![tasks[2].id]));
        drop(read);
        store.close().await;
    }

    async fn a_task_has_at_most_one_open_attempt(place) {
        let store = place.open().await;
        let (project, _) = with_ticket(&store).await;
        let task = makers::task(&project, None, 1);
        add_task(&store, &task).await.unwrap();
        let first = makers::run(&project, Some(&task));
        add_run(&store, &first).await.unwrap();
        let refused = add_run(&store, &makers::run(&project, Some(&task))).await.unwrap_err();
        assert_eq!(refused.kind, Kind::Conflict);
        let child = Run { parent_run_id: Some(first.id), ..makers::run(&project, Some(&task)) };
        add_run(&store, &child).await.unwrap();
        let open = runs::open_on_task(&mut store.read().await.unwrap(), task.id).await.unwrap();
        assert_eq!(open.map(|run| run.id), Some(first.id));
        store.close().await;
    }

    async fn of_many_claimers_of_one_task_one_wins(place) {
        let store = place.open().await;
        let (project, _) = with_ticket(&store).await;
        let task = makers::task(&project, None, 1);
        add_task(&store, &task).await.unwrap();
        let claims: Vec<_> = (0..16).map(|_| {
            let (store, run, mut task) = (store.clone(), makers::run(&project, Some(&task)), task.clone());
            tokio::spawn(async move {
                store.write(move |tx| Box::pin(async move {
                    task.status = TaskState::Running;
                    task.current_run_id = Some(run.id);
                    runs::insert(tx, &run).await?;
                    tasks::update(tx, &mut task).await?;
                    Ok::<_, Error>(run.id)
                })).await
            })
        }).collect();
        let mut winners = Vec::new();
        for claim in claims {
            winners.extend(claim.await.unwrap().ok());
        }
        assert_eq!(winners.len(), 1);
        let mut read = store.read().await.unwrap();
        let kept = tasks::get(&mut read, task.id).await.unwrap().unwrap();
        assert_eq!(kept.current_run_id, winners.pop());
        let counted = counts::of_project(&mut read, project.id, Counted::Runs).await.unwrap();
        assert_eq!(counted.into_iter().collect::<Vec<_>>(), [("running".to_owned(), 1)]);
        drop(read);
        store.close().await;
    }

    async fn runs_are_counted_listed_and_judged(place) {
        let store = place.open().await;
        let (project, _) = with_ticket(&store).await;
        let ends = [Outcome::Completed, Outcome::Failed, Outcome::Cancelled];
        for (n, outcome) in (0..).zip(ends) {
            let mut run = makers::run(&project, None);
            run.created_at = makers::noon().plus_seconds(n);
            add_run(&store, &run).await.unwrap();
            run.state = outcome.state();
            run.outcome = Some(outcome);
            run.ended_at = Some(makers::noon().plus_seconds(10 + n));
            store.write(move |tx| Box::pin(async move { runs::update(tx, &mut run).await })).await.unwrap();
        }
        add_run(&store, &makers::run(&project, None)).await.unwrap();
        let mut read = store.read().await.unwrap();
        assert_eq!(projects::active_runs(&mut read, project.id).await.unwrap(), 1);
        let judged = projects::last_outcomes(&mut read, project.id, 10).await.unwrap();
        assert_eq!(judged, [RunState::Failed, RunState::Succeeded]);
        let filter = RunFilter { state: vec![RunState::Failed, RunState::Cancelled], ..RunFilter::default() };
        let listed = runs::list(&mut read, &filter, &Page::first(10)).await.unwrap().items;
        assert_eq!(listed.iter().map(|run| run.state).collect::<Vec<_>>(), [RunState::Cancelled, RunState::Failed]);
        drop(read);
        store.close().await;
    }

    async fn a_heartbeat_is_no_edit(place) {
        let store = place.open().await;
        let (project, _) = with_ticket(&store).await;
        let run = makers::run(&project, None);
        add_run(&store, &run).await.unwrap();
        let later = makers::noon().plus_seconds(30);
        let id = run.id;
        let there = store.write(move |tx| Box::pin(async move { runs::beat(tx, id, later, None).await })).await;
        assert!(there.unwrap());
        let mut read = store.read().await.unwrap();
        let kept = runs::get(&mut read, id).await.unwrap().unwrap();
        assert_eq!((kept.version, kept.last_heartbeat_at), (1, later));
        assert!(runs::silent_since(&mut read, later, 10).await.unwrap().is_empty());
        assert_eq!(runs::silent_since(&mut read, later.plus_seconds(1), 10).await.unwrap().len(), 1);
        drop(read);
        store.close().await;
    }

    async fn steps_of_a_run_that_ended_end_with_it(place) {
        let store = place.open().await;
        let (project, _) = with_ticket(&store).await;
        let run = makers::run(&project, None);
        add_run(&store, &run).await.unwrap();
        let done = model::Step { external_id: Some(Name::lossy("toolu_1")), ..makers::step(&run, 1) };
        let open = makers::step(&run, 2);
        let kept = (done.clone(), open.clone());
        store.write(move |tx| Box::pin(async move {
            assert_eq!(steps::next_sequence(tx, kept.0.run_id).await?, 1);
            steps::insert(tx, &kept.0).await?;
            steps::insert(tx, &kept.1).await?;
            let ended = model::Step { state: StepState::Succeeded, ended_at: Some(makers::noon()), ..kept.0 };
            steps::update(tx, &ended).await?;
            let cancelled = steps::end_open(tx, ended.run_id, makers::noon().plus_seconds(2)).await?;
            assert_eq!(cancelled.len(), 1);
            Ok::<_, Error>(())
        })).await.unwrap();
        let mut read = store.read().await.unwrap();
        let kept = steps::of_run(&mut read, run.id, 100).await.unwrap();
        assert_eq!(kept.iter().map(|step| step.state).collect::<Vec<_>>(), [StepState::Succeeded, StepState::Cancelled]);
        assert_eq!(kept[1].duration_ms, Some(2000));
        let found = steps::by_external_id(&mut read, run.id, &Name::lossy("toolu_1")).await.unwrap();
        assert_eq!(found.map(|step| step.id), Some(done.id));
        drop(read);
        store.close().await;
    }

    async fn everything_can_be_found_until_it_is_deleted(place) {
        let store = place.open().await;
        let (project, ticket) = with_ticket(&store).await;
        let task = Task { body: Text::lossy("Ein GRÜNER Knopf 50%_x"), ..makers::task(&project, Some(&ticket), 1) };
        add_task(&store, &task).await.unwrap();
        add_run(&store, &makers::run(&project, Some(&task))).await.unwrap();
        let comment = Comment {
            id: CommentId::new(), ticket_id: None, task_id: Some(task.id), author: makers::ada(),
            body: Text::lossy("really grüner?"), created_at: makers::noon(),
        };
        let kept = comment.clone();
        store.write(move |tx| Box::pin(async move { comments::insert(tx, &kept).await })).await.unwrap();
        let mut read = store.read().await.unwrap();
        let said = comments::on_task(&mut read, task.id, &Page::first(10)).await.unwrap();
        assert_eq!(said.items, std::slice::from_ref(&comment));
        let latest = comments::latest_on_task(&mut read, task.id, 10).await.unwrap();
        assert_eq!(latest, [comment]);
        let cases = [
            ("grüner", vec![FoundKind::Task, FoundKind::Comment]),
            ("LOGIN", vec![FoundKind::Ticket]),
            ("cargo", vec![FoundKind::Run]),
            ("50%_", vec![FoundKind::Task]),
            ("50%x", vec![]),
            ("bu", vec![FoundKind::Run]),
            ("\"'; drop", vec![]),
        ];
        for (text, expected) in cases {
            let mut found: Vec<_> = search::find(&mut read, text, None, &[], 10).await.unwrap()
                .iter().map(|found| found.kind).collect();
            found.sort_unstable();
            assert_eq!(found, expected, "{text}");
        }
        drop(read);
        store.write(move |tx| Box::pin(async move { tickets::delete(tx, ticket.id).await })).await.unwrap();
        let mut read = store.read().await.unwrap();
        for text in ["grüner", "login", "cargo"] {
            assert!(search::find(&mut read, text, None, &[], 10).await.unwrap().is_empty(), "{text}");
        }
        drop(read);
        store.close().await;
    }

    async fn what_a_failed_unit_made_findable_is_not_found(place) {
        let store = place.open().await;
        let (project, _) = with_ticket(&store).await;
        let units = (0..20).map(|index| {
            let (store, project) = (store.clone(), project.clone());
            tokio::spawn(async move {
                let keeps = index % 2 == 0;
                let title = if keeps { "findable" } else { "phantom" };
                let task = Task { title: Title::lossy(title), ..makers::task(&project, None, index) };
                let unit = store.write(move |tx| Box::pin(async move {
                    tasks::insert(tx, std::slice::from_ref(&task)).await?;
                    if keeps { Ok(()) } else { Err(Error::stale()) }
                }));
                assert_eq!(unit.await.is_ok(), keeps);
            })
        });
        for unit in units.collect::<Vec<_>>() {
            unit.await.unwrap();
        }
        let mut read = store.read().await.unwrap();
        assert_eq!(search::find(&mut read, "findable", None, &[], 100).await.unwrap().len(), 10);
        assert!(search::find(&mut read, "phantom", None, &[], 100).await.unwrap().is_empty());
        drop(read);
        store.close().await;
    }

    async fn a_deleted_project_leaves_its_past_and_nothing_else(place) {
        let store = place.open().await;
        let (project, ticket) = with_ticket(&store).await;
        let task = makers::task(&project, Some(&ticket), 1);
        add_task(&store, &task).await.unwrap();
        let run = makers::run(&project, Some(&task));
        add_run(&store, &run).await.unwrap();
        store.append_lines(run.id, vec![makers::line(None, "a"), makers::line(None, "b")]).await.unwrap();
        let id = project.id;
        store.write(move |tx| Box::pin(async move {
            let mut fact = makers::fact("secret");
            fact.project_id = Some(id);
            tx.append(fact);
            Ok::<_, Error>(())
        })).await.unwrap();
        store.write(move |tx| Box::pin(async move { projects::delete(tx, id).await })).await.unwrap();
        let mut read = store.read().await.unwrap();
        assert_eq!(projects::get(&mut read, id).await.unwrap(), None);
        assert_eq!(events::after(&mut read, 0, 10).await.unwrap()[0].message.as_str(), "(deleted)");
        let runs = counts::of_all(&mut read, Counted::Runs).await.unwrap();
        assert_eq!(runs.into_iter().collect::<Vec<_>>(), [("interrupted".to_owned(), 1)]);
        assert!(board_counts::by_status(&mut read, None).await.unwrap().is_empty());
        drop(read);
        while store.write(|tx| Box::pin(async move { logs::sweep(tx, 1).await })).await.unwrap() {}
        let lines = logs::after(&mut store.read().await.unwrap(), run.id, 0, 10).await.unwrap();
        assert!(lines.is_empty());
        store.close().await;
    }
}
