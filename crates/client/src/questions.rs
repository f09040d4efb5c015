//! Questions: list, ask, answer.

use model::{
    AnswerQuestion, NewQuestion, Page, Paged, Question, QuestionFilter, QuestionId, TaskId,
    TicketId,
};

use crate::{Client, Error};

impl Client {
    /// Questions that pass the filter, oldest first.
    pub async fn list_questions(
        &self,
        filter: &QuestionFilter,
        page: &Page,
    ) -> Result<Paged<Question>, Error> {
        self.get("api/questions")
            .query("project", filter.project)
            .query("ticket", filter.ticket)
            .query("task", filter.task)
            .query("state", filter.state)
            .page(page)
            .await
    }

    /// The questions about a ticket and its tasks, oldest first.
    pub async fn list_ticket_questions(
        &self,
        ticket: TicketId,
        page: &Page,
    ) -> Result<Paged<Question>, Error> {
        self.get(format!("api/tickets/{ticket}/questions"))
            .page(page)
            .await
    }

    /// Asks a person about a task.
    pub async fn create_question(
        &self,
        task: TaskId,
        new: &NewQuestion,
    ) -> Result<Question, Error> {
        self.post(format!("api/tasks/{task}/questions"))
            .json(new)
            .answer()
            .await
    }

    /// Answers a question.
    pub async fn answer_question(
        &self,
        question: QuestionId,
        answer: &AnswerQuestion,
    ) -> Result<Question, Error> {
        self.post(format!("api/questions/{question}/answer"))
            .json(answer)
            .answer()
            .await
    }
}
