"""What must be true of the scene when it is over. Each rule is told the whole story and names what is wrong with it."""

import datetime
from collections import Counter
from typing import Any, NamedTuple

# Seconds after which an event was not seen live; the server may be down and start again meanwhile.
LIVE = 30


class Story(NamedTuple):
    board: dict
    log: list
    tasks: dict
    runs: list
    questions: list
    deliveries: list
    messages: list
    diary: list
    # What the person answered, by the question's text.
    answers: dict
    viewer: Any
    # What the browser saw; nothing where there was none.
    page: dict | None
    kills_missing: int
    # Whether a command may be carried out again, because it was killed with its worker.
    may_repeat: bool

    def of(self, task, *types):
        """What the log says of a task, in its order."""
        return [event for event in self.log if event["task_id"] == task and event["event_type"] in types]

    def repeated(self, times):
        """Whether what must be done once was done as often as it may."""
        return times == 1 or (times > 1 and self.may_repeat)


def faults(story):
    return [fault for rule in RULES for fault in rule(story)]


def is_killed_as_told(story):
    if story.kills_missing:
        yield f"{story.kills_missing} kills of the server did not happen"


def is_done_once(story):
    for task, planned in story.board.items():
        runs = [run for run in story.runs if run["task_id"] == task]
        completed = [run for run in runs if run["outcome"] == "completed"]
        if story.tasks[task]["status"] != "done" or len(completed) != 1:
            yield f"{planned.title}: {story.tasks[task]['status']}, completed {len(completed)} times"
        if any(run["ended_at"] is None for run in runs):
            yield f"{planned.title}: a run is open"
        times = [done for done, _ in story.diary].count(task)
        if not story.repeated(times):
            yield f"{planned.title}: carried out {times} times"


def waits_for_its_parents(story):
    """No attempt at all may begin before."""
    for task, planned in story.board.items():
        begun = min((run["started_at"] for run in story.runs if run["task_id"] == task), default="")
        if any(story.tasks[parent]["finished_at"] > begun for parent in planned.parents):
            yield f"{planned.title}: begun before what it waits for was done"


def is_told_once_by_the_log(story):
    """It has no gap, and says of each task once that it is done."""
    if [event["seq"] for event in story.log] != list(range(story.log[0]["seq"], story.log[0]["seq"] + len(story.log))):
        yield "the log of events has a gap"
    done = Counter(event["task_id"] for event in story.log if (event["details"] or {}).get("to") == "done")
    for task, planned in story.board.items():
        if done[task] != 1:
            yield f"{planned.title}: told {done[task]} times that it is done"


def passes_its_gate(story):
    """Where there is one, a person lets it pass, once, after it was asked for; elsewhere nobody is asked."""
    for task, planned in story.board.items():
        verdicts = story.of(task, "task_review_requested", "task_approved", "task_completed")
        wanted = ["task_review_requested", "task_approved"] if planned.is_gated else ["task_completed"]
        if [event["event_type"] for event in verdicts] != wanted:
            yield f"{planned.title}: {[event['event_type'] for event in verdicts]} instead of {wanted}"
        elif planned.is_gated and verdicts[1]["actor"]["kind"] != "human":
            yield f"{planned.title}: approved by {verdicts[1]['actor']}"


def is_answered(story):
    """Who asks waits, and its command sees what the person said; who does not ask is told nothing."""
    for task, planned in story.board.items():
        asked = [question for question in story.questions if question["task_id"] == task]
        given = [question for question in asked if question["answer"]]
        if not (given and story.repeated(len(asked))) if planned.asks else asked:
            yield f"{planned.title}: {len(asked)} questions, {len(given)} answered"
        for question in given:
            if question["answered_by"]["kind"] != "human":
                yield f"{planned.title}: answered by {question['answered_by']}"
            if question["answer"] != story.answers.get(question["text"]):
                yield f"{planned.title}: “{question['answer']}” is kept, {story.answers.get(question['text'])} was given"
        seen = {answer for done, answer in story.diary if done == task}
        if seen != ({question["answer"] for question in given} or {""}):
            yield f"{planned.title}: its command saw {seen}"


