"""What a worker runs for a task: it asks where it should, and writes down what it was told and that it came to its end."""

import json
import os
import pathlib
import random
import time

from .api import Api


def carry_out(diary):
    task = json.loads(pathlib.Path(os.environ["DASHBOARD_TASK_FILE"]).read_text())
    task = task.get("task", task)
    api = Api(os.environ["DASHBOARD_SERVER"].rstrip("/"), os.environ["DASHBOARD_TOKEN"])
    answer = ask(api, task) if "Ask" in task["body"] else ""
    time.sleep(random.uniform(0.0, 0.2))
    with open(diary, "a", encoding="ascii") as file:
        file.write(f"{task['id']} {answer}\n")
    print(f"done: {task['title']}")


def ask(api, task):
    question = {"text": f"Which one for {task['title']}?", "options": ["this", "that"]}
    asked = api.call("POST", f"/api/tasks/{task['id']}/questions", question)
    while True:
        for answered in api.all(f"/api/questions?task={task['id']}&state=answered"):
            if answered["id"] == asked["id"]:
                return answered["answer"]
        time.sleep(0.2)


def read(diary):
    """The tasks that were carried out, in their order, each with the answer that its command saw, or with nothing."""
    return [tuple(line.split(" ")) for line in diary.read_text().splitlines()]
