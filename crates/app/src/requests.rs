//! Active requests: calls to models that are under way.

use auth::Caller;
use model::{ActiveRequest, CallStatus, LlmCallFilter, Page};

use crate::{App, Error};

impl App {
    /// The calls that are under way, begun last first.
    pub async fn list_active_requests(&self, caller: &Caller) -> Result<Vec<ActiveRequest>, Error> {
        let filter = LlmCallFilter {
            status: Some(CallStatus::Active),
            ..LlmCallFilter::default()
        };
        let calls = self
            .list_llm_calls(caller, filter, Page::first(Page::MOST))
            .await?
            .items;
        let now = self.clock().now();
        let active = calls.into_iter().map(|call| ActiveRequest {
            id: call.id,
            session: call.session_id,
            run_id: call.run_id,
            channel: call.channel,
            provider: call.provider,
            model: call.model,
            duration_ms: now.millis_since(call.started_at),
            started_at: call.started_at,
        });
        Ok(active.collect())
    }
}
