//! The web UI: one page and its assets, embedded by `build.rs` and served under any base path.
//!
//! Every address of the UI answers with the same page, which finds out by itself what to show. Its relative
//! addresses hang on the `<base>` element that is written here.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{self, HeaderName};
use http::{HeaderMap, StatusCode, Uri};
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "$OUT_DIR/ui"]
struct Files;

/// First parts of the addresses that the UI has a page for; the same as in `ui/src/routes.ts`.
const PAGES: [&str; 11] = [
    "", "login", "inbox", "board", "projects", "tickets", "tasks", "runs", "workers", "live",
    "settings",
];

/// What the page may do: nothing but its own files and its own server, and no inline script.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'self'; frame-ancestors 'none'";

/// Vite puts a hash of the content into these names, so that they never change.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

struct Site {
    base: String,
    page: String,
}

/// Serves the UI at `base_path` (`/` or such as `/x/`) for every path that nothing else takes.
///
/// To be set as the last fallback: paths of the API that do not exist must be answered before.
pub(crate) fn router(base_path: &str) -> Router {
    let site = Arc::new(Site::new(base_path));
    Router::new().fallback_service(get(serve).with_state(site))
}

impl Site {
    fn new(base_path: &str) -> Self {
        let inner = base_path.trim_matches('/');
        let base = if inner.is_empty() {
            "/".to_owned()
        } else {
            format!("/{inner}/")
        };
        let page = Files::get("index.html")
            .map(|file| file.data.into_owned())
            .unwrap_or_default();
        let element = format!("<base href=\"{}\"", escape(&base));
        let page = String::from_utf8_lossy(&page).replacen("<base href=\"/\"", &element, 1);
        Self { base, page }
    }

    /// The path below the base path, without its first slash. A router that nests this one may have cut it already.
    fn inner<'a>(&self, path: &'a str) -> &'a str {
        path.strip_prefix(self.base.as_str())
            .unwrap_or(path)
            .trim_start_matches('/')
    }

    fn page(&self, status: StatusCode) -> Response {
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CACHE_CONTROL, "no-cache"),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "same-origin"),
        ];
        (status, headers, self.page.clone()).into_response()
    }
}

async fn serve(State(site): State<Arc<Site>>, uri: Uri, headers: HeaderMap) -> Response {
    let path = site.inner(uri.path());
    if path != "index.html"
        && let Some(file) = Files::get(path)
    {
        return asset(path, file, &headers);
    }
    if path.starts_with("assets/") {
        return StatusCode::NOT_FOUND.into_response();
    }
    let first = path.split('/').next().unwrap_or_default();
    // The page itself says that there is nothing here; the status says it to programs.
    let known = PAGES.contains(&first) || path == "index.html";
    site.page(if known {
        StatusCode::OK
    } else {
        StatusCode::NOT_FOUND
    })
}

fn asset(path: &str, file: EmbeddedFile, request: &HeaderMap) -> Response {
    let etag = format!("\"{}\"", hex(&file.metadata.sha256_hash()[..16]));
    let hashed = path.starts_with("assets/");
    let headers: [(HeaderName, String); 4] = [
        (header::CONTENT_TYPE, file.metadata.mimetype().to_owned()),
        (
            header::CACHE_CONTROL,
            if hashed { FOR_EVER } else { "no-cache" }.to_owned(),
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::ETAG, etag.clone()),
    ];
    let seen = request
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok());
    if seen.is_some_and(|seen| seen.contains(&etag)) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, Body::from(file.data.into_owned())).into_response()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    async fn ask(base: &str, path: &str) -> (StatusCode, HeaderMap, String) {
        let request = http::Request::get(path).body(Body::empty()).unwrap();
        let response = router(base).oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        (
            parts.status,
            parts.headers,
            String::from_utf8_lossy(&bytes).into_owned(),
        )
    }

    #[tokio::test]
    async fn the_embedded_page_is_the_real_one() {
        let (status, headers, page) = ask("/", "/").await;
        assert_eq!(status, StatusCode::OK);
        assert!(
            !page.contains("placeholder"),
            "the UI was not built: {page}"
        );
        assert!(page.contains("assets/index-"), "no script in {page}");
        assert_eq!(headers[header::CACHE_CONTROL], "no-cache");
        assert_eq!(headers[header::CONTENT_SECURITY_POLICY], POLICY);
    }

    #[tokio::test]
    async fn deep_links_answer_with_the_page_and_others_with_404() {
        assert_eq!(ask("/", "/tickets/1").await.0, StatusCode::OK);
        assert_eq!(ask("/", "/runs").await.0, StatusCode::OK);
        let (status, _, page) = ask("/", "/nowhere").await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert!(page.contains("<div id=\"app\">"));
    }

    #[tokio::test]
    async fn a_base_path_is_written_into_the_page_and_cut_from_addresses() {
        for base in ["/x", "/x/", "x"] {
            let (status, _, page) = ask(base, "/x/live").await;
            assert_eq!(status, StatusCode::OK);
            assert!(page.contains("<base href=\"/x/\""), "{page}");
        }
        assert!(
            ask("/a\"<b", "/")
                .await
                .2
                .contains("<base href=\"/a&quot;&lt;b/\"")
        );
    }

    #[tokio::test]
    async fn hashed_assets_are_kept_for_ever_and_missing_ones_are_404() {
        let name = Files::iter().find(|name| name.ends_with(".js") && name.starts_with("assets/"));
        let (status, headers, _) = ask("/", &format!("/{}", name.unwrap())).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(headers[header::CACHE_CONTROL], FOR_EVER);
        assert_eq!(headers[header::CONTENT_TYPE], "text/javascript");
        assert_eq!(ask("/", "/assets/gone.js").await.0, StatusCode::NOT_FOUND);
        assert_eq!(
            ask("/", "/theme.js").await.1[header::CACHE_CONTROL],
            "no-cache"
        );
    }

    #[tokio::test]
    async fn an_asset_that_the_browser_has_is_not_sent_again() {
        let etag = ask("/", "/favicon.svg").await.1[header::ETAG].clone();
        let request = http::Request::get("/favicon.svg").header(header::IF_NONE_MATCH, etag);
        let response = router("/")
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
    }

    #[test]
    fn every_page_of_the_ui_is_known_here() {
        let routes = include_str!("../../../ui/src/routes.ts");
        for line in routes
            .lines()
            .filter_map(|line| line.trim().strip_prefix("path: '/"))
        {
            let path = line.split('\'').next().unwrap();
            let first = path.split('/').next().unwrap();
            assert!(PAGES.contains(&first), "`{first}` is missing in PAGES");
        }
    }
}
