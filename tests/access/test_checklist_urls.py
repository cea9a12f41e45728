"""Items 30 to 33, 35 and 36 of reliability-and-security §10 B: signed URLs, byte for byte.

Each id begins with its item's number. The others are in `tests/edge/test_transfers.py`: 34
(lengths, chunks, a second upload, a closed case), 37 (a download's headers) and 38 (ranges).
"""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest

from larum.store import access_keys
from tests.access.front_door import FROZEN, ROOT, front_door
from tests.conformance.evidence import (
    attachments,
    download_url,
    opened_case,
    put,
    upload_url,
    uploaded,
)
from tests.edge.larum_servers import ADMINISTRATOR, boto3_client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mypy_boto3_security_ir import SecurityIncidentResponseClient

    from tests.access.front_door import FrontDoor
    from tests.edge.servers import Answer

FORBIDDEN = 403
OK = 200


@dataclass(frozen=True)
class Urls:
    """An open case with an upload URL that nobody has used, and a download URL of other bytes."""

    door: FrontDoor
    client: SecurityIncidentResponseClient
    case: str
    upload: str
    download: str

    def ask(self, method: str, url: str, *lines: str, host: str | None = None) -> Answer:
        """Send `method` for `url`: an upload of five bytes, or a download."""
        parts = urlsplit(url)
        head = [f"{method} {parts.path}?{parts.query} HTTP/1.1", f"Host: {host or parts.netloc}"]
        body = b"hello" if method == "PUT" else b""
        length = ["Content-Length: 5"] if method == "PUT" else []
        raw = "\r\n".join([*head, *length, *lines, "", ""]).encode("latin-1") + body
        return self.door.send(raw)


@pytest.fixture(scope="module")
def urls() -> Iterator[Urls]:
    """One server for all: what it refuses changes nothing in it."""
    with front_door() as door, closing(boto3_client(door.url, ROOT)) as client:
        case = opened_case(client)
        made = uploaded(client, case, "there.txt", b"hello")
        yield Urls(
            door,
            client,
            case,
            upload_url(client, case, "wanted.txt", 5),
            download_url(client, case, made),
        )


def with_value(name: str, value: str) -> Callable[[str], str]:
    """Return a change of a URL: another value of one parameter."""

    def changed(url: str) -> str:
        base, _, query = url.partition("?")
        pairs = [each.partition("=") for each in query.split("&")]
        assert name in {each[0] for each in pairs}
        given = [(key, value if key == name else old) for key, _, old in pairs]
        return base + "?" + "&".join(f"{key}={each}" for key, each in given)

    return changed


def without(name: str) -> Callable[[str], str]:
    """Return a change of a URL: one parameter less."""

    def changed(url: str) -> str:
        base, _, query = url.partition("?")
        kept = [each for each in query.split("&") if not each.startswith(name + "=")]
        assert len(kept) < query.count("&") + 1
        return base + "?" + "&".join(kept)

    return changed


def twice(name: str) -> Callable[[str], str]:
    """Return a change of a URL: one parameter, as it is, once more."""

    def changed(url: str) -> str:
        query = url.partition("?")[2]
        return url + "&" + next(each for each in query.split("&") if each.startswith(name + "="))

    return changed


def other_signature(url: str) -> str:
    """Return the URL with the last digit of its signature changed."""
    return url[:-1] + ("0" if url[-1] != "0" else "1")


def other_key(url: str) -> str:
    """Return the URL of other bytes."""
    path = urlsplit(url).path
    return url.replace(path, path[:-1] + ("0" if path[-1] != "0" else "1"))


PARAMETERS = ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature")
EXPIRES = ("0", "-1", "3601", "604801", "1e3", quote("٣٦٠٠"), "", "%2B1", "1.0", "03600", "3600%20")
OTHER_DAY = f"{FROZEN - timedelta(days=1):%Y%m%d}"
FUTURE = f"{FROZEN + timedelta(minutes=6):%Y%m%dT%H%M%SZ}"
CHANGES: dict[str, Callable[[str], str]] = {
    "B30-signature": other_signature,
    "B30-signature-empty": with_value("X-Amz-Signature", ""),
    "B30-signature-zeros": with_value("X-Amz-Signature", "0" * 64),
    "B30-key-of-the-bytes": other_key,
    "B30-credential": with_value("X-Amz-Credential", "x%2F20261122%2Fus-east-1%2Fblobs%2Faws4"),
    "B30-date": with_value("X-Amz-Date", f"{FROZEN - timedelta(seconds=1):%Y%m%dT%H%M%SZ}"),
    "B30-signed-headers": with_value("X-Amz-SignedHeaders", "x"),
    "B30-algorithm": with_value("X-Amz-Algorithm", "AWS4-ECDSA-P256-SHA256"),
    "B30-path-not-in-form": lambda url: url.replace("/blobs/", "/blobs/x"),
    "B30-path-with-dots": lambda url: url.replace("/blobs/", "/blobs/../blobs/"),
    "B30-path-encoded": lambda url: url.replace("/blobs/", "/blob%73/"),
    **{f"B31-expires-{each or 'empty'}": with_value("X-Amz-Expires", each) for each in EXPIRES},
    **{f"B31-{each}-missing": without(f"X-Amz-{each}") for each in PARAMETERS},
    **{f"B31-{each}-twice": twice(f"X-Amz-{each}") for each in PARAMETERS},
    "B32-future": with_value("X-Amz-Date", FUTURE),
    "B32-year-9999": with_value("X-Amz-Date", "99991231T235959Z"),
    "B33-query-added": lambda url: url + "&x-id=PutObject",
    "B33-amazon-query-added": lambda url: url + "&X-Amz-Security-Token=x",
    "B33-empty-query-added": lambda url: url + "&",
    "B33-disposition-twice": lambda url: url + "&response-content-disposition=inline",
}


