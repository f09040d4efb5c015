//! Tokens: list, create, revoke.

use model::{NewToken, Page, Paged, Token, TokenCreated, TokenId};

use crate::{Client, Error};

impl Client {
    /// Tokens, newest first, without their secrets.
    pub async fn list_tokens(&self, page: &Page) -> Result<Paged<Token>, Error> {
        self.get("api/tokens").page(page).await
    }

    /// Makes a token. Its secret is in this answer and nowhere else.
    pub async fn create_token(&self, new: &NewToken) -> Result<TokenCreated, Error> {
        self.post("api/tokens").json(new).answer().await
    }

    /// Revokes a token; its streams are closed within a second.
    pub async fn delete_token(&self, token: TokenId) -> Result<(), Error> {
        self.delete(format!("api/tokens/{token}")).nothing().await
    }
}
