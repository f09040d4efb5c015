#!/usr/bin/env python3
"""Two workers drain a board while the server is killed again and again and one of them is killed, too.

    scripts/drain.py [--tasks 200] [--kills 6] [--seed N]              over a SQLite file
    scripts/postgres.sh run scripts/drain.py --postgres [...]          over PostgreSQL

The board has dependencies, review gates and questions; a person answers and approves: this script through the API, or with
`--browser` a browser by clicking in the inbox. At the end every task is done, exactly one of its runs came to its end, in the
order of the dependencies, the log of events tells of it once, and so does a signed webhook: what is sent again after a crash
carries the same id. DASHBOARDD and DASHCTL name the binaries. `--hard` kills the worker with everything that it runs, so
that its tasks come back when their leases run out.
"""

import argparse
import base64
import http.server
import json
import os
import pathlib
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

# Whole paths: the workers run in a directory of their own.
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", "target"), "debug").resolve()
SERVER = os.environ.get("DASHBOARDD", TARGET / "dashboardd")
CLIENT = os.environ.get("DASHCTL", TARGET / "dashctl")


class Api:
    """The server's API for one token. A server that is away is waited for."""

    def __init__(self, server, token, patience=120):
        self.server, self.token, self.patience = server, token, patience

    def call(self, method, path, body=None):
        # The same key for every try: what is sent again is done once.
        key = secrets.token_hex(16)
        deadline = time.monotonic() + self.patience
        while True:
            try:
                return self.once(method, path, body, key)
            except urllib.error.HTTPError as error:
                if error.code < 500:
                    raise RuntimeError(f"{method} {path}: {error.code} {error.read().decode()}") from error
            except (urllib.error.URLError, ConnectionError, TimeoutError, json.JSONDecodeError):
                pass
            if time.monotonic() > deadline:
                sys.exit(f"{method} {path}: the server does not come back")
            time.sleep(0.1)

    def once(self, method, path, body, key):
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if method != "GET":
            headers["Idempotency-Key"] = key
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.server + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def all(self, path):
        """Every item of a list, page by page."""
        items, separator = [], "&" if "?" in path else "?"
        page = self.call("GET", f"{path}{separator}limit=1000")
        items.extend(page)
        if len(page) == 1000:
            sys.exit(f"{path} is longer than this script reads")
        return items


def do_task(diary):
    """What a worker runs for a task: it asks where the task says so, and writes down that it came to its end."""
    task = json.loads(pathlib.Path(os.environ["DASHBOARD_TASK_FILE"]).read_text())
    task = task.get("task", task)
    api = Api(os.environ["DASHBOARD_SERVER"].rstrip("/"), os.environ["DASHBOARD_TOKEN"])
    path = f"/api/tasks/{task['id']}"
    if "asks" in task["title"]:
        asked = api.call("POST", f"{path}/questions", {"text": "Which one?", "options": ["this", "that"]})
        while is_open(api.call("GET", path), asked["id"]):
            time.sleep(0.2)
    time.sleep(random.uniform(0.0, 0.2))
    with open(diary, "a", encoding="ascii") as file:
        file.write(task["id"] + "\n")
    print(f"done: {task['title']}")


def is_open(detail, question):
    return any(one["id"] == question and not one["answer"] for one in detail["questions"])


