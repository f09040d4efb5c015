"""The server's API for one token. A server that is away is waited for."""

import json
import re
import secrets
import sys
import time
import urllib.error
import urllib.request

PAGE = 1000


class Api:
    def __init__(self, server, token, patience=120):
        self.server, self.token, self.patience = server, token, patience

    def call(self, method, path, body=None):
        return self.insist(method, path, body)[0]

    def all(self, path):
        """Every item of a list, page by page."""
        path += f"{'&' if '?' in path else '?'}limit={PAGE}"
        items = []
        while path:
            page, path = self.insist("GET", path, None)
            items.extend(page)
        return items

    def log(self):
        """Every event, from the first on."""
        events = []
        while page := self.call("GET", f"/api/events?after={events[-1]['seq'] if events else 0}&limit={PAGE}"):
            events.extend(page)
        return events

    def insist(self, method, path, body):
        """The answer and the path of the page after it, however often the server dies meanwhile."""
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
            following = re.search(r'<([^>]+)>; rel="next"', answer.headers.get("Link", ""))
            return json.load(answer), following and following[1].removeprefix(self.server)
