//! Calls to models: report, list, and those under way.

use model::{ActiveRequest, LlmCall, LlmCallFilter, NewLlmCalls, Page, Paged};

use crate::{Client, Error};

impl Client {
    /// Reports calls, at most 1,000. The same `call_key` again reports the same call.
    pub async fn create_llm_calls(&self, calls: &NewLlmCalls) -> Result<Vec<LlmCall>, Error> {
        self.post("api/llm-calls").json(calls).answer().await
    }

    /// Calls that pass the filter, newest first.
    pub async fn list_llm_calls(
        &self,
        filter: &LlmCallFilter,
        page: &Page,
    ) -> Result<Paged<LlmCall>, Error> {
        self.get("api/llm-calls")
            .query("project", filter.project)
            .query("ticket", filter.ticket)
            .query("task", filter.task)
            .query("run", filter.run)
            .query("status", filter.status)
            .query("model", filter.model.as_ref())
            .page(page)
            .await
    }

    /// Calls that are under way.
    pub async fn list_active_requests(&self) -> Result<Vec<ActiveRequest>, Error> {
        self.get("api/requests/active").answer().await
    }
}
