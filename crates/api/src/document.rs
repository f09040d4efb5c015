//! The OpenAPI document: what the handlers say, and what holds for all of them.

use model::{Problem, ProblemKind};
use utoipa::OpenApi as Derive;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Components, ContentBuilder, OpenApi, Ref, RefOr, Required, ResponseBuilder, Schema,
    SecurityRequirement, ServerBuilder,
};
use utoipa::openapi::{HttpMethod, PathItem};

use crate::failure;

/// What the document says before any handler is added.
#[derive(Derive)]
#[openapi(
    info(
        title = "dashboardd",
        description = "The server that a fleet of coding agents reports to and takes work from.\n\nEvery refusal \
            is a problem (RFC 9457). Lists are plain arrays; the `Link` header with `rel=\"next\"` names the next \
            piece. Every change may carry an `Idempotency-Key`: sent twice, it is made once.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    servers((url = "/", description = "This server")),
    tags(
        (name = "health", description = "Whether the server lives and how it is"),
        (name = "auth", description = "Logging in, and who the caller is"),
        (name = "tokens", description = "What machines call with"),
        (name = "users", description = "People who log in with a password"),
        (name = "projects", description = "Code bases and efforts, with one board each"),
        (name = "tickets", description = "What people asked for"),
        (name = "board", description = "The tasks of a project in columns, and how each person sees them"),
        (name = "tasks", description = "Units of work that agents claim"),
        (name = "workers", description = "Processes that take tasks"),
        (name = "questions", description = "What agents ask people"),
        (name = "runs", description = "Attempts at tasks, ad-hoc work, and their steps"),
        (name = "logs", description = "What runs printed"),
        (name = "events", description = "What happened, in one order"),
        (name = "streams", description = "Events and log lines as they happen"),
        (name = "llm-calls", description = "Calls to models, with tokens and cost"),
        (name = "sessions", description = "Conversations of agents"),
        (name = "search", description = "One question over everything"),
        (name = "notifications", description = "Where news goes, which news, and whether it got there"),
        (name = "backup", description = "A copy of everything"),
    ),
    components(schemas(
        Problem,
        model::Control,
        model::QuestionState,
        model::TicketSort
    )),
)]
pub(crate) struct Head;

/// Operations that need no credential.
const OPEN: [&str; 5] = [
    "get_health",
    "get_livez",
    "get_readyz",
    "create_login",
    "get_openapi",
];

/// Edits of what has no version: a step is its worker's alone, preferences are one person's.
const HAS_NO_VERSION: [&str; 2] = ["update_step", "update_config"];

/// Operations that are asked for by `POST` and change nothing: a key would be read by nobody.
const TAKES_NO_KEY: [&str; 3] = ["create_backup", "create_attachment", "delete_attachment"];

/// Operations about attempts at tasks and what belongs to them: the lease may be named, as where a task itself is changed.
const UNDER_A_LEASE: [&str; 8] = [
    "create_run",
    "update_run",
    "heartbeat_run",
    "finish_run",
    "create_step",
    "update_step",
    "delete_attachment",
    "update_tasks",
];

/// Operations on a task that change nothing of it, or begin a lease.
const UNDER_NO_LEASE: [&str; 3] = ["claim_task", "subscribe_home", "unsubscribe_home"];

/// Adds to every operation what holds for all: problems, headers, credentials.
pub(crate) fn complete(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    bound_batches(components);
    close_targets(components);
    components.add_security_scheme("bearer", bearer());
    components.add_security_scheme("cookie", cookie());
    let either =
        ["bearer", "cookie"].map(|name| SecurityRequirement::new(name, Vec::<String>::new()));
    document.security = Some(either.into());
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            complete_operation(path, &method, operation);
        }
    }
}

/// How many rows a batch holds; an enum's variant cannot say so itself.
fn bound_batches(components: &mut Components) {
    for name in ["NewEvents", "NewLlmCalls"] {
        let Some(RefOr::T(Schema::OneOf(choices))) = components.schemas.get_mut(name) else {
            continue;
        };
        for choice in &mut choices.items {
            if let RefOr::T(Schema::Array(many)) = choice {
                many.min_items = Some(1);
                many.max_items = Some(1000);
            }
        }
    }
}

/// What a channel leads to takes no field of another platform; an enum's variant cannot say so itself.
fn close_targets(components: &mut Components) {
    let Some(RefOr::T(Schema::OneOf(targets))) = components.schemas.get_mut("Target") else {
        return;
    };
    for target in &mut targets.items {
        if let RefOr::T(Schema::Object(target)) = target {
            target.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        }
    }
}

/// The document with the base path as its server, so that Swagger UI calls the right address.
pub(crate) fn served(base: &str) -> OpenApi {
    let mut document = crate::openapi();
    let server = ServerBuilder::new()
        .url(base)
        .description(Some("This server"))
        .build();
    document.servers = Some(vec![server]);
    document
}

/// The operations of a path.
pub(crate) fn operations(item: &mut PathItem) -> Vec<(HttpMethod, &mut Operation)> {
    let all = [
        (HttpMethod::Get, &mut item.get),
        (HttpMethod::Put, &mut item.put),
        (HttpMethod::Post, &mut item.post),
        (HttpMethod::Patch, &mut item.patch),
        (HttpMethod::Delete, &mut item.delete),
    ];
    all.into_iter()
        .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
        .collect()
}

