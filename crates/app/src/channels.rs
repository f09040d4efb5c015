//! Channels: where notifications go. Administrators make them, because what they hold opens other people's doors.

use auth::Caller;
use model::{
    Channel, ChannelId, ChannelPatch, ChannelTested, DeliveryId, EventType, NewChannel, Platform,
    Scope, Target, TargetPatch, Text, patch,
};
use notify::Message;
use serde_json::json;
use store::{Read, Tx, channels as kept};

use crate::deed::Deed;
use crate::facts::About;
use crate::{App, Error};

impl App {
    /// All channels, without what opens them, the oldest first.
    pub async fn list_channels(&self, caller: &Caller) -> Result<Vec<Channel>, Error> {
        caller.may_everywhere(Scope::Operate)?;
        Ok(kept::list(&mut self.read().await?).await?)
    }

    /// One channel, without what opens it.
    pub async fn get_channel(&self, caller: &Caller, id: ChannelId) -> Result<Channel, Error> {
        caller.may_everywhere(Scope::Operate)?;
        there(&mut self.read().await?, id).await
    }

    /// Makes a channel.
    pub async fn create_channel(&self, caller: &Caller, new: NewChannel) -> Result<Channel, Error> {
        caller.may_everywhere(Scope::Admin)?;
        self.check_target(&new.target)?;
        self.write(caller, move |tx, deed| {
            Box::pin(async move { create(tx, &deed, new).await })
        })
        .await
    }

    /// Edits a channel. Secrets that are not given anew stay.
    pub async fn update_channel(
        &self,
        caller: &Caller,
        id: ChannelId,
        patch: ChannelPatch,
    ) -> Result<Channel, Error> {
        caller.may_everywhere(Scope::Admin)?;
        let app = self.clone();
        self.write(caller, move |tx, deed| {
            Box::pin(async move { update(&app, tx, &deed, id, patch).await })
        })
        .await
    }

    /// Deletes a channel with its rules, subscriptions and deliveries.
    pub async fn delete_channel(&self, caller: &Caller, id: ChannelId) -> Result<(), Error> {
        caller.may_everywhere(Scope::Admin)?;
        self.write(caller, move |tx, deed| {
            Box::pin(async move {
                let channel = there(tx, id).await?;
                kept::delete(tx, id).await?;
                tell(
                    tx,
                    &deed,
                    EventType::ChannelDeleted,
                    "was deleted",
                    &channel,
                );
                Ok(())
            })
        })
        .await
    }

    /// Sends a message to a channel now, and says what the other side says.
    pub async fn test_channel(
        &self,
        caller: &Caller,
        id: ChannelId,
    ) -> Result<ChannelTested, Error> {
        caller.may_everywhere(Scope::Operate)?;
        let mut read = self.read().await?;
        let channel = there(&mut read, id).await?;
        let target = kept::target(&mut read, id).await?;
        drop(read);
        let tested = self
            .try_out(&channel, &target.ok_or(Error::NotFound("channel"))?)
            .await;
        self.write(caller, move |tx, deed| {
            Box::pin(async move {
                let message = format!("channel “{}” was tried", channel.name);
                let fact = deed.fact(EventType::ChannelTested, message);
                tx.append(
                    fact.with(
                        json!({ "channel_id": id, "ok": tested.ok, "status": tested.status }),
                    ),
                );
                Ok(tested)
            })
        })
        .await
    }

    async fn try_out(&self, channel: &Channel, target: &Target) -> ChannelTested {
        let began = self.clock().now();
        let message = Message {
            id: DeliveryId::new(),
            occasion: None,
            project: None,
            task: None,
            text: format!("This is a trial of the channel “{}”.", channel.name),
            link: self.link(""),
            event: None,
            run: None,
            at: began,
            reached: Vec::new(),
        };
        let sent = self.sender().send(target, &message, began).await;
        let (ok, status, answer) = match sent {
            Ok(receipt) => (true, receipt.status, receipt.answer),
            Err(failure) => (false, failure.status, failure.answer),
        };
        ChannelTested {
            ok,
            status: status.map(i64::from),
            answer: Text::lossy(&answer),
            duration_ms: self.clock().now().millis_since(began),
        }
    }

