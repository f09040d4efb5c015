"""Each rule of the audit can be broken: a good story without its gate, its question, an event… is found out.

`./test scripts` runs it.
"""

import base64
import copy
import hmac
import json
import time
import types
import unittest

from . import audit, listener
from .board import Planned
from .viewer import frames

HUMAN, AGENT = {"kind": "human", "name": "ada"}, {"kind": "agent", "name": "drain"}
MADE = "2026-01-01T12:00:00Z"
AT = 1767268800.0
WAYS = {
    "plain": [("task_completed", AGENT)],
    "gated": [("task_review_requested", AGENT), ("task_approved", HUMAN)],
    "asks": [("clarification_requested", AGENT), ("clarification_answered", HUMAN), ("task_completed", AGENT)],
}


def good():
    """Three tasks, each behind the one before."""
    board = {name: Planned(name, [], name == "gated", name == "asks") for name in WAYS}
    board["gated"].parents.append("plain")
    log = [happened(task, *what) for task, way in WAYS.items() for what in way]
    for seq, event in enumerate(log, 1):
        event["seq"] = seq
    done = [event for event in log if event["details"]["to"] == "done"]
    messages = [listener.Message(f"msg_{n}", told(event), True) for n, event in enumerate(done)]
    viewer = types.SimpleNamespace(events=copy.deepcopy(log), gaps=[], delays=[(MADE, AT + 1)] * len(log), connections=1)
    question = {"task_id": "asks", "text": "Which?", "answer": "this", "answered_by": HUMAN}
    return audit.Story(
        board=board,
        log=log,
        tasks={task: {"status": "done", "finished_at": f"12:0{n + 1}"} for n, task in enumerate(board)},
        runs=[attempt(task, n) for n, task in enumerate(board)],
        questions=[question],
        deliveries=[{"id": str(n), "state": "sent"} for n in range(len(done))],
        messages=messages,
        diary=[("plain", ""), ("gated", ""), ("asks", "this")],
        answers={"Which?": "this"},
        viewer=viewer,
        page={"arrived": list(board), "count": "3", "loads": 2, "errors": []},
        kills_missing=0,
        may_repeat=False,
    )


def happened(task, event_type, actor):
    to = "done" if event_type in ("task_completed", "task_approved") else "elsewhere"
    return {"task_id": task, "event_type": event_type, "actor": actor, "details": {"to": to}}


def attempt(task, n):
    return {"task_id": task, "outcome": "completed", "started_at": f"12:0{n}", "ended_at": f"12:0{n + 1}"}


def told(event):
    return json.dumps({"data": {"event": event}}).encode()


def event_of(story, event_type):
    return next(event for event in story.log if event["event_type"] == event_type)


def skip(story, event_type):
    """As though it had never happened."""
    story.log.remove(event_of(story, event_type))
    for seq, event in enumerate(story.log, 1):
        event["seq"] = seq


def again(story, change):
    story.messages.append(story.messages[0]._replace(**change))


