//! `dashctl config`: how the caller wants to see boards.

use clap::{Args, Subcommand};
use model::{BoardPreferences, BoardPreferencesPatch, Text};

use crate::cli::Global;
use crate::connect::connect;
use crate::print::{Cell, Printer};

#[derive(Debug, Subcommand)]
pub(crate) enum Preferences {
    /// Show how you see boards
    Show,
    /// Say how you want to see boards; what is not named stays
    Set(Changes),
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct Changes {
    /// The tenant that a board is narrowed to at first; empty for none
    #[arg(long, value_name = "NAME")]
    default_tenant: Option<Text>,
    /// Whether what is running is shown in a lane for each agent profile
    #[arg(long, value_name = "TRUE OR FALSE")]
    lanes: Option<bool>,
    /// Whether what was put away is shown at first
    #[arg(long, value_name = "TRUE OR FALSE")]
    archived: Option<bool>,
    /// Whether texts are shown as Markdown
    #[arg(long, value_name = "TRUE OR FALSE")]
    markdown: Option<bool>,
}

pub(crate) async fn obey(
    global: &Global,
    printer: &Printer,
    command: Preferences,
) -> anyhow::Result<()> {
    let client = connect(global)?;
    let now = match command {
        Preferences::Show => client.get_config().await?,
        Preferences::Set(changes) => client.update_config(&changes.into()).await?,
    };
    show(printer, &now)
}

impl From<Changes> for BoardPreferencesPatch {
    fn from(changes: Changes) -> Self {
        Self {
            default_tenant: changes.default_tenant,
            lane_by_profile: changes.lanes,
            include_archived_by_default: changes.archived,
            render_markdown: changes.markdown,
        }
    }
}

fn show(printer: &Printer, now: &BoardPreferences) -> anyhow::Result<()> {
    let tenant = Some(&now.default_tenant).filter(|tenant| !tenant.is_empty());
    let fields = vec![
        (
            "Default tenant",
            Cell::text(tenant.map_or("–", Text::as_str)),
        ),
        ("Lanes", Cell::text(now.lane_by_profile)),
        ("Archived", Cell::text(now.include_archived_by_default)),
        ("Markdown", Cell::text(now.render_markdown)),
    ];
    printer.one(now, fields)
}