def waits_for_its_answer(story):
    """The log tells of question, answer and end in this order."""
    for task in (task for task, planned in story.board.items() if planned.asks):
        ends = ("task_review_requested", "task_completed", "task_approved")
        told = [event["event_type"] for event in story.of(task, "clarification_requested", "clarification_answered", *ends)]
        # An attempt that was killed may have asked before.
        order = list(dict.fromkeys(told))
        if order[:2] != ["clarification_requested", "clarification_answered"] or told[-1] not in ends:
            yield f"{story.board[task].title}: the log tells {told}"


def is_seen_live(story):
    """A viewer who comes back behind the last event that it saw has seen the log: nothing else, nothing twice, soon."""
    viewer = story.viewer
    if viewer.events != story.log:
        seen, told = ([event["seq"] for event in events] for events in (viewer.events, story.log))
        missing, double = sorted(set(told) - set(seen)), [seq for seq, times in Counter(seen).items() if times > 1]
        yield f"the viewer saw other events than the log has: missing {missing}, double {double}"
    if viewer.gaps:
        yield f"the viewer was told of gaps: {viewer.gaps}"
    late = [delay for delay in delays(viewer) if delay > LIVE]
    if late:
        yield f"the viewer saw {len(late)} events late, one after {max(late):.0f} s"


def delays(viewer):
    """How long it took each event to be seen, in seconds; in order of length."""
    return sorted(seen - datetime.datetime.fromisoformat(made).timestamp() for made, seen in viewer.delays)


def is_seen_on_the_board(story):
    """Each card came to `done` on a page that was never loaded again."""
    if story.page is None:
        return
    for task, planned in story.board.items():
        if task not in story.page["arrived"]:
            yield f"{planned.title}: not seen to arrive on the board"
    if story.page["count"] != str(len(story.board)):
        yield f"the board counts {story.page['count']} done"
    if story.page["loads"] != 2:
        yield f"inbox and board were loaded {story.page['loads']} times, not once each"
    yield from story.page["errors"]


def is_notified_once(story):
    """Of each task under one id, with a good signature and the same words each time; and nothing is left to be sent."""
    sent = {"msg_" + delivery["id"].replace("-", "") for delivery in story.deliveries}
    left = [delivery for delivery in story.deliveries if delivery["state"] != "sent"]
    if left or len(sent) != len(story.board):
        yield f"{len(sent)} deliveries for {len(story.board)} tasks, {len(left)} not sent"
    log = {event["seq"]: event for event in story.log}
    told = {}
    for message in story.messages:
        event = message.data()["event"]
        told.setdefault(event["task_id"], set()).add((message.id, message.body))
        if not message.is_signed:
            yield f"message {message.id} is not signed"
        if message.id not in sent or log.get(event["seq"]) != event:
            yield f"message {message.id} tells of what is not in the log"
    for task, planned in story.board.items():
        if len(told.get(task, ())) != 1:
            yield f"{planned.title}: notified {len(told.get(task, ()))} times"


RULES = (
    is_killed_as_told,
    is_done_once,
    waits_for_its_parents,
    is_told_once_by_the_log,
    passes_its_gate,
    is_answered,
    waits_for_its_answer,
    is_seen_live,
    is_seen_on_the_board,
    is_notified_once,
)


def summary(story):
    """What happened, in figures."""
    approved = sum(event["event_type"] == "task_approved" for event in story.log)
    answered = sum(event["event_type"] == "clarification_answered" for event in story.log)
    waited = delays(story.viewer)
    return [
        f"{len(story.board)} tasks, {len(story.runs)} runs, {len(story.diary)} carried out",
        f"{answered} questions answered, {approved} results approved",
        f"{len(story.log)} events, seen over {story.viewer.connections} connections"
        f" after {1000 * waited[len(waited) // 2]:.0f} ms (median), {waited[-1]:.1f} s (longest)",
        f"notified of {len(story.deliveries)} tasks in {len(story.messages)} messages",
    ]