@pytest.mark.parametrize("item", CHANGES)
def test_a_changed_url_opens_nothing(urls: Urls, item: str) -> None:
    """Neither uploads nor downloads; the refusal has the error's form and tells nothing."""
    for method, url in (("PUT", urls.upload), ("GET", urls.download)):
        changed = CHANGES[item](url)
        assert changed != url
        answer = urls.ask(method, changed)
        assert answer.status in {400, FORBIDDEN, 404}
        assert set(answer.seen) == {"message"}
        assert url.rpartition("=")[2].encode() not in answer.body
    status = attachments(urls.client, urls.case)["wanted.txt"]["attachmentStatus"]
    assert status == "Pending"


HEADERS: dict[str, str] = {
    "B33-acl": "x-amz-acl: public-read",
    "B33-hash": "x-amz-content-sha256: UNSIGNED-PAYLOAD",
    "B33-checksum": "x-amz-checksum-sha256: AAAA",
    "B33-token": "x-amz-security-token: x",
    "B33-upper-case": "X-AMZ-Meta-A: b",
    "B33-authorization-beside": "Authorization: AWS4-HMAC-SHA256 Credential=x",
}


@pytest.mark.parametrize("item", HEADERS)
def test_a_header_beside_the_signature_is_refused(urls: Urls, item: str) -> None:
    """B33: what the signature does not cover is not obeyed and not ignored either."""
    for method, url in (("PUT", urls.upload), ("GET", urls.download)):
        assert urls.ask(method, url, HEADERS[item]).status == FORBIDDEN


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost:1"])
def test_b30_another_host_opens_nothing(urls: Urls, host: str) -> None:
    """B30: the Host that was signed is the Host that must arrive."""
    for method, url in (("PUT", urls.upload), ("GET", urls.download)):
        assert urls.ask(method, url, host=host).status == FORBIDDEN
        assert urls.ask(
            method, url, "X-Forwarded-Host: " + urlsplit(url).netloc, host=host
        ).status == (FORBIDDEN)


def test_b35_each_url_has_one_use(urls: Urls) -> None:
    """B30, B35: an upload URL gives no bytes, a download URL takes none, by any method."""
    for url, methods in (
        (urls.upload, ("GET", "POST", "DELETE", "PATCH", "OPTIONS")),
        (urls.download, ("PUT", "POST", "DELETE", "PATCH", "OPTIONS")),
    ):
        for method in methods:
            assert urls.ask(method, url).status == FORBIDDEN, method


def test_b36_one_case_s_url_is_nothing_to_another(urls: Urls) -> None:
    """B36: the bytes of one case under the signature of another's URL are not given."""
    other = opened_case(urls.client)
    made = uploaded(urls.client, other, "other.txt", b"other")
    theirs = download_url(urls.client, other, made)
    mixed = urls.download.replace(urlsplit(urls.download).path, urlsplit(theirs).path)
    assert urls.ask("GET", mixed).status == FORBIDDEN
    assert urls.ask("GET", theirs).body == b"other"


def test_what_was_changed_works_unchanged(urls: Urls) -> None:
    """The two URLs that all refusals were made of are good, so each refusal was of its change."""
    assert urls.ask("GET", urls.download).body == b"hello"
    fresh = upload_url(urls.client, urls.case, "fresh.txt", 5)
    assert urls.ask("PUT", fresh).status == OK


def test_g17_urls_end_with_their_second_and_their_key() -> None:
    """G17, B36: good at expiry, not a second later; and not a second after the key is disabled."""
    with front_door() as door, closing(boto3_client(door.url, ROOT)) as client:
        case = opened_case(client)
        url = download_url(client, case, uploaded(client, case, "a", b"hello"))
        waiting = upload_url(client, case, "b", 5)
        urls = Urls(door, client, case, waiting, url)
        for seconds, status in ((3599, OK), (3600, OK), (3601, FORBIDDEN)):
            door.service.now = FROZEN + timedelta(seconds=seconds)
            assert urls.ask("GET", url).status == status
        door.service.now = FROZEN
        arn = ROOT.principal.arn
        door.service.engine.write(lambda tx: access_keys.deactivate_all(tx, ADMINISTRATOR, arn))
        # What another process does to a key is noticed a second later at the latest.
        time.sleep(1.05)
        assert urls.ask("GET", url).status == FORBIDDEN
        assert put(waiting, b"hello").status == FORBIDDEN
