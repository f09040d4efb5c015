//! Removal of tickets and projects for good, with all that is in them. Runs that are open end first; events stay without content,
//! and what was spent stays spent. Tasks are removed one by one in `task_removal.rs`.

use auth::Caller;
use model::{
    EventType, Project, ProjectRef, ProjectRemoved, RunFilter, Scope, TaskOrder, Ticket,
    TicketDeleted, TicketId,
};
use store::{Tx, projects as kept_projects, tasks, tickets as kept_tickets};

use crate::deed::{Deed, Rights};
use crate::facts::About;
use crate::{App, Error, detach, gates, projects, tickets};

impl App {
    /// Deletes a ticket with its content. Its events stay without content, and what was spent stays spent.
    pub async fn delete_ticket(
        &self,
        caller: &Caller,
        id: TicketId,
    ) -> Result<TicketDeleted, Error> {
        caller.holds(Scope::Operate)?;
        let deleted = self
            .write(caller, move |tx, deed| {
                Box::pin(async move {
                    let ticket = tickets::to_change(tx, &deed, Scope::Operate, id).await?;
                    delete_ticket(tx, &deed, &ticket).await
                })
            })
            .await?;
        self.forget_removed();
        Ok(deleted)
    }

    /// Deletes a project with its content. Its events stay without content, and what was spent stays spent.
    pub async fn delete_project(
        &self,
        caller: &Caller,
        project: &ProjectRef,
    ) -> Result<ProjectRemoved, Error> {
        caller.holds(Scope::Admin)?;
        let project = project.clone();
        let removed = self
            .write(caller, |tx, deed| {
                Box::pin(async move {
                    let project = projects::to_change(tx, &deed, &project).await?;
                    delete_project(tx, &deed, &project).await
                })
            })
            .await?;
        self.forget_removed();
        Ok(removed)
    }

    /// What this process remembers may be of what is gone.
    pub(crate) fn forget_removed(&self) {
        self.known().forget_everything();
        self.keys().forget_everything();
    }
}

async fn delete_ticket(tx: &mut Tx, deed: &Deed, ticket: &Ticket) -> Result<TicketDeleted, Error> {
    let id = ticket.id;
    for task in tasks::of_ticket(tx, id).await? {
        gates::check(tx, deed, &task, &TaskOrder::Archive).await?;
    }
    let of_it = RunFilter {
        ticket: Some(id),
        ..RunFilter::default()
    };
    detach::cancel_all(tx, deed, of_it, "its ticket was deleted").await?;
    kept_tickets::delete(tx, id).await?;
    let fact = deed.fact(EventType::TicketDeleted, "a ticket was deleted");
    let mut fact = fact.in_project(ticket.project_id);
    fact.ticket_id = Some(id);
    tx.append(fact);
    Ok(TicketDeleted {
        status: "deleted".to_owned(),
        ticket_id: id,
    })
}

async fn delete_project(
    tx: &mut Tx,
    deed: &Deed,
    project: &Project,
) -> Result<ProjectRemoved, Error> {
    let of_it = RunFilter {
        project: Some(project.id),
        ..RunFilter::default()
    };
    detach::cancel_all(tx, deed, of_it, "its project was deleted").await?;
    kept_projects::delete(tx, project.id).await?;
    tx.append(
        deed.fact(EventType::ProjectDeleted, "a project was deleted")
            .in_project(project.id),
    );
    projects::removed(tx, deed, project.id, "deleted").await
}
