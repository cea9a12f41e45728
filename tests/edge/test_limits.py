"""Limits against abuse, on raw sockets: connections and bodies of one source, and failures."""

from __future__ import annotations

import ssl
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace as altered

import larum.edge.server
from larum.access import sigv4
from larum.access.sources import source_of
from larum.edge import asgi
from larum.edge.body_room import BodyRoom
from larum.edge.connection_room import ConnectionRoom, Place
from larum.edge.refusals import RefusedError
from larum.edge.server import Listen
from larum.edge.serving import listen
from larum.settings import load
from tests.access.front_door import GOOD, ROOT, front_door, on_the_wire
from tests.conformance.evidence import opened_case, put, upload_url
from tests.edge.larum_servers import boto3_client
from tests.edge.servers import QUICK, Connection, EchoService, echo_server

if TYPE_CHECKING:
    from pathlib import Path

    from larum.access.authorization import Scope

HOST = b"Host: larum.example\r\n"
GET = b"GET /v1/x HTTP/1.1\r\n" + HOST + b"\r\n"
LARGE = b"POST /large HTTP/1.1\r\n" + HOST + b"Content-Length: 300000\r\n\r\n"
FORBIDDEN, TOO_MANY, UNAVAILABLE, OK = 403, 429, 503, 200


# Connections.


def test_one_source_has_its_share_of_the_connections() -> None:
    """One more than its share is told 503 and closed; the others of it go on, and one may leave."""
    with echo_server(Listen(connections_per_source=2, deadlines=QUICK)) as server:
        with Connection(server.url) as first, Connection(server.url) as second:
            assert first.send(GET).answer().status == OK
            assert second.send(GET).answer().status == OK
            with Connection(server.url) as third:
                answer = third.answer()
                assert (answer.status, answer.headers["retry-after"]) == (UNAVAILABLE, "1")
                assert "one address" in answer.seen["message"]
                assert third.is_closed()
            assert first.send(GET).answer().status == OK
        time.sleep(0.1)
        with Connection(server.url) as fourth:
            assert fourth.send(GET).answer().status == OK


def test_a_trusted_proxy_has_the_connections_of_all() -> None:
    """Who forwards for others is one address and not one source."""
    given = Listen(connections_per_source=1, trusted_proxies=("127.0.0.1",), deadlines=QUICK)
    with (
        echo_server(given) as server,
        Connection(server.url) as first,
        Connection(server.url) as second,
    ):
        assert [each.send(GET).answer().status for each in (first, second)] == [OK, OK]


def test_a_flood_of_one_source_is_dropped_without_a_word() -> None:
    """Some are told, the rest cost nothing; when they are gone the source is let in again."""
    with echo_server(Listen(connections_per_source=2, deadlines=QUICK)) as server:
        flood = [Connection(server.url) for _ in range(40)]
        time.sleep(0.2)
        told = 0
        for each in flood[2:]:
            with each:
                if not each.is_closed():
                    told += 1
        for each in flood[:2]:
            each.socket.close()
        assert 0 < told <= 10
        time.sleep(0.2)
        with Connection(server.url) as last:
            assert last.send(GET).answer().status == OK


@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
def test_who_never_speaks_tls_is_counted_too(
    certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, loop: str
) -> None:
    """A connection counts before its handshake; a flood of silent ones is dropped at once."""
    if loop == "asyncio":
        monkeypatch.setattr(larum.edge.server, "_loop_factory", lambda: None)
    cert, key = certificate
    deadlines = altered(QUICK, header=3.0)
    given = Listen(tls_cert=cert, tls_key=key, connections_per_source=2, deadlines=deadlines)
    trust = ssl.create_default_context(cafile=str(cert))
    with echo_server(given) as server:
        flood = [Connection(server.url) for _ in range(30)]
        time.sleep(0.3)
        for each in flood:
            each.socket.settimeout(0.05)
        assert sum(each.is_closed() for each in flood) == 20
        for each in flood:
            each.socket.close()
        time.sleep(0.3)
        with Connection(server.url, tls=trust) as one, Connection(server.url, tls=trust) as two:
            assert [each.send(GET).answer().status for each in (one, two)] == [OK, OK]
            with Connection(server.url, tls=trust) as three:
                assert three.answer().status == UNAVAILABLE
        time.sleep(0.3)
        with Connection(server.url, tls=trust) as last:
            assert last.send(GET).answer().status == OK


def test_sources_are_forgotten_with_their_connections() -> None:
    """What counts them has an entry for each source that is there, and none for those that left."""
    room = ConnectionRoom(1_000, 2, ["10.0.0.0/8"])
    places = [room.enter(f"2001:db8::{number:x}") for number in range(12)]
    assert [place for _, place in places] == [
        *[Place.HELD] * 2,
        *[Place.FULL_OF_SOURCE] * 8,
        *[Place.DROPPED] * 2,
    ]
    assert room.enter("192.0.2.1")[1] is Place.HELD
    assert [room.enter("10.1.1.1")[1] for _ in range(20)] == [Place.HELD] * 20
    for source, _ in places:
        room.leave(source)
    assert set(room._held) == {"192.0.2.1", ""}
    assert len(room) == 21


