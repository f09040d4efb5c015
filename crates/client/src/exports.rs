//! Exports and imports of projects.

use bytes::Bytes;
use model::{ProjectCard, Slug};

use crate::transport::Chunks;
use crate::{Client, Error};

impl Client {
    /// A project as lines of JSON, as they come. Without its last line, of `kind` `end`, it is not whole.
    pub async fn get_export(
        &self,
        project: &str,
    ) -> Result<impl futures_util::Stream<Item = Result<Bytes, Error>> + use<>, Error> {
        let call = self.get(format!("api/projects/{project}/export"));
        let chunks: Chunks = call.send().await?.into_body();
        Ok(chunks)
    }

    /// Makes a project of an export, under another slug where one is given.
    pub async fn create_import(
        &self,
        slug: Option<&Slug>,
        lines: Bytes,
    ) -> Result<ProjectCard, Error> {
        self.post("api/imports")
            .query("slug", slug)
            .body("application/x-ndjson", lines)
            .answer()
            .await
    }
}
