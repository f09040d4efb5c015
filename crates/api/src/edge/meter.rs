//! The series about HTTP: requests and their duration by method, route and class of status.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use http::{Method, StatusCode};
use metrics::{Counter, Histogram};

/// Counts requests. The series of a route are looked up by name once and kept.
#[derive(Default)]
pub(crate) struct Meter {
    routes: RwLock<HashMap<String, Methods>>,
}

/// The series of one route.
type Methods = Vec<(Method, Arc<Series>)>;

struct Series {
    /// By class: 1xx to 5xx.
    requests: [Counter; 5],
    seconds: Histogram,
}

impl Meter {
    pub(crate) fn count(&self, method: &Method, route: &str, status: StatusCode, took: Duration) {
        let series = self
            .known(method, route)
            .unwrap_or_else(|| self.learn(method, route));
        let class = usize::from(status.as_u16() / 100).clamp(1, 5) - 1;
        series.requests[class].increment(1);
        series.seconds.record(took.as_secs_f64());
    }

    fn known(&self, method: &Method, route: &str) -> Option<Arc<Series>> {
        let routes = self.routes.read().unwrap_or_else(PoisonError::into_inner);
        let (_, series) = routes
            .get(route)?
            .iter()
            .find(|(known, _)| known == method)?;
        Some(series.clone())
    }

    fn learn(&self, method: &Method, route: &str) -> Arc<Series> {
        let series = Arc::new(Series::new(method_name(method), route));
        let mut routes = self.routes.write().unwrap_or_else(PoisonError::into_inner);
        let methods = routes.entry(route.to_owned()).or_default();
        // Whoever invents methods must not make series without end.
        if methods.len() < 10 {
            methods.push((method.clone(), series.clone()));
        }
        series
    }
}

impl Series {
    fn new(method: &'static str, route: &str) -> Self {
        let count = |class: &'static str| {
            metrics::counter!("dashboard_http_requests_total",
                "method" => method, "route" => route.to_owned(), "status" => class)
        };
        Self {
            requests: ["1xx", "2xx", "3xx", "4xx", "5xx"].map(count),
            seconds: metrics::histogram!("dashboard_http_request_duration_seconds",
                "method" => method, "route" => route.to_owned()),
        }
    }
}

fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
