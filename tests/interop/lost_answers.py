"""A proxy that loses the first answer: what a retrying client meets when a connection breaks."""

from __future__ import annotations

import http.client
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class LostAnswers:
    """The proxy's address, and the clientToken and the status of each request it passed on."""

    url: str
    tokens: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)


@contextmanager
def losing_the_first_answer(upstream: str) -> Iterator[LostAnswers]:
    """Pass requests on to `upstream` untouched; drop the connection instead of the first answer."""

    class Proxy(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """Pass on; the server has answered, and committed, before the connection breaks."""
            body = self.rfile.read(int(self.headers["content-length"]))
            seen.tokens.append(json.loads(body)["clientToken"])
            first = not seen.statuses
            connection = http.client.HTTPConnection(urlsplit(upstream).netloc, timeout=10)
            connection.putrequest("POST", self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            seen.statuses.append(answer.status)
            content = answer.read()
            connection.close()
            if first:
                self.close_connection = True
                return
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        seen = LostAnswers(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield seen
        finally:
            server.shutdown()
            thread.join()
