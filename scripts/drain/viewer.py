"""Somebody who watches all events live, and goes on behind the last one whenever the server was away."""

import http.client
import json
import threading
import time
import urllib.request

# Longer than the stream is ever silent.
SILENCE = 30


class Viewer(threading.Thread):
    def __init__(self, server, token):
        super().__init__(daemon=True)
        self.server, self.token = server, token
        self.events, self.delays, self.gaps = [], [], []
        self.epoch, self.connections = None, 0
        self.is_over = threading.Event()

    def run(self):
        while not self.is_over.wait(0.1):
            try:
                self.watch()
            except (OSError, http.client.HTTPException):
                # The server is away, or died in the middle of a word.
                pass

    def watch(self):
        path = f"/api/events/stream?since={self.cursor()}"
        path += f"&epoch={self.epoch}" if self.epoch else ""
        request = urllib.request.Request(self.server + path, headers={"Authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(request, timeout=SILENCE) as answer:
            for frame in frames(answer):
                self.see(frame)

    def see(self, frame):
        match frame["event_type"]:
            case "stream_hello":
                self.epoch = self.epoch or frame["epoch"]
                self.connections += 1
            case "stream_gap":
                self.gaps.append(frame)
            case control if control.startswith("stream_"):
                pass
            case _:
                self.events.append(frame)
                self.delays.append((frame["created_at"], time.time()))

    def cursor(self):
        return self.events[-1]["seq"] if self.events else 0

    def catch_up(self, head, patience=30):
        """Waits for the last event of the log, in vain if it is never told."""
        deadline = time.monotonic() + patience
        while self.cursor() < head and time.monotonic() < deadline:
            time.sleep(0.1)
        self.is_over.set()


def frames(answer):
    """What is said, frame by frame. One that a kill has cut off is none: it comes again, whole."""
    said = b""
    for line in answer:
        if line.startswith(b"data: "):
            said = line.removeprefix(b"data: ")
        elif line == b"\n" and said:
            yield json.loads(said)
            said = b""
