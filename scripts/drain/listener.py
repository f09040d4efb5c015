"""A webhook's receiver: takes every message, and looks whether it is signed as Standard Webhooks says."""

import base64
import hmac
import http.server
import json
import secrets
import threading
import time
from typing import NamedTuple

# Seconds that a message may have been on its way.
FRESH = 300


class Message(NamedTuple):
    id: str
    body: bytes
    is_signed: bool

    def data(self):
        return json.loads(self.body)["data"]


class Listener(http.server.ThreadingHTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Heard)
        self.key, self.messages = secrets.token_bytes(32), []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def target(self):
        """What a channel must know to reach it."""
        secret = "whsec_" + base64.b64encode(self.key).decode()
        return {"platform": "webhook", "url": f"http://127.0.0.1:{self.server_port}/", "secret": secret}

    def hear(self, headers, body):
        self.messages.append(Message(headers["webhook-id"], body, is_signed(self.key, headers, body)))


def is_signed(key, headers, body):
    sent = headers["webhook-timestamp"]
    content = f"{headers['webhook-id']}.{sent}.".encode() + body
    wanted = "v1," + base64.b64encode(hmac.digest(key, content, "sha256")).decode()
    good = any(hmac.compare_digest(wanted, one) for one in headers["webhook-signature"].split())
    return good and abs(time.time() - int(sent)) < FRESH


class Heard(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.hear(self.headers, body)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass
