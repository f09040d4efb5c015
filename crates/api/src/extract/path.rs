//! Ids in addresses: what is not an id names nothing.

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use model::ProjectRef;
use serde::de::DeserializeOwned;

use crate::failure::Failure;
use crate::state::Api;

/// One id of an address, or several as a tuple.
pub(crate) struct At<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Api> for At<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Failure> {
        match Path::<T>::from_request_parts(parts, api).await {
            Ok(Path(id)) => Ok(Self(id)),
            Err(_) => Err(Failure::not_found(
                "there is nothing with this id: ids are UUIDs",
            )),
        }
    }
}

/// The project of an address, by slug or id.
pub(crate) struct ProjectAt(pub(crate) ProjectRef);

impl FromRequestParts<Api> for ProjectAt {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Failure> {
        let At(name) = At::<String>::from_request_parts(parts, api).await?;
        name.parse()
            .map(Self)
            .map_err(|_| Failure::not_found("there is no such project"))
    }
}
