//! How each type of the model is kept: the one place that knows both sides.
//!
//! Ids are UUIDs, times microseconds, money pico-dollars, words their own text, lists and JSON text.

use model::{
    AttachmentId, BlockKind, CallStatus, ChannelId, Color, CommentId, DeliveryId, DeliveryState,
    EventId, Exactness, FileName, FoundKind, LlmCallId, LogStream, LoginId, LoopState, MediaType,
    Name, Occasion, Outcome, Platform, Principal, PrincipalKind, ProjectId, QuestionId, RunId,
    RunState, Scope, SessionId, SessionState, Severity, ShownTarget, Slug, StepId, StepState,
    StepType, SubscriptionId, Target, TaskId, TaskState, Text, TicketId, TicketStatus, Timestamp,
    Title, TokenId, Usd, UserId, WorkerId, WorkspaceKind,
};
use uuid::Uuid;

use crate::Error;

/// The forms in which both engines keep things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Int,
    Bool,
    Text,
    Bytes,
    Id,
}

/// One thing as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// Nothing, in place of something of a form: PostgreSQL wants to know which.
    Null(Form),
    Int(i64),
    Bool(bool),
    Text(String),
    Bytes(Vec<u8>),
    Id(Uuid),
    /// A column of many rows, for PostgreSQL's `UNNEST`.
    List(Form, Vec<Value>),
}

/// A value that has another form than its column.
#[derive(Debug, thiserror::Error)]
#[error("expected {expected:?}, found {found:?}")]
struct WrongForm {
    expected: Form,
    found: Value,
}

/// What can be kept in a column.
pub(crate) trait Column: Sized {
    /// The form in which it is kept.
    const FORM: Form;

    /// As it is kept.
    fn value(&self) -> Value;

    /// From what was kept.
    fn from_value(value: Value) -> Result<Self, Error>;
}

fn wrong<T>(expected: Form, found: Value) -> Result<T, Error> {
    Err(Error::corrupt(WrongForm { expected, found }))
}

impl<T: Column> Column for Option<T> {
    const FORM: Form = T::FORM;

    fn value(&self) -> Value {
        self.as_ref().map_or(Value::Null(T::FORM), T::value)
    }

    fn from_value(value: Value) -> Result<Self, Error> {
        match value {
            Value::Null(_) => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }
}

macro_rules! plain_columns {
    ($($type:ty = $form:ident;)*) => {$(
        impl Column for $type {
            const FORM: Form = Form::$form;

            fn value(&self) -> Value {
                Value::$form(self.clone())
            }

            fn from_value(value: Value) -> Result<Self, Error> {
                match value {
                    Value::$form(plain) => Ok(plain),
                    other => wrong(Form::$form, other),
                }
            }
        }
    )*};
}

plain_columns! {
    i64 = Int;
    bool = Bool;
    String = Text;
    Vec<u8> = Bytes;
    Uuid = Id;
}

macro_rules! id_columns {
    ($($type:ident)*) => {$(
        impl Column for $type {
            const FORM: Form = Form::Id;

            fn value(&self) -> Value {
                Value::Id(self.0)
            }

            fn from_value(value: Value) -> Result<Self, Error> {
                Uuid::from_value(value).map(Self)
            }
        }
    )*};
}

id_columns! {
    ProjectId TicketId TaskId CommentId AttachmentId QuestionId RunId StepId LlmCallId SessionId EventId UserId
    TokenId LoginId WorkerId ChannelId SubscriptionId DeliveryId
}

/// Types that are texts with a rule. What was kept had passed it, so what fails it now is damaged.
macro_rules! text_columns {
    ($($type:ident)*) => {$(
        impl Column for $type {
            const FORM: Form = Form::Text;

            fn value(&self) -> Value {
                Value::Text(self.as_str().to_owned())
            }

            fn from_value(value: Value) -> Result<Self, Error> {
                String::from_value(value)?.parse().map_err(Error::corrupt)
            }
        }
    )*};
}

text_columns! {
    Title Name Text Slug Color MediaType
    LoopState TicketStatus TaskState WorkspaceKind BlockKind RunState Outcome StepType StepState
    LogStream CallStatus Exactness SessionState Severity PrincipalKind FoundKind
    Platform Occasion DeliveryState
}

/// What was kept may be what would not be taken any more.
impl Column for FileName {
    const FORM: Form = Form::Text;

    fn value(&self) -> Value {
        Value::Text(self.as_str().to_owned())
    }

    fn from_value(value: Value) -> Result<Self, Error> {
        String::from_value(value).map(|name| Self::lossy(&name))
    }
}

/// Kept as `human:ada`.
impl Column for Principal {
    const FORM: Form = Form::Text;

    fn value(&self) -> Value {
        Value::Text(self.to_string())
    }

    fn from_value(value: Value) -> Result<Self, Error> {
        String::from_value(value)?.parse().map_err(Error::corrupt)
    }
}

impl Column for Timestamp {
    const FORM: Form = Form::Int;

    fn value(&self) -> Value {
        Value::Int(self.micros())
    }

    fn from_value(value: Value) -> Result<Self, Error> {
        i64::from_value(value).map(Self::from_micros)
    }
}

impl Column for Usd {
    const FORM: Form = Form::Int;

    fn value(&self) -> Value {
        Value::Int(self.pico())
    }

    fn from_value(value: Value) -> Result<Self, Error> {
        i64::from_value(value).map(Self::from_pico)
    }
}

/// What is kept as JSON text.
macro_rules! json_columns {
    ($($type:ty)*) => {$(
        impl Column for $type {
            const FORM: Form = Form::Text;

            fn value(&self) -> Value {
                Value::Text(serde_json::to_string(self).expect("these types always have a JSON form"))
            }

            fn from_value(value: Value) -> Result<Self, Error> {
                serde_json::from_str(&String::from_value(value)?).map_err(Error::corrupt)
            }
        }
    )*};
}

json_columns! {
    Vec<Name> Vec<Title> Vec<String> Vec<Scope> Vec<ProjectId> Vec<Occasion> Target ShownTarget
    serde_json::Value
}
