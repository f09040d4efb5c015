//! Tickets and projects: what is kept comes back, pages are complete in every order, deletion leaves the log dense.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use dashboard_store::counts::{self, Counted};
use dashboard_store::{Error, Kind, Store, board_counts, events, projects, tasks, tickets};
use model::{
    Name, Page, Project, Text, Ticket, TicketFilter, TicketSort, TicketStatus, Title, Usd,
};
use testkit::{every_engine, makers};

async fn with_project(store: &Store) -> Project {
    let project = makers::project("web");
    let kept = project.clone();
    store
        .write(move |tx| Box::pin(async move { projects::insert(tx, &kept).await }))
        .await
        .unwrap();
    project
}

async fn add(store: &Store, ticket: &Ticket) -> Result<(), Error> {
    let ticket = ticket.clone();
    store
        .write(move |tx| Box::pin(async move { tickets::insert(tx, &ticket).await }))
        .await
}

async fn update(store: &Store, mut ticket: Ticket) -> Result<Ticket, Error> {
    store
        .write(move |tx| {
            Box::pin(async move {
                tickets::update(tx, &mut ticket).await?;
                Ok(ticket)
            })
        })
        .await
}

/// A ticket in which every field says something.
fn full(project: &Project) -> Ticket {
    Ticket {
        external_id: Some(Name::lossy("PROJ-1")),
        external_url: Some(Text::lossy("https://tracker/PROJ-1")),
        description: Text::lossy("lines\nand ünicode"),
        acceptance_criteria: Text::lossy("it works"),
        labels: vec![Name::lossy("b"), Name::lossy("a")],
        priority: -3,
        assignee: Some(Name::lossy("bob")),
        branch_name: Some(Name::lossy("feature/1")),
        pr_url: Some(Text::lossy("https://forge/1")),
        pr_number: Some(7),
        is_partial: true,
        last_completed_task_seq: 2,
        error_message: Some(Text::lossy("no")),
        started_at: Some(makers::noon()),
        finished_at: Some(makers::noon().plus_seconds(1)),
        ..makers::ticket(project, "Add login")
    }
}

async fn all(store: &Store, filter: &TicketFilter, sort: TicketSort, limit: i64) -> Vec<Ticket> {
    let mut read = store.read().await.unwrap();
    let mut page = Page::first(limit);
    let mut found = Vec::new();
    loop {
        let paged = tickets::list(&mut read, filter, sort, &page).await.unwrap();
        assert!(paged.items.len() <= limit as usize);
        found.extend(paged.items);
        match paged.next {
            Some(next) => page.cursor = Some(next),
            None => return found,
        }
    }
}

/// Sixty tickets with equal and different keys.
async fn sixty(store: &Store, project: &Project) -> Vec<Ticket> {
    let mut made = Vec::new();
    for n in 0..60_i64 {
        let mut ticket = makers::ticket(project, &format!("ticket {n}"));
        ticket.created_at = makers::noon().plus_seconds(n / 2);
        ticket.updated_at = makers::noon().plus_seconds((n * 7) % 11);
        ticket.priority = n % 3 - 1;
        ticket.totals.cost_usd = Usd::from_pico((n * 13) % 5);
        ticket.status = TicketStatus::ALL[n as usize % 3];
        ticket.assignee = (n % 4 == 0).then(|| Name::lossy("bob"));
        ticket.labels = if n % 5 == 0 {
            vec![Name::lossy("urgent")]
        } else {
            vec![]
        };
        made.push(ticket);
    }
    let kept = made.clone();
    store
        .write(move |tx| {
            Box::pin(async move {
                for ticket in &kept {
                    tickets::insert(tx, ticket).await?;
                }
                Ok::<_, Error>(())
            })
        })
        .await
        .unwrap();
    made
}

fn sorted(mut tickets: Vec<Ticket>, sort: TicketSort) -> Vec<Ticket> {
    tickets.sort_by(|a, b| match sort {
        TicketSort::Newest => (b.created_at, b.id).cmp(&(a.created_at, a.id)),
        TicketSort::Oldest => (a.created_at, a.id).cmp(&(b.created_at, b.id)),
        TicketSort::Updated => (b.updated_at, b.id).cmp(&(a.updated_at, a.id)),
        TicketSort::Priority => {
            (b.priority, a.created_at, a.id).cmp(&(a.priority, b.created_at, b.id))
        }
        TicketSort::Cost => (b.totals.cost_usd, b.id).cmp(&(a.totals.cost_usd, a.id)),
    });
    tickets
}

