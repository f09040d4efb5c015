//! Lists: one piece at a time, and the address of the next.

use http::header::LINK;
use model::{Page, Paged};
use serde::de::DeserializeOwned;

use crate::Error;
use crate::call::Call;

/// Which piece of a list to read.
pub type List = Page;

impl Call<'_> {
    /// Sends, and reads one piece of a list.
    pub(crate) async fn page<T: DeserializeOwned>(self, page: &Page) -> Result<Paged<T>, Error> {
        let call = self
            .query("limit", Some(page.limit))
            .query("cursor", page.cursor.as_ref());
        let (headers, body) = call.whole().await?;
        let items = serde_json::from_slice(&body).map_err(Error::Unreadable)?;
        Ok(Paged {
            items,
            next: next_cursor(&headers),
        })
    }
}

/// The cursor in `Link: <…?cursor=…>; rel="next"`.
fn next_cursor(headers: &http::HeaderMap) -> Option<String> {
    let link = headers
        .get_all(LINK)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .find(|link| link.contains("rel=\"next\""))?;
    let address = link.split_once('<')?.1.split_once('>')?.0;
    let query = address.split_once('?')?.1;
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "cursor")
        .map(|(_, cursor)| cursor.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_cursor_is_in_the_link() {
        let mut headers = http::HeaderMap::new();
        headers.insert(
            LINK,
            "</api/x?limit=1&cursor=a%3Db>; rel=\"next\""
                .parse()
                .unwrap(),
        );
        assert_eq!(next_cursor(&headers).as_deref(), Some("a=b"));
        assert_eq!(next_cursor(&http::HeaderMap::new()), None);
    }
}
