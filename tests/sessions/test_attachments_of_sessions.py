"""Attachments by temporary credentials: their URLs work while the session does, and end with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from larum.domain.principals import Principal
from larum.store import principals, roles
from tests.conformance.cases import CASE
from tests.conformance.evidence import download_url, fetch, put, upload_url, uploaded
from tests.conformance.page import smallest
from tests.sessions.stage import AWAY, HOME, allow, document, trust

if TYPE_CHECKING:
    from collections.abc import Callable

    from larum.store.engine import Transaction
    from tests.sessions.stage import Client, Stage

EVERYTHING = allow("security-ir:*")
FORBIDDEN, OK = 403, 200


def of_role(stage: Stage) -> Client:
    """Return a client of a role's session in another account."""
    ann = stage.user("ann", allow("sts:AssumeRole"))
    role = stage.role("responder", document(trust(HOME)), EVERYTHING)
    sts = stage.client("sts", ann)
    answer = sts.assume_role(RoleArn=role, RoleSessionName="work", DurationSeconds=900)
    return stage.client("security-ir", answer["Credentials"])


def of_user(stage: Stage) -> Client:
    """Return a client of a user's own session."""
    bob = stage.user("bob", EVERYTHING, account=AWAY)
    answer = stage.client("sts", bob).get_session_token(DurationSeconds=900)
    return stage.client("security-ir", answer["Credentials"])


def of_root(stage: Stage) -> Client:
    """Return a client of a session of root."""
    answer = stage.root("sts", AWAY).get_session_token(DurationSeconds=900)
    return stage.client("security-ir", answer["Credentials"])


def remove_role(stage: Stage) -> None:
    """Delete the role."""

    def work(tx: Transaction) -> None:
        role = roles.get(tx, AWAY, "responder")
        assert role is not None
        roles.delete(tx, role)

    stage.change(AWAY, work)


def remove_user(stage: Stage) -> None:
    """Delete the user."""

    def work(tx: Transaction) -> None:
        user = principals.get(tx, AWAY, "bob")
        assert user is not None
        principals.delete(tx, user)

    assert Principal.user(AWAY, "bob").account == AWAY
    stage.change(AWAY, work)


def urls(client: Any) -> tuple[str, str, str]:  # noqa: ANN401 - boto3's
    """Return an upload URL, a download URL and another upload URL, of a case that has both."""
    client.create_membership(**smallest())
    case = client.create_case(**CASE)["caseId"]
    made = uploaded(client, case, "there.txt", b"hello")
    first, second = (upload_url(client, case, name, 5) for name in ("first", "second"))
    return first, download_url(client, case, made), second


@pytest.mark.parametrize("make", [of_role, of_user, of_root])
def test_b36_a_session_s_urls_work_and_end_with_it(
    stage: Stage, make: Callable[[Stage], Any]
) -> None:
    """B36, A24: whoever may call with a session may send and fetch; not from its last second on."""
    up, down, unused = urls(make(stage))
    assert put(up, b"hello").status == OK
    stage.clock.forward(899)
    assert fetch("GET", down).body == b"hello"
    stage.clock.forward(1)
    assert fetch("GET", down).status == FORBIDDEN
    assert put(unused, b"hello").status == FORBIDDEN


@pytest.mark.parametrize(("make", "remove"), [(of_role, remove_role), (of_user, remove_user)])
def test_b36_a_session_s_urls_end_with_its_role_or_user(
    stage: Stage, make: Callable[[Stage], Any], remove: Callable[[Stage], None]
) -> None:
    """B36, A25: once the role or user is gone, no URL that its session made opens anything."""
    up, down, _ = urls(make(stage))
    assert fetch("GET", down).status == OK
    remove(stage)
    assert fetch("GET", down).status == FORBIDDEN
    assert put(up, b"hello").status == FORBIDDEN


def test_nobody_makes_a_longer_session_of_a_url(stage: Stage) -> None:
    """The session in a URL is signed with it: another time, id or account is a forgery."""
    _, down, _ = urls(of_role(stage))
    for part, instead in (("~AROA", "~AROB"), (f"~{AWAY}", f"~{HOME}"), ("~17", "~18")):
        assert part in down
        assert fetch("GET", down.replace(part, instead)).status == FORBIDDEN