fn complete_operation(path: &str, method: &HttpMethod, operation: &mut Operation) {
    let id = operation.operation_id.clone().unwrap_or_default();
    let is_open = OPEN.contains(&id.as_str());
    if is_open {
        operation.security = Some(Vec::new());
    }
    for kind in refusals(path, method, operation, is_open) {
        let status = failure::status(kind).as_str().to_owned();
        operation
            .responses
            .responses
            .entry(status)
            .or_insert_with(|| problem(meaning(kind)));
    }
    if *method != HttpMethod::Get && !is_open && !TAKES_NO_KEY.contains(&id.as_str()) {
        add_parameter(operation, idempotency_key());
    }
    if *method == HttpMethod::Patch && !HAS_NO_VERSION.contains(&id.as_str()) {
        add_parameter(operation, if_match());
    }
    if is_under_a_lease(path, method, &id) {
        add_parameter(operation, lease_epoch());
    }
}

fn is_under_a_lease(path: &str, method: &HttpMethod, id: &str) -> bool {
    let changes_task = path.starts_with("/api/tasks/{id}") && *method != HttpMethod::Get;
    UNDER_A_LEASE.contains(&id) || (changes_task && !UNDER_NO_LEASE.contains(&id))
}

fn refusals(
    path: &str,
    method: &HttpMethod,
    operation: &Operation,
    is_open: bool,
) -> Vec<ProblemKind> {
    let mut kinds = vec![ProblemKind::Internal, ProblemKind::Unavailable];
    // Also for what is open: the name under which the server is called is checked.
    kinds.extend([ProblemKind::Forbidden, ProblemKind::Malformed]);
    // Logging in needs no credential, and refuses wrong ones.
    if !is_open || operation.request_body.is_some() {
        kinds.extend([ProblemKind::Unauthenticated, ProblemKind::RateLimited]);
    }
    let names_something = path.contains('{') || operation.parameters.is_some();
    if names_something || operation.request_body.is_some() {
        kinds.push(ProblemKind::NotFound);
    }
    if *method != HttpMethod::Get {
        kinds.extend([
            ProblemKind::StaleVersion,
            ProblemKind::Invalid,
            ProblemKind::StorageFull,
        ]);
        kinds.push(ProblemKind::TimedOut);
        // A body is read where none is wanted, too: to be refused.
        kinds.extend([ProblemKind::TooLarge, ProblemKind::UnsupportedMediaType]);
    }
    if operation.parameters.is_some() {
        kinds.push(ProblemKind::Invalid);
    }
    kinds
}

const fn meaning(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::Malformed => "The request cannot be read",
        ProblemKind::Unauthenticated => "No or no valid credentials",
        ProblemKind::Forbidden => "The caller may not do this",
        ProblemKind::NotFound => "There is no such thing, or the caller may not see it",
        ProblemKind::StaleVersion => "The state, a version, a name or a lease stands in the way",
        ProblemKind::TooLarge => "The body is too large",
        ProblemKind::UnsupportedMediaType => "The body is not of a type that is read here",
        ProblemKind::Invalid => "It can be read but is not right",
        ProblemKind::RateLimited => "Too many requests; `Retry-After` says when to come back",
        ProblemKind::TimedOut => "It took too long",
        ProblemKind::StorageFull => "The server's disk is full",
        ProblemKind::Unavailable => "The database cannot be reached for now",
        _ => "Something went wrong in the server",
    }
}

fn problem(meaning: &str) -> RefOr<utoipa::openapi::Response> {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .build();
    ResponseBuilder::new()
        .description(meaning)
        .content("application/problem+json", content)
        .build()
        .into()
}

fn add_parameter(operation: &mut Operation, parameter: Parameter) {
    operation
        .parameters
        .get_or_insert_default()
        .push(parameter.into());
}

fn header(name: &str, description: &str, text: ObjectBuilder) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(
            text.schema_type(SchemaType::Type(Type::String)).build(),
        ))
        .build()
}

fn idempotency_key() -> Parameter {
    let meaning = "A key of the caller's making. The same key with the same request returns the first answer, \
        for 24 hours; with another request it is refused.";
    let text = ObjectBuilder::new()
        .min_length(Some(1))
        .max_length(Some(200))
        .pattern(Some("^[!-~]+$"));
    header("Idempotency-Key", meaning, text)
}

/// Any version, or one as a number or as an ETag, with its quotes or without.
const IF_MATCH: &str = concat!(
    r"^(\*|(W/)?([0-9]{1,18}(-[0-9a-fA-F]{1,16})?|",
    r#""[0-9]{1,18}(-[0-9a-fA-F]{1,16})?"))$"#
);

fn if_match() -> Parameter {
    let meaning =
        "The version that the caller saw, or the ETag that came with it. A stale one is refused.";
    header(
        "If-Match",
        meaning,
        ObjectBuilder::new().pattern(Some(IF_MATCH)),
    )
}

fn lease_epoch() -> Parameter {
    let meaning = "The lease under which the caller works on the task: for a worker that neither has its run's token nor \
        operates. A stale one is refused, whoever names it.";
    let text = ObjectBuilder::new().pattern(Some("^[0-9]{1,18}$"));
    header("Lease-Epoch", meaning, text)
}

fn bearer() -> SecurityScheme {
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
    SecurityScheme::Http(
        scheme
            .description(Some(
                "A token, as `dashboardd` printed it or `POST /api/tokens` made it",
            ))
            .build(),
    )
}

fn cookie() -> SecurityScheme {
    let meaning = "The login cookie. Its name also carries the port. Changes need `X-CSRF-Token` with the \
        `csrf_token` of `GET /api/me`.";
    SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
        "dashboard",
        meaning,
    )))
}
