//! Links: a child task waits for its parent. A circle is refused where it would be closed, in the transaction.

use auth::Caller;
use model::{
    EventType, Link, LinkChanged, Links, NewLink, Scope, Task, TaskId, TaskMove, TaskState,
};
use serde_json::json;
use store::{Tx, links};

use crate::deed::{Deed, Rights};
use crate::facts::{About, TicketWords};
use crate::{App, Error, gates, task_moves, tasks};

impl App {
    /// What a task waits for, and what waits for it.
    pub async fn list_task_links(&self, caller: &Caller, id: TaskId) -> Result<Links, Error> {
        let mut read = self.read().await?;
        tasks::visible(&mut read, caller, id).await?;
        Ok(links::of_task(&mut read, id).await?)
    }

    /// Makes one task wait for another.
    pub async fn create_link(&self, caller: &Caller, new: NewLink) -> Result<LinkChanged, Error> {
        caller.holds(Scope::Operate)?;
        self.write(caller, move |tx, deed| {
            Box::pin(async move { create(tx, &deed, new).await })
        })
        .await
    }

    /// Lets a task no longer wait for another.
    pub async fn delete_link(&self, caller: &Caller, old: NewLink) -> Result<LinkChanged, Error> {
        caller.holds(Scope::Operate)?;
        self.write(caller, move |tx, deed| {
            Box::pin(async move { delete(tx, &deed, old).await })
        })
        .await
    }
}

async fn create(tx: &mut Tx, deed: &Deed, new: NewLink) -> Result<LinkChanged, Error> {
    let (parent, mut child) = both(tx, deed, new).await?;
    if links::exists(tx, parent.id, child.id).await? {
        return Ok(LinkChanged { ok: true });
    }
    join(tx, deed, &parent, &child).await?;
    if child.status == TaskState::Ready && !parent.status.lets_children_go() {
        task_moves::make(
            tx,
            deed,
            &mut child,
            TaskMove::Hold,
            EventType::TaskStatusChanged,
        )
        .await?;
    }
    Ok(LinkChanged { ok: true })
}

/// Makes a task wait for a parent, whatever the child's state; refuses circles.
pub(crate) async fn join(
    tx: &mut Tx,
    deed: &Deed,
    parent: &Task,
    child: &Task,
) -> Result<(), Error> {
    if parent.project_id != child.project_id {
        return Err(Error::invalid("/parent_id", "belongs to another project"));
    }
    if parent.id == child.id {
        let refused = format!("task {} cannot wait for itself", child.id);
        return Err(Error::Circle(refused));
    }
    if links::leads_to(tx, child.id, parent.id).await? {
        let (parent, child) = (parent.id, child.id);
        let refused = format!("task {child} cannot wait for task {parent}, which waits for it");
        return Err(Error::Circle(refused));
    }
    let link = Link {
        parent_id: parent.id,
        child_id: child.id,
        created_at: deed.at,
    };
    links::insert(tx, &link).await?;
    tell(tx, deed, EventType::TaskLinked, parent, child).await
}

async fn delete(tx: &mut Tx, deed: &Deed, old: NewLink) -> Result<LinkChanged, Error> {
    let (parent, mut child) = both(tx, deed, old).await?;
    gates::check_parents(deed, std::slice::from_ref(&parent))?;
    if !links::delete(tx, parent.id, child.id).await? {
        return Ok(LinkChanged { ok: false });
    }
    tell(tx, deed, EventType::TaskUnlinked, &parent, &child).await?;
    if child.status == TaskState::Todo && !links::has_open_parents(tx, child.id).await? {
        task_moves::make(
            tx,
            deed,
            &mut child,
            TaskMove::Promote,
            EventType::TaskPromoted,
        )
        .await?;
    }
    Ok(LinkChanged { ok: true })
}

async fn both(tx: &mut Tx, deed: &Deed, link: NewLink) -> Result<(Task, Task), Error> {
    let parent = one(tx, deed, link.parent_id).await?;
    let child = one(tx, deed, link.child_id).await?;
    Ok((parent, child))
}

async fn one(tx: &mut Tx, deed: &Deed, id: TaskId) -> Result<Task, Error> {
    match tasks::to_change(tx, deed, id).await {
        Err(Error::NotFound(_)) => Err(Error::NoTask(id)),
        result => result,
    }
}

async fn tell(
    tx: &mut Tx,
    deed: &Deed,
    event: EventType,
    parent: &Task,
    child: &Task,
) -> Result<(), Error> {
    let words = TicketWords::of(tx, child.ticket_id).await?;
    let verb = if event == EventType::TaskLinked {
        "waits for"
    } else {
        "no longer waits for"
    };
    let message = format!("“{}” {verb} “{}”", child.title, parent.title);
    let fact = deed.fact(event, message).on_task(child, &words);
    tx.append(fact.with(json!({ "parent_id": parent.id, "child_id": child.id })));
    Ok(())
}