class Listener(http.server.ThreadingHTTPServer):
    """Takes what is told, and remembers under which ids each task was."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Heard)
        self.told, self.messages = {}, 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def hear(self, message, body):
        task = json.loads(body)["data"]["event"]["task_id"]
        self.messages += 1
        self.told.setdefault(task, set()).add(message)


class Heard(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.hear(self.headers["webhook-id"], body)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


class Scene:
    def __init__(self, options):
        self.options = options
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="dashboard-drain."))
        self.diary = self.home / "diary"
        self.token = secrets.token_hex(32)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self.api = Api(f"http://{self.address}", self.token)
        self.server = None
        self.workers = []
        self.listener = Listener()
        self.is_over = threading.Event()

    def start_server(self):
        environment = {**os.environ, "DASHBOARD_ADMIN_TOKEN": self.token, "DASHBOARD_ALLOW_PRIVATE_ADDRESSES": "true"}
        if self.options.postgres:
            environment["DASHBOARD_DATABASE"] = os.environ["TEST_DATABASE_URL"]
        with open(self.home / "server.log", "ab") as log:
            command = [SERVER, "--listen", self.address, "--data", self.home / "data"]
            self.server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    def kill_server(self):
        self.server.kill()
        self.server.wait()
        self.start_server()

    def start_worker(self, number):
        environment = {**os.environ, "DASHBOARD_SERVER": self.api.server, "DASHBOARD_TOKEN": self.token}
        environment["XDG_STATE_HOME"] = str(self.home / "state")
        command = [CLIENT, "work", "--agent", "drain", "--name", f"worker-{number}", "--jobs", "3"]
        command += ["--workspaces", self.home / f"workspaces-{number}", "--root", self.home]
        command += ["--exec", sys.executable, pathlib.Path(__file__).resolve(), "--do", self.diary]
        with open(self.home / f"worker-{number}.log", "ab") as log:
            worker = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=self.home)
        self.workers.append(worker)

    def kill_worker(self):
        victims = [self.workers[0].pid]
        if self.options.hard:
            victims += below(self.workers[0].pid)
        for victim in victims:
            try:
                os.kill(victim, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.workers[0].wait()

    def make_board(self):
        chance = random.Random(self.options.seed)
        self.api.call("POST", "/api/projects", {"slug": "drain"})
        target = {"platform": "webhook", "url": f"http://127.0.0.1:{self.listener.server_port}/"}
        target["secret"] = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        channel = self.api.call("POST", "/api/channels", {"name": "drain", "target": target})
        rule = f"/api/projects/drain/notifications/{channel['id']}"
        self.api.call("PUT", rule, {"occasions": ["done"]})
        tasks, parents = [], {}
        for number in range(self.options.tasks):
            wanted = chance.sample(tasks[-12:], min(len(tasks[-12:]), chance.randrange(3)))
            asks = " asks" if number % 10 == 3 else ""
            new = {"project": "drain", "title": f"Task {number}{asks}", "parents": wanted, "max_retries": 10}
            new |= {"human_gate": number % 10 == 7, "priority": chance.randrange(3)}
            task = self.api.call("POST", "/api/tasks", new)
            task = task.get("task", task)
            tasks.append(task["id"])
            parents[task["id"]] = wanted
        return parents

    def be_the_person(self):
        """Answers what is asked and approves what is done, until all is over."""
        while not self.is_over.wait(0.2):
            for question in self.api.all("/api/questions?state=open"):
                self.insist("POST", f"/api/questions/{question['id']}/answer", {"answer": "this"})
            for task in self.api.all("/api/tasks?project=drain&status=review"):
                self.insist("POST", f"/api/tasks/{task['id']}/approve", {})

    def click(self):
        """The same in a browser."""
        environment = {**os.environ, "DASHBOARD_SERVER": self.api.server, "DASHBOARD_TOKEN": self.token, "PROJECT": "drain"}
        script = pathlib.Path(__file__).resolve().parent.parent / "ui/e2e/person.js"
        person = subprocess.Popen(["node", script], env=environment, stdin=subprocess.PIPE)
        self.is_over.wait()
        person.communicate()

    def wait_for_the_last_message(self, parents):
        deadline = time.monotonic() + 120
        while len(self.listener.told) < len(parents) and time.monotonic() < deadline:
            time.sleep(0.1)

    def insist(self, method, path, body):
        try:
            self.api.call(method, path, body)
        except RuntimeError as refused:
            # A task may have gone on between the look and the word.
            print(f"  refused: {refused}")

    def done(self):
        stats = self.api.all("/api/tasks?project=drain&status=done")
        return len(stats)

    def play(self):
        self.start_server()
        parents = self.make_board()
        for number in (1, 2):
            self.start_worker(number)
        be_the_person = self.click if self.options.browser else self.be_the_person
        person = threading.Thread(target=be_the_person, daemon=True)
        person.start()
        self.trouble()
        self.wait_for_the_last_message(parents)
        self.is_over.set()
        person.join()
        for worker in self.workers[1:]:
            worker.terminate()
            worker.wait()
        return self.audit(parents)

    def trouble(self):
        """Kills the server at even steps of the way, and a worker a third of it in."""
        tasks, kills, worker_lives, killed = self.options.tasks, self.options.kills, True, 0
        deadline = time.monotonic() + self.options.patience
        while (done := self.done()) < tasks:
            if time.monotonic() > deadline:
                sys.exit(f"only {done} of {tasks} tasks were done in time; see {self.home}")
            if killed < kills and done >= tasks * (killed + 1) // (kills + 1):
                self.kill_server()
                killed += 1
                print(f"  {done} done, server killed {killed} times")
            if worker_lives and done >= tasks // 3:
                self.kill_worker()
                worker_lives = False
                print(f"  {done} done, a worker killed")
            time.sleep(0.1)

    def audit(self, parents):
        faults = []
        tasks = {task["id"]: task for task in self.api.all("/api/tasks?project=drain")}
        runs = {}
        for state in ("succeeded", "failed", "cancelled", "interrupted", "running", "waiting"):
            for run in self.api.all(f"/api/runs?project=drain&state={state}"):
                runs.setdefault(run["task_id"], []).append(run)
        diary = self.diary.read_text().split()
        for task, waits_for in parents.items():
            completed = [run for run in runs[task] if run["outcome"] == "completed"]
            if tasks[task]["status"] != "done" or len(completed) != 1:
                faults.append(f"{tasks[task]['title']}: {tasks[task]['status']}, completed {len(completed)} times")
                continue
            if any(run["ended_at"] is None for run in runs[task]):
                faults.append(f"{tasks[task]['title']}: a run is open")
            if task not in diary or (diary.count(task) > 1 and not self.options.hard):
                faults.append(f"{tasks[task]['title']}: carried out {diary.count(task)} times")
            # A repeat may begin only after all that it waits for was done.
            if any(tasks[parent]["finished_at"] > completed[0]["started_at"] for parent in waits_for):
                faults.append(f"{tasks[task]['title']}: begun before what it waits for was done")
        faults += self.audit_events(parents)
        told = self.listener.told
        faults += [f"{task}: notified {len(told.get(task, ()))} times" for task in parents if len(told.get(task, ())) != 1]
        print(f"  notified of {len(told)} tasks in {self.listener.messages} messages")
        attempts = sum(len(some) for some in runs.values())
        print(f"  {len(parents)} tasks, {attempts} runs, {len(diary)} carried out, {len(faults)} faults")
        return faults

    def audit_events(self, parents):
        """The log has no gap, and says of every task once that it is done."""
        events, faults, done = [], [], {}
        while page := self.api.call("GET", f"/api/events?after={events[-1]['seq'] if events else 0}&limit=1000"):
            events.extend(page)
        if [event["seq"] for event in events] != list(range(events[0]["seq"], events[0]["seq"] + len(events))):
            faults.append("the log of events has a gap")
        for event in events:
            if (event.get("details") or {}).get("to") == "done" and event["task_id"] in parents:
                done[event["task_id"]] = done.get(event["task_id"], 0) + 1
        faults += [f"{task}: told {done.get(task, 0)} times that it is done" for task in parents if done.get(task) != 1]
        return faults

    def close(self, keep):
        for process in [*self.workers, self.server]:
            if process and process.poll() is None:
                process.kill()
                process.wait()
        # What a killed worker ran goes on without it.
        for left in mentioning(self.home):
            os.kill(left, signal.SIGKILL)
        if not keep:
            shutil.rmtree(self.home, ignore_errors=True)


def below(pid):
    """Every process that this one started, and those that they started."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            continue
        if int(fields[1]) == pid:
            found += [int(stat.parent.name), *below(int(stat.parent.name))]
    return found


def mentioning(path):
    """Every process whose command names this path."""
    found = []
    for command in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(path).encode() in command.read_bytes():
                found.append(int(command.parent.name))
        except OSError:
            continue
    return found


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--tasks", type=int, default=200)
    arguments.add_argument("--kills", type=int, default=6)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--patience", type=int, default=1200, help="seconds until it counts as stuck")
    arguments.add_argument("--postgres", action="store_true", help="over TEST_DATABASE_URL")
    arguments.add_argument("--browser", action="store_true", help="answer and approve by clicking, in Chromium")
    arguments.add_argument("--hard", action="store_true", help="kill the worker with everything that it runs")
    arguments.add_argument("--do", metavar="DIARY", help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.do:
        return do_task(options.do)
    began, faults = time.monotonic(), ["it did not come to its end"]
    print(f"{options.tasks} tasks, {options.kills} kills, {'PostgreSQL' if options.postgres else 'SQLite'}")
    scene = Scene(options)
    try:
        faults = scene.play()
    finally:
        scene.close(keep=bool(faults))
    for fault in faults:
        print(f"  {fault}", file=sys.stderr)
    print(f"  {time.monotonic() - began:.0f} s")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
