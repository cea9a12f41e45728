"""What a hostile page tries against a server on the same machine, and the site that it comes from.

A browser sends some requests to any server without asking it: those that a form could send. For the
others it asks first (a CORS preflight), unless the page is of the server's own origin, which a page
under a name that points to this machine can be (DNS rebinding).
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.chromium import Browser

ACCOUNT = "123456789012"
SCOPE = f"{ACCOUNT}/20261122/us-east-1/security-ir/aws4_request"
# Relaxed mode checks no signature, so that anybody can write a header that it believes.
FORGED = f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
DATE = "20261122T120000Z"
IN_QUERY = (
    "?X-Amz-Algorithm=AWS4-HMAC-SHA256"
    f"&X-Amz-Credential={SCOPE.replace('/', '%2F')}&X-Amz-Date={DATE}"
    f"&X-Amz-Expires=600&X-Amz-SignedHeaders=host&X-Amz-Signature={'0' * 64}"
)
CREATE = "/v1/membership"
BODY = json.dumps(
    {
        "membershipName": "Planted",
        "incidentResponseTeam": [
            {"name": "Eve", "jobTitle": "Nobody", "email": "eve@evil.test"},
            {"name": "Mallory", "jobTitle": "Nobody", "email": "mallory@evil.test"},
        ],
    }
)
PLAIN = {"content-type": "text/plain"}
SIGNED = {"content-type": "application/json", "x-amz-date": DATE, "authorization": FORGED}

# name: path and query, what fetch() is told, whether the browser asks the server first.
FETCHES: dict[str, tuple[str, dict[str, Any], bool]] = {
    "as text": (CREATE, {"headers": PLAIN}, False),
    "as text, blindly": (CREATE, {"headers": PLAIN, "mode": "no-cors"}, False),
    "signed in the query": (CREATE + IN_QUERY, {"headers": PLAIN}, False),
    "with cookies": (CREATE, {"headers": PLAIN, "credentials": "include"}, False),
    "as JSON": (CREATE, {"headers": {"content-type": "application/json"}}, True),
    "signed": (CREATE, {"headers": SIGNED}, True),
}
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")

_FETCH = """
const [url, options] = arguments;
try {
  const answer = await fetch(url, {method: "POST", ...options});
  return {type: answer.type, status: answer.status, body: await answer.text()};
} catch (error) {
  return {type: "error", status: 0, body: ""};
}
"""
# A form has no body of its own; as text/plain, a name and a value around the = make one.
_FORM = """
const [url, enctype, body] = arguments;
const frame = Object.assign(document.createElement("iframe"), {name: "answer"});
const form = Object.assign(document.createElement("form"),
  {method: "POST", action: url, enctype, target: "answer"});
const [name, value] = [body.slice(0, -1) + ', "x": "', '"}'];
form.append(Object.assign(document.createElement("input"), {name, value}));
document.body.append(frame, form);
const loaded = new Promise((done) => { frame.onload = done; });
form.submit();
await loaded;
let text = "";
try { text = frame.contentDocument ? frame.contentDocument.body.innerText : ""; } catch (error) {}
frame.remove();
form.remove();
return text;
"""


@dataclass
class Site:
    """An attacker's server, also an example of one that allows everything; notes what it gets."""

    port: int
    asked: list[str] = field(default_factory=list)
    posted: list[tuple[str, str, bool]] = field(default_factory=list)

    def page(self, host: str = "127.0.0.1") -> str:
        """Return the address of the hostile page under that name."""
        return f"http://{host}:{self.port}/"


def fetch(browser: Browser, url: str, options: dict[str, Any]) -> dict[str, Any]:
    """POST from the page that the browser shows; return the type, status and body that it sees."""
    seen: dict[str, Any] = browser.run(_FETCH, url, {"body": BODY, **options})
    return seen


def submit(browser: Browser, url: str, enctype: str) -> str:
    """Submit a form from the page that the browser shows; return what it can read of the answer."""
    readable: str = browser.run(_FORM, url, enctype, BODY)
    return readable


@contextmanager
def hostile_site() -> Iterator[Site]:
    """Serve the hostile page, and take every request of every other page."""

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Show an empty page, in which the tests run their scripts."""
            self._answer("text/html", b"<!doctype html><title>free prizes</title><body>")

        def do_OPTIONS(self) -> None:
            """Allow everything."""
            site.asked.append(self.path)
            self._answer("text/plain", b"")

        def do_POST(self) -> None:
            """Note what came; let anybody read the answer."""
            self.rfile.read(int(self.headers["content-length"]))
            kind = self.headers["content-type"].partition(";")[0]
            site.posted.append((self.path, kind, "authorization" in self.headers))
            self._answer("text/plain", b"open to all")

        def _answer(self, kind: str, content: bytes) -> None:
            self.send_response_only(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(content)))
            self.send_header("access-control-allow-origin", self.headers.get("origin", "*"))
            self.send_header("access-control-allow-credentials", "true")
            self.send_header("access-control-allow-headers", ", ".join(SIGNED))
            self.send_header("access-control-max-age", "0")
            self.end_headers()
            self.wfile.write(content)

    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        site = Site(server.server_port)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()
