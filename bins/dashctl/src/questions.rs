//! `dashctl questions`: what agents ask people.

use std::time::Duration;

use clap::{Args, Subcommand};
use client::{Client, List};
use model::{
    AnswerQuestion, NewQuestion, Question, QuestionFilter, QuestionState, TaskId, Text, Title,
};

use crate::cli::Global;
use crate::connect::connect;
use crate::exit::Refused;
use crate::find;
use crate::print::{Cell, Printer, visible, write_out};

/// How soon an answer is seen.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

#[derive(Debug, Subcommand)]
pub(crate) enum Questions {
    /// List questions, oldest first
    #[command(visible_alias = "ls")]
    List(Filter),
    /// Ask a person about a task, which waits for the answer
    Ask(Ask),
    /// Answer a question; its task goes on
    Answer {
        /// Its id, or a part of it
        question: String,
        /// One of the options where there are some, else any text
        answer: Text,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Filter {
    /// Only this project's, by slug or id
    #[arg(short, long)]
    project: Option<String>,
    /// Only about this task
    #[arg(long)]
    task: Option<String>,
    /// Only open, answered or withdrawn ones; open when absent
    #[arg(short, long)]
    state: Option<QuestionState>,
    /// At most so many
    #[arg(short = 'n', long, default_value_t = 50)]
    limit: i64,
}

#[derive(Debug, Args)]
pub(crate) struct Ask {
    /// What is asked, in Markdown
    text: Text,
    /// The task, by its id or a part of it
    #[arg(long, env = "DASHBOARD_TASK_ID")]
    task: String,
    /// An answer to choose from; may be given several times
    #[arg(long = "option", value_name = "ANSWER")]
    options: Vec<Title>,
    /// Wait for the answer, and print it
    #[arg(long)]
    wait: bool,
}

pub(crate) async fn obey(
    global: &Global,
    printer: &Printer,
    command: Questions,
) -> anyhow::Result<()> {
    let client = connect(global)?;
    match command {
        Questions::List(filter) => list(&client, printer, filter).await,
        Questions::Ask(ask) => {
            let task = find::task(&client, &ask.task).await?;
            let new = NewQuestion {
                text: ask.text,
                options: ask.options,
            };
            let asked = client.create_question(task, &new).await?;
            match ask.wait {
                true => tell(printer, &wait(&client, task, asked).await?),
                false => show(printer, &asked),
            }
        }
        Questions::Answer { question, answer } => {
            let id = find::question(&client, &question).await?;
            let answer = AnswerQuestion { answer };
            show(printer, &client.answer_question(id, &answer).await?)
        }
    }
}

/// Waits until somebody has answered; a server that is away is asked again.
async fn wait(client: &Client, task: TaskId, asked: Question) -> anyhow::Result<Question> {
    let about = QuestionFilter {
        task: Some(task),
        ..QuestionFilter::default()
    };
    loop {
        tokio::time::sleep(BETWEEN_LOOKS).await;
        let found = match client
            .list_questions(&about, &List::first(List::MOST))
            .await
        {
            Ok(found) => found.items,
            Err(error) if error.is_transient() => continue,
            Err(error) => return Err(error.into()),
        };
        let same = found.into_iter().find(|question| question.id == asked.id);
        let question = same.ok_or_else(|| Refused::not_found("the question is gone"))?;
        if question.answer.is_some() {
            return Ok(question);
        }
        if question.withdrawn_at.is_some() {
            let why = "the question was withdrawn: nobody will answer it";
            return Err(Refused::conflict(why));
        }
    }
}

/// The answer alone, for whoever waits for it.
fn tell(printer: &Printer, question: &Question) -> anyhow::Result<()> {
    if printer.is_for_programs() {
        return show(printer, question);
    }
    let answer = question.answer.as_ref().map_or("", Text::as_str);
    write_out(&visible(answer))
}

async fn list(client: &Client, printer: &Printer, filter: Filter) -> anyhow::Result<()> {
    let task = match &filter.task {
        Some(task) => Some(find::task(client, task).await?),
        None => None,
    };
    let wanted = QuestionFilter {
        project: find::project(client, filter.project.as_deref()).await?,
        ticket: None,
        task,
        state: Some(filter.state.unwrap_or(QuestionState::Open)),
    };
    let questions = client
        .list_questions(&wanted, &List::first(filter.limit))
        .await?;
    let headings = ["ID", "TASK", "QUESTION", "OPTIONS", "ANSWER", "ASKED"];
    let cells = |question: &Question| {
        vec![
            Cell::text(question.id),
            Cell::maybe(question.task_id),
            Cell::text(&question.text),
            Cell::text(options(question)),
            Cell::maybe(question.answer.as_ref()),
            Cell::ago(question.created_at),
        ]
    };
    printer.list(&questions.items, &headings, cells, "No such questions.")
}

fn show(printer: &Printer, question: &Question) -> anyhow::Result<()> {
    let fields = vec![
        ("Question", Cell::text(question.id)),
        ("Text", Cell::text(&question.text)),
        ("Options", Cell::text(options(question))),
        ("Answer", Cell::maybe(question.answer.as_ref())),
    ];
    printer.one(question, fields)
}

fn options(question: &Question) -> String {
    let options: Vec<&str> = question.options.iter().map(Title::as_str).collect();
    options.join(" / ")
}
