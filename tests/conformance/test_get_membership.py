"""get_membership: what it tells, and that ids of others and of nobody look alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.page import smallest, without_metadata

if TYPE_CHECKING:
    from tests.conformance.instances import Instance

# Well-formed and never given out; the model's own smoke test uses such an id.
NOBODYS = "m-aaaaaaaaaaaaaaaaaaaa"


def refusal(call: Any, **params: object) -> tuple[int, dict[str, Any]]:  # noqa: ANN401 - a method
    """Return status and body of the AccessDeniedException that `call` must raise."""
    with pytest.raises(call.__self__.exceptions.AccessDeniedException) as caught:
        call(**params)
    response = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], without_metadata(response)


def test_owner_reads_the_membership(connect: Instance, account: str) -> None:
    """The membership's account reads it as often as it likes, the same each time."""
    client = connect.client(account=account)
    made = client.create_membership(**smallest())["membershipId"]
    first, second = (client.get_membership(membershipId=made) for _ in range(2))
    assert first["membershipId"] == made
    assert first["accountId"] == account
    assert without_metadata(first) == without_metadata(second)


def test_unknown_id_is_access_denied(connect: Instance, account: str) -> None:
    """An id that nobody has is 403 AccessDeniedException, as in AWS's own smoke test."""
    status, body = refusal(connect.client(account=account).get_membership, membershipId=NOBODYS)
    assert status == 403
    assert NOBODYS in body["message"]
    assert body["message"].startswith(f"User: arn:aws:iam::{account}:root is not authorized")


def test_membership_of_another_region_is_not_here(account: str) -> None:
    """A membership lives in its home Region: elsewhere its id is like any other's."""
    import larum

    settings = larum.Settings(region=("us-east-1", "eu-west-1"))
    with larum.Service(settings=settings) as service:
        home = service.client(account=account)
        made = home.create_membership(**smallest())["membershipId"]
        away = service.client(account=account, region="eu-west-1")
        status, _ = refusal(away.get_membership, membershipId=made)
        assert status == 403
        assert home.get_membership(membershipId=made)["region"] == "us-east-1"
        assert away.list_memberships()["items"] == []