def test_all_together_are_bounded_whatever_their_sources() -> None:
    """A thousand addresses with one connection each fill the server as one address would."""
    room = ConnectionRoom(16, 16)
    places = [room.enter(f"192.0.2.{number}")[1] for number in range(32)]
    assert [places.count(each) for each in (Place.HELD, Place.FULL, Place.DROPPED)] == [16, 8, 8]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::1%eth1", True),
        ("", "x" * 100, False),
    ],
)
def test_a_source_is_what_one_subscriber_has(one: str, other: str, *, same: bool) -> None:
    """An address of IPv4, or the /64 of IPv6; what is no address is cut and stays itself."""
    assert (source_of(one) == source_of(other)) is same
    assert len(source_of(other)) <= 64


def test_the_share_is_a_setting() -> None:
    """`larum serve` gives one address half of the connections, or what it is told."""
    assert listen(load({}, {})).connections_per_source == 512
    assert listen(load({"connections_per_source": "7"}, {})).connections_per_source == 7


# Bodies that nobody has signed yet.


def test_bodies_of_one_source_fill_its_room_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large bodies that do not end are bounded in sum; small ones and others still get in."""
    monkeypatch.setattr(asgi, "BodyRoom", lambda: BodyRoom(500_000, 500_000))
    service = EchoService()
    with echo_server(Listen(deadlines=altered(QUICK, body=3.0)), service) as server:
        with Connection(server.url) as held, Connection(server.url) as other:
            held.send(LARGE + b"a" * 290_000)
            time.sleep(0.2)
            other.send(LARGE + b"a" * 290_000)
            assert other.answer().status == UNAVAILABLE
            with Connection(server.url) as small:
                body = b"POST /v1/x HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nhello"
                assert small.send(body).answer().seen["body"] == "hello"
            assert len(held.send(b"a" * 10_000).answer().seen["body"]) == 300_000
        with Connection(server.url) as again:
            assert again.send(LARGE + b"a" * 300_000).answer().status == OK


def test_the_room_for_bodies_is_given_back() -> None:
    """Whatever ends a body, what it held is free: a refusal, an error or its end."""
    room = BodyRoom(200_000, 150_000)
    with room.holding("192.0.2.1") as one:
        one.grow(60_000)
        assert len(room) == 0
        one.grow(100_000)
        with pytest.raises(RefusedError), room.holding("192.0.2.1") as two:
            two.grow(100_000)
        with room.holding("192.0.2.2") as three:
            three.grow(90_000)
            with pytest.raises(RefusedError), room.holding("192.0.2.3") as four:
                four.grow(90_000)
        assert len(room) == 100_000
    assert len(room) == 0
    assert not room._held


# Failed authentications.


def counting(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows with each signature that is computed."""
    computed: list[str] = []
    real = sigv4._signature

    def counted(secret: str, scope: Scope, stamp: str, canonical: str) -> str:
        computed.append(stamp)
        return real(secret, scope, stamp, canonical)

    monkeypatch.setattr(sigv4, "_signature", counted)
    return computed


def test_who_fails_too_often_is_told_so_before_any_signature_is_computed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rule 11: twice the rate at once, then 429 with a whole number; another key goes on."""
    computed = counting(monkeypatch)
    wrong = on_the_wire(replace(GOOD, key=altered(ROOT, secret_access_key="x" * 40)))
    with front_door(failed_authentications=5.0) as door:
        statuses = [door.send(wrong).status for _ in range(30)]
        refused = door.told[-1]
        assert statuses.count(FORBIDDEN) in range(10, 14)
        assert set(statuses) == {FORBIDDEN, TOO_MANY}
        assert len(computed) == statuses.count(FORBIDDEN)
        assert refused.headers["x-amzn-errortype"] == "ThrottlingException"
        assert refused.headers["retry-after"].isdigit()
        other = door.service.installation.root_access_key("210000000001", door.service.now)
        assert door.send(replace(GOOD, key=other)).status != TOO_MANY
        assert all(call.caller.account == "210000000001" for call in door.service.passed)


def test_who_takes_another_id_for_each_guess_is_slowed_down_too() -> None:
    """All failures of one address have a bound too, which locks out nobody who got in from it."""
    with front_door(failed_authentications=1.0) as door:
        assert door.send(GOOD).status == OK
        guesses = [replace(GOOD, access_key_id=f"LARUGUESS{number:011d}") for number in range(40)]
        statuses = [door.send(each).status for each in guesses]
        assert statuses[:20] == [FORBIDDEN] * 20
        assert TOO_MANY in statuses[20:]
        assert door.send(guesses[0]).status == TOO_MANY
        assert door.send(GOOD).status == OK


def test_who_guesses_urls_is_slowed_down() -> None:
    """A signed URL is a way to authenticate: too many that open nothing are 429, good ones work."""
    with front_door(failed_authentications=2.0) as door:
        client = boto3_client(door.url, ROOT)
        case = opened_case(client)
        url = upload_url(client, case, "a.txt", 5)
        client.close()
        guess = url.replace(ROOT.access_key_id, "LARUGUESS00000000000")
        statuses = [put(guess, b"hello").status for _ in range(12)]
        assert statuses[:4] == [FORBIDDEN] * 4
        assert statuses[-1] == TOO_MANY
        assert put(url, b"hello").status == OK
