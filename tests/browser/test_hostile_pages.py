"""A page of somebody else, in a browser on the machine of a `larum serve --auth relaxed`.

Relaxed mode believes any Authorization header, so only the browser's rules and what the server says
to them stand between a page and the data. Each defence here was seen to matter: the attacks succeed
against a server that is open (`test_the_attacks_are_real`, `--allowed-host`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.attacker import ACCOUNT, CREATE, FETCHES, FORMS, SIGNED, fetch, submit
from tests.browser.attacker import hostile_site as hostile_site_
from tests.browser.chromium import EVIL, Browser, chromium
from tests.interop.running import Running, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.browser.attacker import Site

HOSTS = ("127.0.0.1", EVIL)
READ = """
const answer = await fetch(arguments[0], arguments[1] || {});
return {status: answer.status, headers: Object.fromEntries(answer.headers)};
"""
EMBED = """
const tag = Object.assign(document.createElement(arguments[0]), {src: arguments[1]});
const outcome = new Promise((done) => {
  tag.onload = () => done("loaded");
  tag.onerror = () => done("refused");
});
document.body.append(tag);
return await outcome;
"""
SHOWN = "return {kind: document.contentType, text: document.body.innerText, title: document.title};"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Give one Chromium for all tests of this file."""
    with chromium(tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Give the attacker's site."""
    with hostile_site_() as started:
        yield started


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    """Give a server in relaxed mode with an empty store."""
    with running(tmp_path / "data", "--auth", "relaxed") as started:
        yield started


def memberships(server: Running) -> list[str]:
    """Return the names of the account's memberships, read as its root."""
    with server.client(aws_access_key_id=ACCOUNT, aws_secret_access_key="any") as client:
        found = [item["membershipId"] for item in client.list_memberships()["items"]]
        return [client.get_membership(membershipId=each)["membershipName"] for each in found]


def port(server: Running) -> str:
    """Return the port that the server listens on."""
    return server.url.rpartition(":")[2]


@pytest.mark.parametrize("host", HOSTS)
def test_the_attacks_are_real(host: str, browser: Browser, site: Site) -> None:
    """Against a server that allows everything, each attempt arrives and its answer can be read."""
    browser.open(site.page(host))
    other_origin = site.page("localhost").rstrip("/")
    for path, options, asks in FETCHES.values():
        before = len(site.posted), len(site.asked)
        seen = fetch(browser, other_origin + path, options)
        assert (len(site.posted), len(site.asked)) == (before[0] + 1, before[1] + asks)
        assert seen["body"] == ("" if options.get("mode") == "no-cors" else "open to all")
    assert any(signed for _, _, signed in site.posted)
    for enctype in FORMS:
        submit(browser, other_origin + CREATE, enctype)
        assert site.posted[-1][1] == enctype


@pytest.mark.parametrize("attempt", FETCHES)
def test_a_page_of_another_origin_creates_and_reads_nothing(
    attempt: str, browser: Browser, site: Site, server: Running
) -> None:
    """No fetch from a page makes a membership, and the page learns nothing from the answer."""
    path, options, _ = FETCHES[attempt]
    for host in HOSTS:
        browser.open(site.page(host))
        seen = fetch(browser, server.url + path, options)
        assert seen["type"] in {"error", "opaque"}
        assert (seen["status"], seen["body"]) == (0, "")
    assert memberships(server) == []


@pytest.mark.parametrize("enctype", FORMS)
def test_a_form_creates_nothing(
    enctype: str, browser: Browser, site: Site, server: Running
) -> None:
    """No form makes a membership, even one whose text/plain body is whole JSON."""
    browser.open(site.page())
    assert submit(browser, server.url + CREATE, enctype) == ""
    assert memberships(server) == []


def test_answers_are_no_script_image_or_style(
    browser: Browser, site: Site, server: Running
) -> None:
    """A page cannot load an answer as anything that it could look into."""
    browser.open(site.page())
    for tag in ("script", "img"):
        for path in ("/healthz", "/readyz", CREATE):
            assert browser.run(EMBED, tag, server.url + path) == "refused"


def rebound(browser: Browser, server: Running) -> dict[str, Any]:
    """Create a membership from a page of the server's own origin under the attacker's name."""
    origin = f"http://{EVIL}:{port(server)}"
    browser.open(f"{origin}/healthz")
    return fetch(browser, origin + CREATE, {"headers": SIGNED})


def test_a_name_that_points_here_is_refused(browser: Browser, server: Running) -> None:
    """DNS rebinding gets a page the server's origin, but no answer: its Host is not allowed."""
    seen = rebound(browser, server)
    assert seen["status"] == 400
    assert "Host" in json.loads(seen["body"])["message"]
    assert memberships(server) == []


def test_only_the_host_check_stops_rebinding(browser: Browser, tmp_path: Path) -> None:
    """With that name allowed the same request succeeds: the test above could fail."""
    with running(tmp_path / "data", "--auth", "relaxed", "--allowed-host", EVIL) as server:
        assert rebound(browser, server)["status"] == 201
        assert memberships(server) == ["Planted"]


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/readyz", CREATE, "/v1/memberships", "/favicon.ico", "/console"]
)
def test_a_person_who_looks_sees_json(path: str, browser: Browser, server: Running) -> None:
    """Whatever address is opened, the browser shows JSON and never a page."""
    browser.open(server.url + path)
    shown = browser.run(SHOWN)
    assert shown["kind"] == "application/json"
    assert isinstance(json.loads(shown["text"]), dict)


def test_what_an_address_says_is_not_run(browser: Browser, server: Running) -> None:
    """Mark-up in an address stays text in the answer, if it comes back at all."""
    payload = "%3Cimg%20src=x%20onerror=document.title='run'%3E"
    for path in (
        f"/v1/membership/{payload}",
        f"/{payload}",
        f"/v1/tags/{payload}?tagKeys={payload}",
    ):
        browser.open(server.url + path)
        shown = browser.run(SHOWN)
        assert (shown["kind"], shown["title"]) == ("application/json", "")


@pytest.mark.parametrize(
    ("path", "options", "status"),
    [
        ("/healthz", {}, 200),
        ("/readyz", {}, 200),
        ("/", {}, 403),
        ("/v1/memberships", {"method": "POST", "headers": SIGNED, "body": "{}"}, 200),
        ("/v1/nothing", {"headers": SIGNED}, 404),
        (CREATE, {"method": "POST", "headers": SIGNED, "body": "{}"}, 400),
    ],
)
def test_every_answer_protects_itself(
    path: str, options: dict[str, Any], status: int, browser: Browser, server: Running
) -> None:
    """Every answer says that its type is meant and nobody keeps it, and lets no origin read it."""
    browser.open(f"{server.url}/healthz")
    seen = browser.run(READ, server.url + path, options)
    assert seen["status"] == status
    assert seen["headers"]["content-type"] == "application/json"
    assert seen["headers"]["x-content-type-options"] == "nosniff"
    assert seen["headers"]["cache-control"] == "no-store"
    assert not [name for name in seen["headers"] if name.startswith("access-control-")]
