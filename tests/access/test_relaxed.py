"""The relaxed mode: what is still read, what is not looked at, and whom a key id stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from larum.access.relaxed import read_unverified
from larum.context import Caller
from larum.domain.principals import Principal
from larum.domain.regions import REGIONS
from larum.errors import (
    IncompleteSignatureException,
    InvalidSignatureException,
    MalformedHttpRequestException,
    MissingAuthenticationTokenException,
    ServiceError,
    UnrecognizedClientException,
)
from tests.access.signed_requests import KEY, SERVICE, Draft

if TYPE_CHECKING:
    from larum.wire.http import HttpRequest

ADMINISTRATOR = "123456789012"


def read(request: HttpRequest) -> Caller:
    """Read `request` as a server with one service and the usual administrator would."""
    return read_unverified(
        request, service=SERVICE, regions=REGIONS, administrator_account=ADMINISTRATOR
    )


@pytest.mark.parametrize(
    ("access_key_id", "account"),
    [
        ("222222222222", "222222222222"),
        ("000000000000", "000000000000"),
        ("22222222222", ADMINISTRATOR),
        ("2222222222222", ADMINISTRATOR),
        ("22222222222a", ADMINISTRATOR),
        ("test", ADMINISTRATOR),
        (KEY.access_key_id, ADMINISTRATOR),
    ],
)
def test_twelve_digits_are_an_account(access_key_id: str, account: str) -> None:
    """A key id of twelve digits is that account's root, any other the administrator's."""
    caller = read(Draft(access_key_id=access_key_id).request())
    assert caller == Caller(Principal.root(account), access_key_id, "us-east-1")


def test_signature_date_and_token_are_not_looked_at() -> None:
    """A wrong signature, any date or none, a token and another body are all taken."""
    scope = "19990101/eu-west-1/security-ir/aws4_request"
    value = f"AWS4-HMAC-SHA256 Credential=test/{scope}, SignedHeaders=x, Signature=y"
    for stamp in (None, "yesterday"):
        headers = (("x-amz-security-token", "t"), ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"))
        request = Draft(stamp=stamp, headers=headers).request(value)
        assert read(replace(request, body=b"other")).region == "eu-west-1"


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (replace(Draft().request(), headers=()), MissingAuthenticationTokenException),
        (Draft().request(""), MissingAuthenticationTokenException),
        (Draft().request("Basic dXNlcg=="), IncompleteSignatureException),
        (Draft().request("AWS4-HMAC-SHA256"), IncompleteSignatureException),
        (Draft(scope="20261122/us-east-1/s3/aws4_request").request(), InvalidSignatureException),
        (Draft(scope="20261122/x/security-ir/aws4_request").request(), InvalidSignatureException),
        (Draft(scope="20261122/us-east-1/security-ir").request(), IncompleteSignatureException),
        (Draft(query="X-Amz-Signature=1").request(), InvalidSignatureException),
        (Draft(path="/v1//x").request(), MalformedHttpRequestException),
        (Draft(access_key_id="a" * 129).request(), UnrecognizedClientException),
        (Draft(access_key_id="a\x00").request(), UnrecognizedClientException),
    ],
)
def test_the_header_must_still_be_well_formed(
    request_: HttpRequest, error: type[ServiceError]
) -> None:
    """Account and Region come from the header, so one that cannot be read is refused."""
    with pytest.raises(error):
        read(request_)


def test_an_empty_key_id_is_nobody() -> None:
    """Without a key id there is no caller, not even the administrator."""
    value = Draft().authorization().replace("Credential=AKIDEXAMPLE/", "Credential=/")
    with pytest.raises(UnrecognizedClientException):
        read(Draft().request(value))
