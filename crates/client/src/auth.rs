//! Who the caller is, and what streams in a browser need.

use model::{CurrentProject, LoginRequest, Me, StreamTicket};

use crate::{Client, Error};

impl Client {
    /// Logs in. The answer's cookie is for browsers; programs go on with their token.
    pub async fn create_login(&self, request: &LoginRequest) -> Result<Me, Error> {
        self.post("api/login").json(request).answer().await
    }

    /// Ends the login that the cookie stands for.
    pub async fn delete_login(&self) -> Result<(), Error> {
        self.post("api/logout").nothing().await
    }

    /// Who the caller is.
    pub async fn get_me(&self) -> Result<Me, Error> {
        self.get("api/me").answer().await
    }

    /// Chooses the caller's current project.
    pub async fn set_current_project(&self, project: &CurrentProject) -> Result<Me, Error> {
        self.put("api/me/project").json(project).answer().await
    }

    /// A ticket for one stream, for clients that cannot send a header.
    pub async fn create_stream_ticket(&self) -> Result<StreamTicket, Error> {
        self.post("api/streams/ticket").answer().await
    }
}