every_engine! {
    async fn a_ticket_comes_back_as_it_was(place) {
        let store = place.open().await;
        let project = with_project(&store).await;
        let ticket = full(&project);
        add(&store, &ticket).await.unwrap();
        let mut read = store.read().await.unwrap();
        assert_eq!(tickets::get(&mut read, ticket.id).await.unwrap(), Some(ticket.clone()));
        let external = Name::lossy("PROJ-1");
        let found = tickets::by_external_id(&mut read, project.id, &external).await.unwrap();
        assert_eq!(found, Some(ticket));
        drop(read);
        store.close().await;
    }

    async fn an_edit_is_kept_whole_and_counts_its_version(place) {
        let store = place.open().await;
        let project = with_project(&store).await;
        let ticket = makers::ticket(&project, "before");
        add(&store, &ticket).await.unwrap();
        let edited = Ticket {
            id: ticket.id,
            external_id: None,
            title: Title::lossy("after"),
            status: TicketStatus::Implementing,
            ..full(&project)
        };
        let updated = update(&store, edited.clone()).await.unwrap();
        assert_eq!(updated, Ticket { version: 2, ..edited });
        let mut read = store.read().await.unwrap();
        assert_eq!(tickets::get(&mut read, ticket.id).await.unwrap(), Some(updated));
        drop(read);
        assert_eq!(update(&store, ticket).await.unwrap_err().kind, Kind::Stale);
        store.close().await;
    }

    async fn an_external_id_is_unique_within_its_project(place) {
        let store = place.open().await;
        let project = with_project(&store).await;
        add(&store, &full(&project)).await.unwrap();
        assert_eq!(add(&store, &full(&project)).await.unwrap_err().kind, Kind::Conflict);
        store.close().await;
    }

    async fn a_ticket_of_no_project_is_refused(place) {
        let store = place.open().await;
        let nowhere = makers::project("nowhere");
        let failure = add(&store, &makers::ticket(&nowhere, "lost")).await.unwrap_err();
        assert_eq!(failure.kind, Kind::Missing);
        store.close().await;
    }

    async fn pages_are_complete_and_in_order_by_every_sort_and_filter(place) {
        let store = place.open().await;
        let project = with_project(&store).await;
        let made = sixty(&store, &project).await;
        let queued_or_planning = vec![TicketStatus::ALL[0], TicketStatus::ALL[2]];
        let filters = [
            TicketFilter::default(),
            TicketFilter { project: Some(project.id), ..TicketFilter::default() },
            TicketFilter { status: vec![TicketStatus::ALL[1]], ..TicketFilter::default() },
            TicketFilter { status: queued_or_planning, project: Some(project.id), ..TicketFilter::default() },
            TicketFilter { assignee: Some(Name::lossy("bob")), ..TicketFilter::default() },
            TicketFilter { label: Some(Name::lossy("urgent")), ..TicketFilter::default() },
            TicketFilter { q: Some("TICKET 1".into()), ..TicketFilter::default() },
            TicketFilter { q: Some("t 5".into()), label: Some(Name::lossy("urgent")), ..TicketFilter::default() },
        ];
        for filter in filters {
            let passes = |ticket: &Ticket| {
                (filter.status.is_empty() || filter.status.contains(&ticket.status))
                    && filter.assignee.as_ref().is_none_or(|who| ticket.assignee.as_ref() == Some(who))
                    && filter.label.as_ref().is_none_or(|label| ticket.labels.contains(label))
                    && filter.q.as_ref().is_none_or(|q| ticket.title.as_str().contains(&model::fold(q)))
            };
            for sort in TicketSort::ALL {
                let expected: Vec<_> = made.iter().filter(|ticket| passes(ticket)).cloned().collect();
                let expected: Vec<_> = sorted(expected, *sort).iter().map(|ticket| ticket.id).collect();
                for limit in [7, 1000] {
                    let found = all(&store, &filter, *sort, limit).await;
                    let found: Vec<_> = found.iter().map(|ticket| ticket.id).collect();
                    assert_eq!(found, expected, "{filter:?} {sort} {limit}");
                }
            }
        }
        store.close().await;
    }

    async fn a_cursor_of_another_list_is_refused(place) {
        let store = place.open().await;
        let page = Page { limit: 10, cursor: Some("nonsense".into()) };
        let mut read = store.read().await.unwrap();
        let listed = tickets::list(&mut read, &TicketFilter::default(), TicketSort::Newest, &page).await;
        assert_eq!(listed.unwrap_err().kind, Kind::BadCursor);
        drop(read);
        store.close().await;
    }

    async fn counters_follow_every_move(place) {
        let store = place.open().await;
        let project = with_project(&store).await;
        let ticket = makers::ticket(&project, "moves");
        add(&store, &ticket).await.unwrap();
        add(&store, &makers::ticket(&project, "stays")).await.unwrap();
        let moved = Ticket { status: TicketStatus::Done, ..ticket };
        update(&store, moved).await.unwrap();
        let mut read = store.read().await.unwrap();
        let counted = counts::of_project(&mut read, project.id, Counted::Tickets).await.unwrap();
        let counted: Vec<_> = counted.iter().map(|(state, n)| (state.as_str(), *n)).collect();
        assert_eq!(counted, [("done", 1), ("queued", 1)]);
        drop(read);
        store.close().await;
    }

    async fn a_deleted_ticket_leaves_its_events_without_content(place) {
        let store = place.open().await;
        let project = with_project(&store).await;
        let ticket = full(&project);
        let task = makers::task(&project, Some(&ticket), 1);
        let (kept, kept_task) = (ticket.clone(), task.clone());
        store.write(move |tx| Box::pin(async move {
            tickets::insert(tx, &kept).await?;
            tasks::insert(tx, std::slice::from_ref(&kept_task)).await?;
            let mut fact = makers::fact("a secret");
            fact.ticket_id = Some(kept.id);
            fact.ticket_title = Some(kept.title);
            fact.details = Some(serde_json::json!({"secret": true}));
            tx.append(fact);
            Ok::<_, Error>(())
        })).await.unwrap();
        let id = ticket.id;
        let deleted = store.write(move |tx| Box::pin(async move {
            // An event of the same group is redacted as well, before it is even inserted.
            let mut fact = makers::fact("another secret");
            fact.ticket_id = Some(id);
            tx.append(fact);
            tickets::delete(tx, id).await
        })).await.unwrap();
        assert!(deleted);
        let mut read = store.read().await.unwrap();
        assert_eq!(tickets::get(&mut read, id).await.unwrap(), None);
        assert_eq!(tasks::get(&mut read, task.id).await.unwrap(), None);
        let events = events::after(&mut read, 0, 10).await.unwrap();
        assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), [1, 2]);
        for event in events {
            assert_eq!(event.ticket_id, Some(id));
            assert_eq!((event.message.as_str(), event.details, event.ticket_title), ("(deleted)", None, None));
        }
        let counted = board_counts::by_status(&mut read, Some(project.id)).await.unwrap();
        assert!(counted.is_empty());
        drop(read);
        store.close().await;
    }

    async fn projects_are_listed_by_slug_without_the_archived(place) {
        let store = place.open().await;
        store.write(|tx| Box::pin(async move {
            for slug in ["beta", "alpha", "gone"] {
                let mut project = makers::project(slug);
                project.archived_at = (slug == "gone").then(makers::noon);
                projects::insert(tx, &project).await?;
            }
            Ok::<_, Error>(())
        })).await.unwrap();
        let mut read = store.read().await.unwrap();
        let slugs = |projects: Vec<Project>| -> Vec<_> {
            projects.into_iter().map(|project| project.slug.into_string()).collect()
        };
        assert_eq!(slugs(projects::list(&mut read, false).await.unwrap()), ["alpha", "beta"]);
        assert_eq!(slugs(projects::list(&mut read, true).await.unwrap()), ["alpha", "beta", "gone"]);
        drop(read);
        store.close().await;
    }

    async fn everyone_looks_at_a_project_of_their_own(place) {
        let store = place.open().await;
        let project = with_project(&store).await;
        let id = project.id;
        store.write(move |tx| Box::pin(async move {
            projects::set_current(tx, &makers::ada(), Some(id)).await?;
            projects::set_current(tx, &makers::ada(), Some(id)).await
        })).await.unwrap();
        let mut read = store.read().await.unwrap();
        assert_eq!(projects::current(&mut read, &makers::ada()).await.unwrap(), Some(id));
        let other = model::Principal::server();
        assert_eq!(projects::current(&mut read, &other).await.unwrap(), None);
        drop(read);
        store.close().await;
    }
}
