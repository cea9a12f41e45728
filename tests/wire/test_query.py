"""AWS's query protocol: botocore is the oracle of what is asked and of what is answered."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import botocore.session
import pytest
from botocore.parsers import QueryParser
from botocore.serialize import QuerySerializer
from hypothesis import given
from hypothesis import strategies as st

from larum import errors
from larum.errors import ServiceError, ValidationException
from larum.wire import protocols, query, rest_json
from larum.wire.http import HttpRequest
from larum.wire.model import load
from larum.wire.validator import Validator

MODEL = load("sts")
THEIRS: Any = botocore.session.Session().get_service_model("sts")
FORM = query.FORM
TEXT = st.text(min_size=1, max_size=30)
PARAMS = st.fixed_dictionaries(
    {"RoleArn": TEXT, "RoleSessionName": TEXT},
    optional={
        "DurationSeconds": st.integers(-5, 10**6),
        "Policy": TEXT,
        "PolicyArns": st.lists(st.fixed_dictionaries({"arn": TEXT}), max_size=12),
        "Tags": st.lists(st.fixed_dictionaries({"Key": TEXT, "Value": st.text()}), max_size=60),
        "TransitiveTagKeys": st.lists(TEXT, max_size=11),
    },
)
WHOLE = {
    "RoleArn": "arn:aws:iam::111122223333:role/r",
    "RoleSessionName": "work",
}


def request(
    body: str = "",
    raw_query: str = "",
    method: str = "POST",
    content_type: str | None = FORM,
    path: str = "/",
) -> HttpRequest:
    """Return a request with these parts, unsigned."""
    headers = () if content_type is None else (("content-type", content_type),)
    return HttpRequest(method, path, raw_query, headers, body.encode())


def parsed(body: str, raw_query: str = "", content_type: str | None = FORM) -> dict[str, object]:
    """Return the params of an AssumeRole."""
    found = query.match(MODEL, request("Action=AssumeRole&Version=2011-06-15"))
    assert found is not None
    return query.parse_request(found, raw_query, content_type, body.encode())


@given(PARAMS)
def test_what_botocore_writes_is_read_back(params: dict[str, Any]) -> None:
    """Any parameters, unicode and empty lists too, come back as they were given."""
    written = QuerySerializer().serialize_to_request(params, THEIRS.operation_model("AssumeRole"))
    assert parsed(urlencode(written["body"])) == params


def answered(operation: str, output: dict[str, Any]) -> dict[str, Any]:
    """Return what botocore reads in our answer."""
    response = query.serialize_response(MODEL.operations[operation], output, "r-1")
    assert dict(response.headers) == {"content-type": "text/xml", "x-amzn-requestid": "r-1"}
    shape = THEIRS.operation_model(operation).output_shape
    found = QueryParser().parse(
        {"body": response.body, "headers": {}, "status_code": response.status}, shape
    )
    return dict(found)


def test_what_is_written_botocore_reads() -> None:
    """Nested structures, numbers and times in XML are what they were; absent stays absent."""
    output = {
        "Credentials": {
            "AccessKeyId": "LARSEXAMPLE",
            "SecretAccessKey": "a/b+<&>\"'",
            "SessionToken": "t",
            "Expiration": datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC),
        },
        "AssumedRoleUser": {"AssumedRoleId": "AROA:ü", "Arn": "arn"},
        "PackedPolicySize": 6,
    }
    read = answered("AssumeRole", output)
    assert read.pop("ResponseMetadata")["RequestId"] == "r-1"
    assert read == output
    assert answered("GetSessionToken", {"Credentials": None}).keys() == {"ResponseMetadata"}
    with pytest.raises(KeyError):
        query.serialize_response(MODEL.operations["AssumeRole"], {"Unknown": 1}, "r")


NAMES = {
    "UnrecognizedClientException": ("InvalidClientTokenId", 403),
    "InvalidSignatureException": ("SignatureDoesNotMatch", 403),
    "ExpiredTokenException": ("ExpiredToken", 403),
    "AccessDeniedException": ("AccessDenied", 403),
    "ValidationException": ("ValidationError", 400),
    "PackedPolicyTooLargeException": ("PackedPolicyTooLarge", 400),
    "MalformedPolicyDocumentException": ("MalformedPolicyDocument", 400),
    "MissingAuthenticationTokenException": ("MissingAuthenticationToken", 403),
    "UnknownOperationException": ("InvalidAction", 400),
}


@pytest.mark.parametrize("name", NAMES)
def test_errors_have_the_names_of_this_protocol(name: str) -> None:
    """Botocore reads code, message, sender's fault and request id, whatever the text holds."""
    error: ServiceError = getattr(errors, name)("No <x> & \x1b\nno.")
    response = query.serialize_error(error, "r-2")
    read = QueryParser().parse(
        {"body": response.body, "headers": {}, "status_code": response.status},
        THEIRS.operation_model("AssumeRole").output_shape,
    )
    assert (read["Error"]["Code"], response.status) == NAMES[name]
    assert read["Error"]["Message"] == "No <x> & ??no."
    assert read["Error"]["Type"] == "Sender"
    assert read["ResponseMetadata"]["RequestId"] == "r-2"


