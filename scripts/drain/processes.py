"""The server and the workers as processes: started, killed and, whatever came of them, gone at the end."""

import os
import pathlib
import signal
import subprocess
import sys

# Whole paths: the workers run in a directory of their own.
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", "target"), "debug").resolve()
SERVER = os.environ.get("DASHBOARDD", TARGET / "dashboardd")
CLIENT = os.environ.get("DASHCTL", TARGET / "dashctl")


class Server:
    def __init__(self, home, address, token, database):
        self.home, self.address, self.kills = home, address, 0
        self.environment = {**os.environ, "DASHBOARD_ADMIN_TOKEN": token, "DASHBOARD_ALLOW_PRIVATE_ADDRESSES": "true"}
        if database:
            self.environment["DASHBOARD_DATABASE"] = database
        self.start()

    def start(self):
        command = [SERVER, "--listen", self.address, "--data", self.home / "data"]
        self.process = spawn(command, self.environment, self.home, "server")

    def kill(self):
        end(self.process)
        self.kills += 1
        self.start()


def start_worker(home, number, server, token, command):
    """Starts a worker with three hands."""
    environment = {**os.environ, "DASHBOARD_SERVER": server, "DASHBOARD_TOKEN": token}
    environment["XDG_STATE_HOME"] = str(home / "state")
    name = f"worker-{number}"
    words = [CLIENT, "work", "--agent", "drain", "--name", name, "--jobs", "3"]
    words += ["--workspaces", home / f"workspaces-{number}", "--root", home]
    return spawn([*words, "--exec", sys.executable, *command], environment, home, name)


def spawn(command, environment, home, name):
    with open(home / f"{name}.log", "ab") as log:
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=home)


def kill_worker(worker, with_what_it_runs):
    victims = [worker.pid, *(below(worker.pid) if with_what_it_runs else [])]
    for victim in victims:
        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            pass
    worker.wait()


def end(process):
    if process.poll() is None:
        process.kill()
        process.wait()


def end_all(home, processes):
    """Those that were started here, and what a killed worker ran: that goes on without it."""
    for process in processes:
        end(process)
    for left in mentioning(home):
        os.kill(left, signal.SIGKILL)


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
