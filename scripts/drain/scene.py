"""The scene itself: a board, two workers, a person and a viewer, and the trouble that comes over them."""

import os
import pathlib
import secrets
import shutil
import socket
import sys
import tempfile
import time

from . import board, command, processes
from .api import Api
from .audit import Story
from .listener import Listener
from .person import ByApi, ByBrowser
from .viewer import Viewer

# A message that a server was killed over is sent again when that server's lease of it is over.
LAST_MESSAGES = 180
ENDED = ("succeeded", "failed", "cancelled", "interrupted", "running", "waiting")


class Scene:
    def __init__(self, options, command):
        self.options, self.command = options, command
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="dashboard-drain."))
        self.diary = self.home / "diary"
        token, address = secrets.token_hex(32), f"127.0.0.1:{free_port()}"
        self.api = Api(f"http://{address}", token)
        database = os.environ["TEST_DATABASE_URL"] if options.postgres else None
        self.server = processes.Server(self.home, address, token, database)
        self.listener, self.workers = Listener(), []
        self.viewer = Viewer(self.api.server, token)

    def play(self):
        """Plays it to its end, and answers what became of everything."""
        self.prepare()
        self.viewer.start()
        self.board = board.make(self.api, self.options.tasks, self.options.seed)
        person = ByBrowser(self.api, self.options.tasks) if self.options.browser else ByApi(self.api)
        self.start_workers()
        self.trouble()
        self.wait_for_the_last_message()
        self.answers, self.page = person.leave()
        for worker in self.workers[1:]:
            worker.terminate()
            worker.wait()
        return self.story()

    def prepare(self):
        self.api.call("POST", "/api/projects", {"slug": "drain"})
        channel = self.api.call("POST", "/api/channels", {"name": "drain", "target": self.listener.target()})
        self.api.call("PUT", f"/api/projects/drain/notifications/{channel['id']}", {"occasions": ["done"]})

    def start_workers(self):
        """With a token that may report and nothing else: an agent's, so that what only a person may do tells them apart."""
        new = {"name": "drain", "kind": "agent", "scopes": ["report"]}
        token = self.api.call("POST", "/api/tokens", new)["secret"]
        for number in (1, 2):
            run = [*self.command, self.diary]
            self.workers.append(processes.start_worker(self.home, number, self.api.server, token, run))

    def trouble(self):
        """Kills the server at even steps of the way, and a worker a third of it in."""
        tasks, kills, worker_lives = self.options.tasks, self.options.kills, True
        deadline = time.monotonic() + self.options.patience
        while (done := len(self.api.all("/api/tasks?project=drain&status=done"))) < tasks:
            if time.monotonic() > deadline:
                sys.exit(f"only {done} of {tasks} tasks were done in time; see {self.home}")
            if self.server.kills < kills and done >= tasks * (self.server.kills + 1) // (kills + 1):
                self.server.kill()
                print(f"  {done} done, server killed {self.server.kills} times")
            if worker_lives and done >= tasks // 3:
                processes.kill_worker(self.workers[0], with_what_it_runs=self.options.hard)
                worker_lives = False
                print(f"  {done} done, a worker killed")
            time.sleep(0.1)

    def wait_for_the_last_message(self):
        deadline = time.monotonic() + LAST_MESSAGES
        while self.api.all("/api/deliveries?state=pending") and time.monotonic() < deadline:
            time.sleep(0.1)

    def story(self):
        log = self.api.log()
        self.viewer.catch_up(log[-1]["seq"])
        return Story(
            board=self.board,
            log=log,
            tasks={task["id"]: task for task in self.api.all("/api/tasks?project=drain")},
            runs=[run for state in ENDED for run in self.api.all(f"/api/runs?project=drain&state={state}")],
            questions=self.api.all("/api/questions?project=drain"),
            deliveries=self.api.all("/api/deliveries?project=drain"),
            messages=list(self.listener.messages),
            diary=command.read(self.diary),
            answers=self.answers,
            viewer=self.viewer,
            page=self.page,
            kills_missing=self.options.kills - self.server.kills,
            may_repeat=self.options.hard,
        )

    def close(self, keep):
        processes.end_all(self.home, [*self.workers, self.server.process])
        if not keep:
            shutil.rmtree(self.home, ignore_errors=True)


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
