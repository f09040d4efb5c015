//! Boards: the columns of a project with their first cards, each column as a list, and how the tasks are spread.

use std::collections::{BTreeMap, BTreeSet};

use auth::Caller;
use model::{
    Assignee, Assignees, Board, BoardColumn, BoardFilter, BoardStats, Card, Name, Page, Paged,
    ProjectId, ProjectRef, Scope, TaskState, Worker,
};
use store::board_counts::BoardCount;
use store::{Read, board as kept, board_counts, events, workers};

use crate::{App, Error};

impl App {
    /// A project's board with the first cards of every column.
    pub async fn get_board(
        &self,
        caller: &Caller,
        project: &ProjectRef,
        filter: BoardFilter,
        limit_per_column: i64,
    ) -> Result<Board, Error> {
        let project = self.find_project(caller, project).await?;
        let mut read = self.read().await?;
        let moment = self.moment(&mut read).await?;
        // First, so that nothing that is read later is older than what it says.
        let latest_event_id = events::head(&mut read).await?;
        let counted = board_counts::of_project(&mut read, project).await?;
        let page = Page::first(limit_per_column);
        let mut columns = Vec::new();
        for name in shown(&filter) {
            let expected = counted.iter().filter(|it| passes(it, &filter, name));
            let expected: i64 = expected.map(|it| it.amount).sum();
            let cards = match expected {
                0 => crate::lists::none(),
                _ => kept::cards(&mut read, project, name, &filter, moment, &page).await?,
            };
            columns.push(column(name, expected, &filter, cards));
        }
        Ok(Board {
            columns,
            tenants: distinct(counted.iter().map(|it| it.tenant.as_ref())),
            assignees: distinct(
                counted
                    .iter()
                    .filter(|it| it.status != TaskState::Archived)
                    .map(|it| it.assignee.as_ref()),
            ),
            latest_event_id,
            now: moment.now,
        })
    }

    /// A page of one column of a board.
    pub async fn list_board_cards(
        &self,
        caller: &Caller,
        project: &ProjectRef,
        status: TaskState,
        filter: BoardFilter,
        page: Page,
    ) -> Result<Paged<Card>, Error> {
        let project = self.find_project(caller, project).await?;
        let mut read = self.read().await?;
        let moment = self.moment(&mut read).await?;
        Ok(kept::cards(&mut read, project, status, &filter, moment, &page).await?)
    }

    /// What stays the same while a project's board does.
    pub async fn board_mark(&self, caller: &Caller, project: &ProjectRef) -> Result<String, Error> {
        let project = self.find_project(caller, project).await?;
        let mut read = self.read().await?;
        let last = kept::last_event(&mut read, project).await?;
        let counted = board_counts::of_project(&mut read, project).await?;
        let turns = counted.iter().any(|it| turns_by_itself(it.status));
        let minute = if turns { self.minute() } else { 0 };
        Ok(format!("{}.{last}.{minute}", self.store().epoch()))
    }

    /// What becomes wrong by time alone is told within a minute.
    fn minute(&self) -> i64 {
        self.clock().now().micros() / 60_000_000
    }

    /// How the tasks of a project are spread.
    pub async fn get_project_stats(
        &self,
        caller: &Caller,
        project: &ProjectRef,
    ) -> Result<BoardStats, Error> {
        let project = self.find_project(caller, project).await?;
        let now = self.clock().now();
        let mut read = self.read().await?;
        let oldest = kept::oldest_ready(&mut read, project).await?;
        let counted = board_counts::by_assignee(&mut read, Some(project)).await?;
        let mut by_status = BTreeMap::new();
        for count in &counted {
            *by_status
                .entry(count.status.as_str().to_owned())
                .or_default() += count.amount;
        }
        Ok(BoardStats {
            by_status,
            by_assignee: by_assignee(&counted)
                .into_iter()
                .map(|(name, counts)| (name.into_string(), counts))
                .collect(),
            oldest_ready_age_seconds: oldest
                .map(|created| (now.millis_since(created) / 1000).max(0)),
            now,
        })
    }

    /// The agent profiles that have tasks, in a project or in all that the caller may see.
    pub async fn list_assignees(
        &self,
        caller: &Caller,
        project: Option<ProjectId>,
    ) -> Result<Assignees, Error> {
        caller.may(Scope::Read)?;
        let Some(project) = self.scope_of_list(caller, project)? else {
            return Ok(Assignees {
                assignees: Vec::new(),
            });
        };
        let mut read = self.read().await?;
        let assignees = known(&mut read, project).await?;
        Ok(Assignees { assignees })
    }
}

/// Who has tasks there, and whoever could have some because a worker runs it.
async fn known(read: &mut Read, project: Option<ProjectId>) -> Result<Vec<Assignee>, Error> {
    let counted = board_counts::by_assignee(read, project).await?;
    let mut named = by_assignee(&counted);
    let there = workers::there(read).await?;
    for worker in there.iter().filter(|worker| serves(worker, project)) {
        for agent in &worker.agents {
            named.entry(agent.clone()).or_default();
        }
    }
    let named = named.into_iter();
    Ok(named
        .map(|(name, counts)| Assignee { name, counts })
        .collect())
}

fn serves(worker: &Worker, project: Option<ProjectId>) -> bool {
    let serves = |id| worker.projects.is_empty() || worker.projects.contains(&id);
    project.is_none_or(serves)
}

/// Whether something becomes wrong with a task by standing there.
const fn turns_by_itself(status: TaskState) -> bool {
    matches!(status, TaskState::Ready | TaskState::Blocked)
}

fn shown(filter: &BoardFilter) -> impl Iterator<Item = TaskState> {
    let archived = filter.include_archived;
    let all = TaskState::ALL.iter().copied();
    all.filter(move |state| archived || *state != TaskState::Archived)
}

fn passes(count: &BoardCount, filter: &BoardFilter, status: TaskState) -> bool {
    count.status == status
        && (filter.tenant.is_none() || count.tenant == filter.tenant)
        && (filter.assignee.is_none() || count.assignee == filter.assignee)
}

fn column(name: TaskState, expected: i64, filter: &BoardFilter, cards: Paged<Card>) -> BoardColumn {
    let shown = i64::try_from(cards.items.len()).unwrap_or(i64::MAX);
    BoardColumn {
        name,
        // Nobody counted what holds a text: to know it, all of it would have to be read.
        count: match (&filter.q, &cards.next) {
            (None, _) => Some(expected),
            (Some(_), None) => Some(shown),
            (Some(_), Some(_)) => None,
        },
        tasks: cards.items,
        next_cursor: cards.next,
    }
}

fn distinct<'a>(names: impl Iterator<Item = Option<&'a Name>>) -> Vec<Name> {
    let names: BTreeSet<_> = names.flatten().collect();
    names.into_iter().cloned().collect()
}

fn by_assignee(counted: &[BoardCount]) -> BTreeMap<Name, BTreeMap<String, i64>> {
    let mut found = BTreeMap::<Name, BTreeMap<String, i64>>::new();
    for count in counted {
        if let Some(name) = &count.assignee {
            let status = count.status.as_str().to_owned();
            *found
                .entry(name.clone())
                .or_default()
                .entry(status)
                .or_default() += count.amount;
        }
    }
    found
}