def test_our_own_failures_are_the_receivers() -> None:
    """What is not a caller's fault says so, and can be retried."""
    response = query.serialize_error(errors.InternalServerException("Failed."), "r")
    assert response.status == 500
    assert b"<Type>Receiver</Type><Code>InternalFailure</Code>" in response.body


@pytest.mark.parametrize(
    ("asked", "speaks"),
    [
        (request("Action=GetCallerIdentity"), True),
        (request("", content_type=f"{FORM}; charset=utf-8"), True),
        (request("", "Action=GetCallerIdentity", "GET", None), True),
        (request("", "Action=GetCallerIdentity", "POST", None), True),
        (request("", "", "GET", None), False),
        (request("{}", content_type="application/json"), False),
        (request("", "XAction=y", "GET", None), False),
        (request("Action=GetCallerIdentity", path="/v1/membership"), False),
        (request("Action=GetCallerIdentity", method="PUT"), False),
    ],
)
def test_which_requests_speak_it(asked: HttpRequest, *, speaks: bool) -> None:
    """A form on `/`, or a query that names an action; everything else is REST's."""
    assert query.speaks(asked) is speaks
    assert protocols.of_request(asked) is (query if speaks else rest_json)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "Action=AssumeRole",
        "Action=AssumeRole&Version=2010-05-08",
        "Action=assumerole&Version=2011-06-15",
        "Action=AssumeRoleWithSAML&Version=2011-06-15",
        "Action=AssumeRole&Action=GetSessionToken&Version=2011-06-15",
        "Action=AssumeRole&Version=2011-06-15&Version=2011-06-15",
    ],
)
def test_what_names_no_operation(body: str) -> None:
    """Only one of the three actions, once, in the one version, is an operation."""
    assert query.match(MODEL, request(body)) is None
    assert query.match(MODEL, request("", body, "GET", None)) is None


@pytest.mark.parametrize(
    "body",
    [
        "RoleArn=%zz",
        "RoleArn=%ff",
        "RoleArn=a&RoleArn=b",
        "Tags=x&Tags.member.1.Key=y",
        "Tags.member.1.Key=y&Tags=x",
        "Tags.member.0.Key=y",
        "Tags.member.x.Key=y",
        "Tags.member.99999.Key=y",
        "a.b.c.d.e.f.g=1",
        "&".join(f"a{number}=1" for number in range(211)),
    ],
)
def test_what_cannot_be_read(body: str) -> None:
    """Broken escapes, repeats and contradictions are refused, not guessed."""
    with pytest.raises(ValidationException):
        parsed(body)


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("RoleArn.x=1&RoleSessionName=work", "RoleArn"),
        ("Tags.member.1=1", "Tags[0]"),
        ("PolicyArns=x", "PolicyArns"),
        ("PolicyArns.1.arn=x", "PolicyArns"),
        ("DurationSeconds=1.5", "DurationSeconds"),
        ("DurationSeconds=%2B900", "DurationSeconds"),
        ("TokenCode=%D9%A1%D9%A1%D9%A1%D9%A1%D9%A1%D9%A1", "TokenCode"),
    ],
)
def test_what_has_another_shape_is_told_by_its_name(body: str, name: str) -> None:
    """A text where a structure belongs, and the reverse, are the validator's to refuse."""
    raw = parsed(body) if "RoleArn" in body else parsed(f"{urlencode(WHOLE)}&{body}")
    with pytest.raises(ValidationException) as caught:
        Validator(MODEL).validate(MODEL.operations["AssumeRole"], raw)
    assert [each.name for each in caught.value.field_list] == [name]


def test_a_body_that_is_no_form_is_refused() -> None:
    """The content type is part of what is said."""
    with pytest.raises(ValidationException, match="Content-Type"):
        parsed("RoleArn=x", "Action=AssumeRole", "application/json")


def test_spaces_gaps_and_unknown_parameters() -> None:
    """`+` is a space, numbers order a list and may leave gaps, what is unknown is ignored."""
    body = "RoleArn=a+b&TransitiveTagKeys.member.10=z&TransitiveTagKeys.member.2=y&New.x=1&=2"
    assert parsed(body) == {"RoleArn": "a b", "TransitiveTagKeys": ["y", "z"]}
