//! Messages: what is told, in the words that every platform shows.

use model::{DeliveryId, Event, Occasion, RunId, Timestamp};

/// What is told, and under which id.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The delivery's id: the same with every attempt.
    pub id: DeliveryId,
    /// Why it is told; nothing when somebody only tries the channel.
    pub occasion: Option<Occasion>,
    /// The slug of the project that it is about.
    pub project: Option<String>,
    /// The title of the task that it is about.
    pub task: Option<String>,
    /// What happened, in a sentence or more.
    pub text: String,
    /// Where to look at it.
    pub link: Option<String>,
    /// The event that it tells of.
    pub event: Option<Event>,
    /// The attempt that it is about.
    pub run: Option<RunId>,
    /// When it happened.
    pub at: Timestamp,
    /// Who has it from an earlier attempt, where it is for several.
    pub reached: Vec<String>,
}

impl Message {
    /// The first line: where, and why.
    #[must_use]
    pub fn heading(&self) -> String {
        let why = self.occasion.map_or("Trial", heading);
        match &self.project {
            Some(project) => format!("[{project}] {why}"),
            None => why.to_owned(),
        }
    }

    /// The same with what it is about: many of them stand side by side without their text.
    pub(crate) fn subject(&self) -> String {
        let heading = self.heading();
        match &self.task {
            Some(task) => format!("{heading}: {task}"),
            None => heading,
        }
    }

    /// Everything as plain text, at most so many characters.
    pub(crate) fn plain(&self, most: usize) -> String {
        self.lines(most, str::to_owned)
    }

    /// Everything as lines, each made fit for its platform. What is too long is cut in the middle part.
    pub(crate) fn lines(&self, most: usize, fit: impl Fn(&str) -> String) -> String {
        let heading = fit(&self.heading());
        let link = self
            .link
            .as_deref()
            .map_or(String::new(), |link| format!("\n{}", fit(link)));
        let room = most.saturating_sub(length(&heading) + length(&link) + 1);
        let mut text = fit(&self.text);
        if length(&text) > room {
            text = text
                .chars()
                .take(room.saturating_sub(1))
                .chain(['…'])
                .collect();
        }
        format!("{heading}\n{text}{link}")
    }
}

fn length(text: &str) -> usize {
    text.chars().count()
}

const fn heading(occasion: Occasion) -> &'static str {
    match occasion {
        Occasion::Done => "Done",
        Occasion::Blocked => "Blocked",
        Occasion::GaveUp => "Gave up",
        Occasion::NeedsPerson => "Needs a person",
        Occasion::Budget => "Budget",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_and_the_link_stays() {
        let message = Message {
            id: DeliveryId::new(),
            occasion: Some(Occasion::Done),
            project: Some("web".to_owned()),
            task: None,
            text: "ä".repeat(100),
            link: Some("https://example.org/t".to_owned()),
            event: None,
            run: None,
            at: Timestamp::from_micros(0),
            reached: Vec::new(),
        };
        let cut = message.plain(60);
        assert_eq!(cut.chars().count(), 60);
        assert!(cut.starts_with("[web] Done\nä") && cut.ends_with("…\nhttps://example.org/t"));
    }
}
