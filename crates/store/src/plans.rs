//! For tests: how SQLite means to read a page. A page that is sorted, or looked for in a whole table, costs more as there is more.

use model::Page;

use crate::query::Query;
use crate::{Database, Store};

/// A page in the middle of any list.
pub(crate) fn page() -> Page {
    Page {
        limit: 100,
        cursor: Some("1.1.00000000000000000000000000000001".to_owned()),
    }
}

/// An empty database: plans are made without figures about what it holds.
pub(crate) struct Plans(Store);

pub(crate) async fn open() -> Plans {
    Plans(
        Store::open(&Database::Memory)
            .await
            .expect("open a store in memory"),
    )
}

impl Plans {
    /// The steps of a statement, a line each.
    pub(crate) async fn plan(&self, select: Query) -> String {
        let mut read = self.0.read().await.expect("a reader");
        let rows = read.all(select.explained()).await.expect("a plan");
        let plan: Vec<String> = rows
            .iter()
            .map(|row| row.get("detail").expect("a step of the plan"))
            .collect();
        plan.join("\n")
    }

    /// Checks that a statement reads its rows in order from an index.
    pub(crate) async fn check_order(&self, select: Query) {
        let text = format!("{select:?}");
        let plan = self.plan(select).await;
        assert!(!plan.contains("TEMP B-TREE"), "{text}\nis sorted:\n{plan}");
        let scans = plan.lines().filter(|step| step.starts_with("SCAN"));
        for scan in scans {
            // The few rows that a subquery has cut out and named so.
            let is_cut = scan == "SCAN last";
            assert!(
                is_cut || scan.contains("USING"),
                "{text}\nreads everything:\n{plan}"
            );
        }
    }
}
