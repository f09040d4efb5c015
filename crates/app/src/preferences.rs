//! Preferences: each caller's own view of boards.

use auth::Caller;
use model::{BoardPreferences, BoardPreferencesPatch, Name, Scope, patch};
use store::preferences;

use crate::{App, Error};

impl App {
    /// How the caller wants to see boards.
    pub async fn get_preferences(&self, caller: &Caller) -> Result<BoardPreferences, Error> {
        caller.may(Scope::Read)?;
        let chosen = preferences::get(&mut self.read().await?, &caller.principal).await?;
        Ok(chosen.unwrap_or_default())
    }

    /// Changes how the caller wants to see boards.
    pub async fn update_preferences(
        &self,
        caller: &Caller,
        patch: BoardPreferencesPatch,
    ) -> Result<BoardPreferences, Error> {
        caller.may(Scope::Read)?;
        check(&patch)?;
        self.write(caller, |tx, deed| {
            Box::pin(async move {
                let who = &deed.caller.principal;
                let mut chosen = preferences::get(tx, who).await?.unwrap_or_default();
                edit(&mut chosen, patch);
                preferences::put(tx, who, &chosen).await?;
                Ok(chosen)
            })
        })
        .await
    }
}

fn check(patch: &BoardPreferencesPatch) -> Result<(), Error> {
    match &patch.default_tenant {
        Some(tenant) if !tenant.is_empty() => Name::parse(tenant.as_str())
            .map(drop)
            .map_err(|error| Error::invalid("/default_tenant", error)),
        _ => Ok(()),
    }
}

fn edit(chosen: &mut BoardPreferences, new: BoardPreferencesPatch) {
    patch::set(&mut chosen.default_tenant, new.default_tenant);
    patch::set(&mut chosen.lane_by_profile, new.lane_by_profile);
    patch::set(
        &mut chosen.include_archived_by_default,
        new.include_archived_by_default,
    );
    patch::set(&mut chosen.render_markdown, new.render_markdown);
}
