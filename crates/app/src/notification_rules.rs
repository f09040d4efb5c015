//! Rules: which occasions of a project are told to which channels.

use auth::Caller;
use model::{ChannelId, EventType, NotificationRule, ProjectRef, PutNotificationRule, Scope};
use serde_json::json;
use store::notification_rules as kept;

use crate::deed::Rights;
use crate::facts::About;
use crate::{App, Error, channels};

impl App {
    /// The rules of a project.
    pub async fn list_notification_rules(
        &self,
        caller: &Caller,
        project: &ProjectRef,
    ) -> Result<Vec<NotificationRule>, Error> {
        let project = self.find_project(caller, project).await?;
        Ok(kept::list(&mut self.read().await?, project).await?)
    }

    /// Says which occasions of a project are told to a channel.
    pub async fn put_notification_rule(
        &self,
        caller: &Caller,
        project: &ProjectRef,
        id: ChannelId,
        rule: PutNotificationRule,
    ) -> Result<NotificationRule, Error> {
        caller.holds(Scope::Operate)?;
        let project = self.find_project(caller, project).await?;
        let mut occasions = rule.occasions;
        if !(1..=20).contains(&occasions.len()) {
            return Err(Error::invalid("/occasions", "must hold 1 to 20"));
        }
        occasions.sort();
        occasions.dedup();
        self.write(caller, move |tx, deed| {
            Box::pin(async move {
                deed.caller.act("project", Scope::Operate, project)?;
                let channel = channels::there(tx, id).await?;
                kept::put(tx, project, id, &occasions, deed.at).await?;
                let message = format!("other occasions are told to channel “{}”", channel.name);
                let fact = deed
                    .fact(EventType::RuleChanged, message)
                    .in_project(project);
                tx.append(fact.with(json!({ "channel_id": id, "occasions": occasions })));
                Ok(NotificationRule {
                    project_id: project,
                    channel_id: id,
                    platform: channel.platform,
                    channel_name: channel.name,
                    occasions,
                    updated_at: deed.at,
                })
            })
        })
        .await
    }

    /// Tells a channel nothing more of a project.
    pub async fn delete_notification_rule(
        &self,
        caller: &Caller,
        project: &ProjectRef,
        id: ChannelId,
    ) -> Result<(), Error> {
        caller.holds(Scope::Operate)?;
        let project = self.find_project(caller, project).await?;
        self.write(caller, move |tx, deed| {
            Box::pin(async move {
                deed.caller.act("project", Scope::Operate, project)?;
                let channel = channels::there(tx, id).await?;
                if !kept::delete(tx, project, id).await? {
                    return Err(Error::NotFound("rule"));
                }
                let message = format!("nothing is told to channel “{}” any more", channel.name);
                let fact = deed
                    .fact(EventType::RuleChanged, message)
                    .in_project(project);
                tx.append(fact.with(json!({ "channel_id": id, "occasions": [] })));
                Ok(())
            })
        })
        .await
    }
}
