//! The use cases: the only place that decides.
//!
//! Every method of [`App`] is one thing that somebody may ask for: it checks the permission first, then changes
//! what is kept and appends the facts in one unit of work, and answers with what the caller sees. Nothing here
//! knows HTTP, status codes or SQL. Start with `app.rs`, then any resource: a resource has the same file name here
//! as in `model` and `store`.
//!
//! # The use cases
//!
//! All are `async`, take `&self` and answer `Result<_, Error>`, unless marked.
//!
//! ```text
//! pub struct Options { store: Store, bus: Bus, clock: Clock, admin_token: Option<String>, pace: Pace, prices: PriceBook }; Options::new(store, bus)
//! App::open(options: Options) -> Result<App, Error>            starts the housekeeping; App is Clone
//! app.first_start() -> Option<FirstStart { admin_token: Option<String>, login_code: String }>   only on a new database
//! app.login_code() -> String                                   a one-time code for a login link, 10 minutes
//! app.close()                                                  stops and awaits the housekeeping
//!
//! Who calls (no permission needed). `Caller` is auth's.
//! authenticate(Credential<'_>) -> Caller
//!   enum Credential<'a> { Bearer(&'a str), Login { secret: &'a str, csrf: Csrf<'a> }, StreamTicket(&'a str) }
//!   enum Csrf<'a> { NotNeeded /* GET, HEAD, streams with a checked Origin */, Sent(Option<&'a str>) }
//! login(LoginRequest, from: IpAddr) -> LoggedIn { me: Me, secret: String /* the cookie */, expires_at: Timestamp }
//! logout(&Caller) -> ()
//! me(&Caller) -> Me
//!
//! Made<T> { value: T, is_new: bool }                           201 when new, 200 when it was there
//! find_project(&Caller, &ProjectRef) -> ProjectId              for filters by slug or id; NotFound
//! create_project(&Caller, NewProject) -> Made<Project>
//! list_projects(&Caller, ProjectFilter { include_archived: bool }) -> Vec<ProjectCard>
//! get_project(&Caller, &ProjectRef) -> ProjectCard
//! update_project(&Caller, &ProjectRef, ProjectPatch) -> Project
//! archive_project(&Caller, &ProjectRef) -> ProjectRemoved
//! delete_project(&Caller, &ProjectRef) -> ProjectRemoved
//! choose_project(&Caller, CurrentProject) -> CurrentProject
//!
//! create_ticket(&Caller, NewTicket) -> Ticket
//! list_tickets(&Caller, TicketFilter, TicketSort, Page) -> Paged<Ticket>
//! list_ticket_summaries(&Caller, TicketFilter, TicketSort, Page) -> Paged<TicketSummary>
//! get_ticket(&Caller, TicketId) -> Ticket
//! update_ticket(&Caller, TicketId, TicketPatch) -> Ticket
//! retry_ticket(&Caller, TicketId) -> TicketRetried
//! delete_ticket(&Caller, TicketId) -> TicketDeleted
//! list_ticket_tasks(&Caller, TicketId, Page) -> Paged<Task>
//! list_ticket_events(&Caller, TicketId, EventPage) -> Vec<Event>
//! list_ticket_llm_calls(&Caller, TicketId, Page) -> Paged<LlmCall>
//! list_ticket_comments(&Caller, TicketId) -> Vec<Comment>
//! create_ticket_comment(&Caller, TicketId, NewComment) -> Comment
//! list_active_pipelines(&Caller) -> Vec<ActivePipeline>
//!
//! create_task(&Caller, NewTask) -> Made<TaskCreated>
//! list_tasks(&Caller, TaskFilter, Page) -> Paged<Task>
//! get_task(&Caller, TaskId) -> TaskDetail
//! update_task(&Caller, TaskId, TaskPatch) -> Task
//! list_task_comments(&Caller, TaskId) -> Vec<Comment>
//! create_task_comment(&Caller, TaskId, NewComment) -> Comment
//! list_task_links(&Caller, TaskId) -> Links
//! create_link(&Caller, NewLink) -> LinkChanged
//! delete_link(&Caller, NewLink) -> LinkChanged
//!
//! start_run(&Caller, NewRun) -> Made<RunStarted>
//! list_runs(&Caller, RunFilter, Page) -> Paged<Run>
//! get_run(&Caller, RunId) -> RunDetail
//! update_run(&Caller, RunId, RunPatch) -> Run
//! heartbeat_run(&Caller, RunId, Heartbeat) -> HeartbeatAnswer
//! finish_run(&Caller, RunId, FinishRun) -> Run
//! cancel_run(&Caller, RunId) -> Run
//! begin_step(&Caller, RunId, NewStep) -> Made<Step>
//! update_step(&Caller, RunId, StepId, StepPatch) -> Step
//! append_logs(&Caller, RunId, Vec<NewLogLine>) -> LogAppended
//! read_logs(&Caller, RunId, LogFilter) -> Vec<LogLine>         in the order of their numbers
//! raw_log(&Caller, RunId) -> RawLog                            RawLog::size() -> u64, RawLog::read(from..to) -> impl Stream<Item = Result<Bytes, Error>>
//! list_sessions(&Caller, Option<ProjectId>, Page) -> Paged<Session>
//! get_session(&Caller, SessionId) -> Session
//!
//! post_events(&Caller, NewEvents) -> EventsAppended
//! list_events(&Caller, EventFilter, EventPage { before: Option<i64>, after: Option<i64>, offset: i64, limit: i64 }) -> Vec<Event>   newest first; with `after` oldest first
//! report_llm_calls(&Caller, Vec<NewLlmCall>) -> Vec<LlmCall>
//! list_llm_calls(&Caller, LlmCallFilter, Page) -> Paged<LlmCall>
//! list_active_requests(&Caller) -> Vec<ActiveRequest>
//! search(&Caller, Search { q: String, project: Option<ProjectId>, kinds: Vec<FoundKind>, limit: i64 }) -> Vec<Found>
//!
//! create_stream_ticket(&Caller) -> StreamTicket
//! subscribe(&Caller, Subscribe { filter: EventFilter, since: Option<i64>, epoch: Option<String>, over: Transport::{Ws, Sse} }) -> EventStream
//! subscribe_log(&Caller, RunId, SubscribeLog { since: Option<i64>, step: Option<StepId>, stream: Vec<LogStream>, over: Transport }) -> RunLogStream
//!   EventStream = Stream<bus::Events>, RunLogStream = Stream<bus::Log>; Stream::next(&mut self).await -> Option<Next<T>>, cancel-safe; `None`: over.
//!   enum Next<T> { Frames(Vec<Arc<Frame<T>>>) /* up to 64, one flush */, Control(Control) }
//!   Frame::number() -> i64 and Frame::json() -> axum::extract::ws::Utf8Bytes, shared by all followers. Hello first, a heartbeat every 15 s,
//!   `StreamBye { reason: "token_revoked" | "shutdown", resume }` last. Close codes, and too_slow (60 s without progress of the socket), are the api's.
//!   create_stream_ticket is not async.
//!
//! create_token(&Caller, NewToken) -> TokenCreated
//! list_tokens(&Caller) -> Vec<Token>
//! revoke_token(&Caller, TokenId) -> Token
//! create_user(&Caller, NewUser) -> User
//! list_users(&Caller) -> Vec<User>
//! update_user(&Caller, UserId, UserPatch) -> User
//! delete_user(&Caller, UserId) -> ()
//!
//! health() -> HealthAnswer                                     not async, not a Result
//! is_ready() -> ()                                             Unavailable when the database is away
//! get_status(&Caller) -> Status
//! backup(&Caller) -> Backup { path: PathBuf, size: u64 }       the file goes when Backup is dropped
//!
//! idempotent(&Caller, key: &str, request_hash: [u8; 32], work: impl Future<Output = Answer>) -> Answer
//!   Answer { status: u16, body: Bytes, secret: bool }          of another body: Invalid; failures (>= 400) are not kept
//! ```

mod app;
mod attempts;
mod backup;
mod cache;
mod comments;
mod connections;
mod deed;
mod endings;
mod error;
mod events;
mod facts;
mod follow;
mod housekeeping;
mod idempotency;
mod keys;
mod known;
mod links;
mod lists;
mod llm_calls;
mod logins;
mod logs;
mod made;
mod pace;
mod pipeline;
pub mod pricing;
mod project_cards;
mod projects;
mod requests;
mod run_ends;
mod run_starts;
mod runs;
mod search;
mod sessions;
mod settling;
mod status;
mod steps;
mod streams;
mod task_edits;
mod task_moves;
mod tasks;
mod ticket_edits;
mod tickets;
mod tokens;
mod users;

pub use app::{App, Options};
pub use backup::Backup;
pub use bus::{Events, Frame, Log, Topic};
pub use connections::Transport;
pub use error::Error;
pub use idempotency::Answer;
pub use logins::{Credential, Csrf, FirstStart, LoggedIn};
pub use logs::RawLog;
pub use made::Made;
pub use pace::Pace;
pub use project_cards::ProjectFilter;
pub use search::Search;
pub use store::events::Window as EventPage;
pub use streams::{EventStream, Next, RunLogStream, Stream, Subscribe, SubscribeLog};
