//! Ids in addresses: what is not an id names nothing.

use axum::extract::rejection::PathRejection;
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
            Err(refused) => Err(Failure::not_found(words(refused))),
        }
    }
}

/// What is wrong with an address. Where a word was wanted, it says which there are.
fn words(refused: PathRejection) -> String {
    use axum::extract::path::ErrorKind;
    if let PathRejection::FailedToDeserializePathParams(refused) = refused {
        match refused.into_kind() {
            ErrorKind::DeserializeError { message, .. } | ErrorKind::Message(message)
                if message.contains("unknown") =>
            {
                return message;
            }
            _ => {}
        }
    }
    "there is nothing with this id: ids are UUIDs".to_owned()
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