BLIND = {
    audit.is_killed_as_told: {"too few kills": lambda story: story._replace(kills_missing=1)},
    audit.is_done_once: {
        "not done": lambda story: story.tasks["plain"].update(status="ready"),
        "completed twice": lambda story: story.runs.append(story.runs[0]),
        "still running": lambda story: story.runs.append({**story.runs[0], "outcome": None, "ended_at": None}),
        "carried out twice": lambda story: story.diary.append(story.diary[0]),
    },
    audit.waits_for_its_parents: {"begun early": lambda story: story.runs[1].update(started_at="12:00")},
    audit.is_told_once_by_the_log: {
        "a gap": lambda story: story.log.pop(1),
        "done twice": lambda story: story.log.append({**story.log[0], "seq": len(story.log) + 1}),
    },
    audit.passes_its_gate: {
        "no gate": lambda story: event_of(story, "task_approved").update(event_type="task_completed"),
        "not asked for": lambda story: skip(story, "task_review_requested"),
        "approved by an agent": lambda story: event_of(story, "task_approved").update(actor=AGENT),
    },
    audit.is_answered: {
        "no question": lambda story: story.questions.clear(),
        "no answer": lambda story: story.questions[0].update(answer=None),
        "asked twice": lambda story: story.questions.append(story.questions[0]),
        "another answer kept": lambda story: story.answers.update({"Which?": "that"}),
        "another answer seen": lambda story: story.diary.__setitem__(2, ("asks", "that")),
        "answered by an agent": lambda story: story.questions[0].update(answered_by=AGENT),
        "asked without need": lambda story: story.questions.append({**story.questions[0], "task_id": "plain"}),
    },
    audit.waits_for_its_answer: {
        "no answer": lambda story: skip(story, "clarification_answered"),
        "answered at the end": lambda story: story.log.append(story.log.pop(-2)),
    },
    audit.is_seen_live: {
        "missing": lambda story: story.viewer.events.pop(1),
        "double": lambda story: story.viewer.events.insert(1, story.viewer.events[0]),
        "out of order": lambda story: story.viewer.events.reverse(),
        "other words": lambda story: story.viewer.events[0].update(actor=HUMAN),
        "a gap": lambda story: story.viewer.gaps.append({"from": 1, "to": 2}),
        "late": lambda story: story.viewer.delays.append((MADE, AT + 60)),
    },
    audit.is_seen_on_the_board: {
        "a card missing": lambda story: story.page["arrived"].pop(),
        "counted wrong": lambda story: story.page.update(count="2"),
        "loaded again": lambda story: story.page.update(loads=3),
        "an exception": lambda story: story.page["errors"].append("undefined is no function"),
    },
    audit.is_notified_once: {
        "not at all": lambda story: story.messages.pop(),
        "under another id": lambda story: again(story, {"id": "msg_2"}),
        "in other words": lambda story: again(story, {"body": story.messages[0].body + b" "}),
        "of something else": lambda story: again(story, {"body": told({"task_id": "plain", "seq": 1})}),
        "not signed": lambda story: again(story, {"is_signed": False}),
        "still pending": lambda story: story.deliveries[0].update(state="pending"),
        "put down twice": lambda story: story.deliveries.append({"id": "9", "state": "sent"}),
    },
}


class Audit(unittest.TestCase):
    def test_a_good_story_has_no_fault(self):
        self.assertEqual(audit.faults(good()), [])

    def test_what_was_sent_again_is_no_fault(self):
        story = good()
        again(story, {})
        self.assertEqual(audit.faults(story), [])

    def test_each_rule_can_be_broken(self):
        self.assertEqual(set(BLIND), set(audit.RULES))
        for rule, ways in BLIND.items():
            for name, spoil in ways.items():
                with self.subTest(rule=rule.__name__, blind=name):
                    story = good()
                    changed = spoil(story)
                    story = changed if isinstance(changed, audit.Story) else story
                    self.assertTrue(list(rule(story)))


class Ears(unittest.TestCase):
    def test_only_what_is_signed_counts(self):
        key, sent = b"key", str(int(time.time()))
        mac = base64.b64encode(hmac.digest(key, f"msg_1.{sent}.words".encode(), "sha256")).decode()
        headers = {"webhook-id": "msg_1", "webhook-timestamp": sent, "webhook-signature": f"v1,{mac}"}
        self.assertTrue(listener.is_signed(key, headers, b"words"))
        self.assertFalse(listener.is_signed(b"other", headers, b"words"))
        self.assertFalse(listener.is_signed(key, headers, b"other words"))
        self.assertFalse(listener.is_signed(key, {**headers, "webhook-timestamp": "1"}, b"words"))

    def test_a_frame_that_was_cut_off_is_none(self):
        said = [b'data: {"seq": 1}\n', b"\n", b'data: {"seq": 2}']
        self.assertEqual(list(frames(said)), [{"seq": 1}])
