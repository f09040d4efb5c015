"""The person who answers what is asked and approves what is done, until all is over: through the API, or by clicking."""

import json
import os
import pathlib
import random
import subprocess
import threading

BROWSER = pathlib.Path(__file__).resolve().parents[2] / "ui/e2e/person.js"


class ByApi(threading.Thread):
    def __init__(self, api):
        super().__init__(daemon=True)
        self.api, self.answers, self.is_over = api, {}, threading.Event()
        self.start()

    def run(self):
        while not self.is_over.wait(0.2):
            for question in self.api.all("/api/questions?state=open"):
                answer = self.answers.setdefault(question["text"], random.choice(question["options"]))
                self.say(f"/api/questions/{question['id']}/answer", {"answer": answer})
            for task in self.api.all("/api/tasks?project=drain&status=review"):
                self.say(f"/api/tasks/{task['id']}/approve", {})

    def say(self, path, body):
        try:
            self.api.call("POST", path, body)
        except RuntimeError as refused:
            # A task may have gone on between the look and the word.
            print(f"  refused: {refused}")

    def leave(self):
        """The answers that were given, and what was seen on a page: there was none."""
        self.is_over.set()
        self.join()
        return self.answers, None


class ByBrowser:
    """Opens inbox and board once and for all; answers once they are open."""

    def __init__(self, api, tasks):
        environment = {**os.environ, "DASHBOARD_SERVER": api.server, "DASHBOARD_TOKEN": api.token}
        environment |= {"PROJECT": "drain", "TASKS": str(tasks)}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(["node", BROWSER], env=environment, **pipes)
        if self.process.stdout.readline() != "open\n":
            raise RuntimeError("the browser does not open the board")

    def leave(self):
        seen = json.loads(self.process.communicate()[0])
        print(f"  in the browser: {len(seen['answers'])} questions answered, {seen['approved']} results approved")
        return seen.pop("answers"), seen
