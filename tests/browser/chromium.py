"""A real Chromium without a window, driven through chromedriver by the WebDriver protocol.

https://www.w3.org/TR/webdriver2/ ; the few commands that the tests need are short enough to speak
it directly.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START_SECONDS = 20
COMMAND_SECONDS = 30
SCRIPT_MILLISECONDS = 15_000
STARTED = "started successfully on port "
# A name that an attacker owns and lets point to this machine (DNS rebinding). No other resolves:
# nothing that the browser does by itself leaves the machine.
EVIL = "evil.test"
NAMES = f"MAP {EVIL} 127.0.0.1,MAP * ~NOTFOUND,EXCLUDE 127.0.0.1,EXCLUDE localhost"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--host-resolver-rules={NAMES}",
)


@dataclass(frozen=True, slots=True)
class Browser:
    """One window; `session` is the URL of its WebDriver session."""

    session: str

    def open(self, url: str) -> None:
        """Go to `url` and wait until it is loaded."""
        _send("POST", f"{self.session}/url", {"url": url})

    def run(self, script: str, *arguments: object) -> Any:  # noqa: ANN401 - what JavaScript returns
        """Run the body of an async function in the page; return what it returns.

        `arguments` are its arguments; a failure in the page is an AssertionError.
        """
        wrapped = (
            "const done = arguments[arguments.length - 1];"
            f"(async function() {{ {script} }}).apply(null, arguments)"
            ".then((value) => done({value}), (error) => done({error: String(error)}))"
        )
        body = {"script": wrapped, "args": list(arguments)}
        told: dict[str, Any] = _send("POST", f"{self.session}/execute/async", body)
        assert "error" not in told, told["error"]
        return told.get("value")


@contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """Start Chromium with the fresh directory `profile` as its profile, until the block ends."""
    driver, binary = shutil.which("chromedriver"), shutil.which("chromium")
    assert driver, "chromedriver is not here; on Debian: apt-get install chromium-driver"
    assert binary, "chromium is not here; on Debian: apt-get install chromium"
    with subprocess.Popen(
        [driver, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            url = f"http://127.0.0.1:{_read_port(process)}"
            session = _open_session(url, binary, profile)
            try:
                yield Browser(session)
            finally:
                _send("DELETE", session)
        finally:
            process.terminate()


def _read_port(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    overdue = time.monotonic() + START_SECONDS
    for line in process.stdout:
        if STARTED in line:
            return int(line.partition(STARTED)[2].strip(" .\n"))
        assert time.monotonic() < overdue
    message = "chromedriver did not start"
    raise AssertionError(message)


def _open_session(url: str, binary: str, profile: Path) -> str:
    options = {"binary": binary, "args": [*FLAGS, f"--user-data-dir={profile}"]}
    wanted = {
        "goog:chromeOptions": options,
        "timeouts": {"script": SCRIPT_MILLISECONDS, "pageLoad": SCRIPT_MILLISECONDS},
    }
    told = _send("POST", f"{url}/session", {"capabilities": {"alwaysMatch": wanted}})
    return f"{url}/session/{told['sessionId']}"


def _send(method: str, url: str, body: object = None) -> Any:  # noqa: ANN401 - any JSON value
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, content, {"content-type": "application/json"})  # noqa: S310 - chromedriver's, on loopback
    request.method = method
    try:
        with urllib.request.urlopen(request, timeout=COMMAND_SECONDS) as answer:  # noqa: S310 - as above
            return json.load(answer)["value"]
    except urllib.error.HTTPError as error:
        message = f"{method} {url}: {error.read().decode()}"
        raise AssertionError(message) from None
