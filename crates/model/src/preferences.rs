//! Preferences: how a person wants to see boards.

use serde::{Deserialize, Serialize};

use crate::Text;

/// How a person wants to see boards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BoardPreferences {
    /// The tenant that a board is narrowed to at first; none when empty.
    pub default_tenant: Text,
    /// Whether what is running is shown in a lane for each agent profile.
    pub lane_by_profile: bool,
    /// Whether what was put away is shown at first.
    pub include_archived_by_default: bool,
    /// Whether texts are shown as Markdown instead of as they were written.
    pub render_markdown: bool,
}

impl Default for BoardPreferences {
    fn default() -> Self {
        Self {
            default_tenant: Text::default(),
            lane_by_profile: true,
            include_archived_by_default: false,
            render_markdown: true,
        }
    }
}

/// What of the preferences changes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BoardPreferencesPatch {
    /// The tenant that a board is narrowed to at first; empty for none.
    #[schema(
        value_type = Option<String>,
        max_length = 200,
        pattern = r"^([^\x00-\x1f\x7f-\x9f]*[^\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000][^\x00-\x1f\x7f-\x9f]*)?$"
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_tenant: Option<Text>,
    /// Whether what is running is shown in a lane for each agent profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lane_by_profile: Option<bool>,
    /// Whether what was put away is shown at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_archived_by_default: Option<bool>,
    /// Whether texts are shown as Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub render_markdown: Option<bool>,
}
