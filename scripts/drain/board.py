"""The board that is drained: who waits for whom, what a person must judge, and who asks."""

import random
from typing import NamedTuple


class Planned(NamedTuple):
    title: str
    parents: list
    is_gated: bool
    asks: bool


def make(api, amount, seed):
    """Makes the tasks of project `drain`; answers them by their ids."""
    chance, board = random.Random(seed), {}
    for number in range(amount):
        before = list(board)[-12:]
        parents = chance.sample(before, min(len(before), chance.randrange(3)))
        planned = Planned(f"Task {number}", parents, number % 10 == 7, number % 10 == 3)
        new = {"project": "drain", "title": planned.title, "parents": parents, "human_gate": planned.is_gated}
        new |= {"body": "Ask first." if planned.asks else "", "priority": chance.randrange(3), "max_retries": 10}
        board[api.call("POST", "/api/tasks", new)["task"]["id"]] = planned
    return board