    fn check_target(&self, target: &Target) -> Result<(), Error> {
        notify::check(self.sender(), target)
            .map_err(|fault| Error::invalid(format!("/target{}", fault.pointer), fault.detail))
    }
}

/// A channel that is there.
pub(crate) async fn there(read: &mut Read, id: ChannelId) -> Result<Channel, Error> {
    kept::get(read, id).await?.ok_or(Error::NotFound("channel"))
}

async fn create(tx: &mut Tx, deed: &Deed, new: NewChannel) -> Result<Channel, Error> {
    let channel = Channel {
        id: ChannelId::new(),
        platform: new.target.platform(),
        name: new.name,
        target: new.target.shown(),
        home: new.home,
        disabled: false,
        created_at: deed.at,
        updated_at: deed.at,
        version: 1,
    };
    if channel.home {
        leave_home(tx, deed, channel.platform).await?;
    }
    kept::insert(tx, &channel, &new.target).await?;
    tell(tx, deed, EventType::ChannelCreated, "was made", &channel);
    Ok(channel)
}

async fn update(
    app: &App,
    tx: &mut Tx,
    deed: &Deed,
    id: ChannelId,
    patch: ChannelPatch,
) -> Result<Channel, Error> {
    let mut channel = there(tx, id).await?;
    let old = kept::target(tx, id)
        .await?
        .ok_or(Error::NotFound("channel"))?;
    if patch
        .version
        .is_some_and(|version| version != channel.version)
    {
        return Err(Error::stale(&channel));
    }
    let target = match &patch.target {
        Some(changed) => patched(&old, changed)?,
        None => old.clone(),
    };
    if target != old {
        app.check_target(&target)?;
    }
    if let Some(changed) = &patch.target {
        check_secret(&old, changed, &target)?;
    }
    let moves_in = patch.home == Some(true) && !channel.home;
    let changes = [
        patch::set(&mut channel.name, patch.name),
        patch::set(&mut channel.home, patch.home),
        patch::set(&mut channel.disabled, patch.disabled),
        target != old,
    ];
    if !changes.contains(&true) {
        return Ok(channel);
    }
    if moves_in {
        leave_home(tx, deed, channel.platform).await?;
    }
    channel.target = target.shown();
    channel.updated_at = deed.at;
    kept::update(tx, &mut channel, &target).await?;
    tell(tx, deed, EventType::ChannelUpdated, "was edited", &channel);
    Ok(channel)
}

fn patched(old: &Target, patch: &TargetPatch) -> Result<Target, Error> {
    old.patched(patch).map_err(|_| {
        let detail = format!("has a field that the platform {} has not", old.platform());
        Error::invalid("/target", detail)
    })
}

/// What was given once for one place is not sent to another by somebody who may not know it.
fn check_secret(old: &Target, patch: &TargetPatch, changed: &Target) -> Result<(), Error> {
    let Some(secret) = old.asks_again_for(patch, changed) else {
        return Ok(());
    };
    let detail = "must be given again: the one that is kept is not sent to another place";
    Err(Error::invalid(format!("/target/{secret}"), detail))
}

/// Makes room for another home of a platform.
async fn leave_home(tx: &mut Tx, deed: &Deed, platform: Platform) -> Result<(), Error> {
    let Some(mut channel) = kept::home(tx, platform).await? else {
        return Ok(());
    };
    let target = kept::target(tx, channel.id).await?;
    channel.home = false;
    channel.updated_at = deed.at;
    kept::update(tx, &mut channel, &target.ok_or(Error::NotFound("channel"))?).await?;
    tell(
        tx,
        deed,
        EventType::ChannelUpdated,
        "is no longer home",
        &channel,
    );
    Ok(())
}

fn tell(tx: &mut Tx, deed: &Deed, event: EventType, what: &str, channel: &Channel) {
    let fact = deed.fact(event, format!("channel “{}” {what}", channel.name));
    tx.append(fact.with(json!({
        "channel_id": channel.id,
        "platform": channel.platform,
        "home": channel.home,
        "disabled": channel.disabled,
    })));
}
