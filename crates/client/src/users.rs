//! Users: list, create, edit, delete.

use model::{NewUser, Page, Paged, User, UserId, UserPatch};

use crate::{Client, Error};

impl Client {
    /// Users, by name.
    pub async fn list_users(&self, page: &Page) -> Result<Paged<User>, Error> {
        self.get("api/users").page(page).await
    }

    /// Makes a user.
    pub async fn create_user(&self, new: &NewUser) -> Result<User, Error> {
        self.post("api/users").json(new).answer().await
    }

    /// Edits a user.
    pub async fn update_user(&self, user: UserId, patch: &UserPatch) -> Result<User, Error> {
        self.patch(format!("api/users/{user}"))
            .json(patch)
            .answer()
            .await
    }

    /// Deletes a user and ends the person's logins.
    pub async fn delete_user(&self, user: UserId) -> Result<(), Error> {
        self.delete(format!("api/users/{user}")).nothing().await
    }
}
