//! Lists: their filters, and which piece of them is asked for.

use axum::Json;
use axum::extract::{FromRequestParts, OriginalUri};
use axum::response::{IntoResponse, Response};
use http::header::LINK;
use http::request::Parts;
use http::{HeaderValue, Uri};
use model::{Page, Paged, ProblemKind};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use uuid::Uuid;

use super::{query, values};
use crate::failure::Failure;
use crate::state::Api;

/// A list: its filters, and which piece of it is asked for.
pub(crate) struct List<T> {
    pub(crate) query: T,
    pub(crate) page: Page,
    address: Uri,
}

/// Which piece of a list to read.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// At most so many rows; 100 when absent.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<i64>,
    /// Where the last piece ended, as the `Link` header with `rel="next"` said.
    cursor: Option<String>,
}

impl PageQuery {
    fn page(self) -> Result<Page, Failure> {
        Ok(Page {
            limit: limit(self.limit)?,
            cursor: self.cursor,
        })
    }
}

/// Checks how many rows are asked for.
pub(crate) fn limit(asked: Option<i64>) -> Result<i64, Failure> {
    match asked.unwrap_or(Page::DEFAULT_LIMIT) {
        limit @ 1..=Page::MOST => Ok(limit),
        _ => Err(Failure::field(
            ProblemKind::Malformed,
            "limit",
            "must be between 1 and 1000",
        )),
    }
}

impl<T: DeserializeOwned> FromRequestParts<Api> for List<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Failure> {
        let mut filters = values::parse(parts.uri.query().unwrap_or_default());
        let mut paging = std::collections::BTreeMap::new();
        for name in ["limit", "cursor"] {
            paging.extend(filters.remove_entry(name));
        }
        let page = query::read::<PageQuery>(paging)?.page()?;
        let address = parts
            .extensions
            .get::<OriginalUri>()
            .map_or(&parts.uri, |original| &original.0);
        Ok(Self {
            query: query::read(filters)?,
            page,
            address: address.clone(),
        })
    }
}

impl<T> List<T> {
    /// Filters, piece, and what answers with it.
    pub(crate) fn parts(self) -> (T, Page, Address) {
        (self.query, self.page, Address(self.address))
    }

    /// Answers with the piece that is asked for out of a list that is short and there as a whole.
    pub(crate) fn cut<R: Serialize>(
        self,
        whole: Vec<R>,
        id: impl Fn(&R) -> Uuid,
    ) -> Result<Response, Failure> {
        let piece = cut(whole, &self.page, id)?;
        Ok(Address(self.address).answer(piece))
    }
}

fn cut<R>(mut whole: Vec<R>, page: &Page, id: impl Fn(&R) -> Uuid) -> Result<Paged<R>, Failure> {
    if let Some(cursor) = &page.cursor {
        let seen = whole
            .iter()
            .position(|row| id(row).to_string() == *cursor)
            .ok_or_else(|| Failure::field(ProblemKind::Malformed, "cursor", model::BadCursor))?;
        whole.drain(..=seen);
    }
    let most = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let is_more = whole.len() > most;
    whole.truncate(most);
    let next = whole
        .last()
        .filter(|_| is_more)
        .map(|row| id(row).to_string());
    Ok(Paged { items: whole, next })
}

/// A list without filters.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoFilter {}

/// Where a list was asked for.
pub(crate) struct Address(Uri);

impl Address {
    /// Answers with a piece, and the address of the next one.
    pub(crate) fn answer<R: Serialize>(&self, piece: Paged<R>) -> Response {
        let next = piece.next.and_then(|cursor| next_link(&self.0, &cursor));
        let mut response = Json(piece.items).into_response();
        response.headers_mut().extend(next.map(|link| (LINK, link)));
        response
    }
}

fn next_link(address: &Uri, cursor: &str) -> Option<HeaderValue> {
    let query = address.query().unwrap_or_default();
    let kept = url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "cursor");
    let mut next = url::form_urlencoded::Serializer::new(String::new());
    next.extend_pairs(kept).append_pair("cursor", cursor);
    let link = format!("<{}?{}>; rel=\"next\"", address.path(), next.finish());
    HeaderValue::from_str(&link).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_piece_keeps_the_filters() {
        let address = Uri::from_static("/x/api/tickets?q=a%26b&cursor=old&limit=2");
        let link = next_link(&address, "n=w").unwrap();
        assert_eq!(
            link,
            "</x/api/tickets?q=a%26b&limit=2&cursor=n%3Dw>; rel=\"next\""
        );
    }

    #[test]
    fn pieces_of_a_whole_list_add_up() {
        let whole: Vec<Uuid> = (0..5).map(|_| Uuid::new_v4()).collect();
        let mut page = Page::first(2);
        let mut seen = Vec::new();
        loop {
            let piece = cut(whole.clone(), &page, |id| *id).unwrap();
            seen.extend(piece.items);
            page.cursor = piece.next;
            if page.cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, whole);
        page.cursor = Some("made up".into());
        assert!(cut(whole, &page, |id| *id).is_err());
    }

    #[test]
    fn a_piece_is_bounded() {
        assert_eq!(limit(None).ok(), Some(100));
        assert_eq!(limit(Some(1000)).ok(), Some(1000));
        for refused in [0, -1, 1001, i64::MAX] {
            assert!(limit(Some(refused)).is_err(), "{refused}");
        }
    }
}
