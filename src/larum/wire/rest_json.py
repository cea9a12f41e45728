"""AWS's restJson1 protocol: HTTP requests become params, outputs and errors become HTTP responses.

Members travel in three places: labels of the path, the query string, and one JSON object in the
body. Which one is the model's word, so a body cannot overrule a label. Answers carry only what the
model has, with the status that it names.

Sources: https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html; service-behaviour 3.2, 9.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import msgspec

from larum.errors import (
    InternalServerException,
    MalformedHttpRequestException,
    ServiceUnavailable,
    ThrottlingException,
    ValidationException,
)
from larum.wire import json_body, percent, query_string
from larum.wire.http import HttpResponse
from larum.wire.model import DOCUMENTS, load
from larum.wire.outputs import writer_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from larum.errors import ServiceError
    from larum.wire.model import Operation
    from larum.wire.router import Match

JSON = "application/json"
NO_CONTENT = 204

# The errors that AWS's front ends add; those of the model carry their status themselves.
# https://docs.aws.amazon.com/security-ir/latest/APIReference/CommonErrors.html
COMMON_STATUS: Mapping[str, int] = {
    "AccessDenied": 403,
    "ExpiredTokenException": 403,
    "IncompleteSignatureException": 403,
    "InvalidSignatureException": 403,
    "MalformedHttpRequestException": 400,
    "MalformedPolicyDocumentException": 400,
    "MissingAuthenticationTokenException": 403,
    "PackedPolicyTooLargeException": 400,
    "PreconditionFailed": 412,
    "RequestEntityTooLargeException": 413,
    "RequestTimeoutException": 408,
    "ServiceUnavailable": 503,
    "UnknownOperationException": 404,
    "UnrecognizedClientException": 403,
}


def parse_request(
    match: Match, raw_query: str, content_type: str | None, body: bytes
) -> dict[str, object]:
    """Return the raw params of the request in wire names; nothing is validated yet.

    Raises MalformedHttpRequestException for a body that is not declared as JSON, and
    ValidationException (CANNOT_PARSE) for what cannot be read.
    """
    operation = match.operation
    content = _json_object(operation, content_type, body) if body else {}
    params = {
        member.name: content[member.name]
        for member in operation.located(None)
        if member.name in content
    }
    params.update(query_string.parse(operation, raw_query))
    for name, raw in match.labels.items():
        params[name] = percent.decode(raw, f"The label {name} of the path")
    return params


def _json_object(operation: Operation, content_type: str | None, body: bytes) -> dict[str, object]:
    if content_type != JSON:
        _check_content_type(content_type)
    content = json_body.decode(
        body,
        operation.max_values or json_body.MAX_VALUES,
        operation.max_string or json_body.MAX_STRING,
    )
    if not isinstance(content, dict):
        raise ValidationException("The body must be a JSON object", reason="CANNOT_PARSE")
    return content


def _check_content_type(content_type: str | None) -> None:
    """Refuse everything but JSON in UTF-8; this also keeps form posts of browsers out."""
    media_type, *parameters = (content_type or "").lower().replace('"', "").split(";")
    if media_type.strip() != JSON or any(each.strip() != "charset=utf-8" for each in parameters):
        raise MalformedHttpRequestException(f"The Content-Type of a body must be {JSON}")


def serialize_response(
    operation: Operation, output: Mapping[str, object], request_id: str
) -> HttpResponse:
    """Return the success of `operation`; `output` is in wire names, None as if absent.

    Datetimes become epoch seconds with at most three decimals. Raises KeyError, TypeError or
    ValueError for an output that the model does not allow.
    """
    written = writer_of(operation.output)(output) if operation.output else {}
    request_header = ("x-amzn-requestid", request_id)
    if operation.status == NO_CONTENT:
        return HttpResponse(NO_CONTENT, _safe((request_header,)), b"")
    headers = (("content-type", JSON), request_header)
    return HttpResponse(operation.status, _safe(headers), msgspec.json.encode(written))


def serialize_error(error: ServiceError, request_id: str) -> HttpResponse:
    """Return the refusal: its status, its name in `x-amzn-errortype`, its members in the body."""
    headers = (
        ("content-type", JSON),
        ("x-amzn-errortype", error.code),
        ("x-amzn-requestid", request_id),
        *_retry_headers(error),
    )
    body = msgspec.json.encode({"message": error.message, **error.members()})
    return HttpResponse(_statuses()[error.code], _safe(headers), body)


@cache
def _statuses() -> Mapping[str, int]:
    modelled = {
        name: shape.status or 500
        for service in DOCUMENTS
        for name, shape in load(service).errors.items()
    }
    return modelled | dict(COMMON_STATUS)


def _retry_headers(error: ServiceError) -> tuple[tuple[str, str], ...]:
    """Say when to come back: whole seconds, and milliseconds for the SDKs that read them."""
    if isinstance(error, ThrottlingException):
        milliseconds = max(1, error.retry_after_ms)
        seconds = -(-milliseconds // 1000)
        return (("retry-after", str(seconds)), ("x-amz-retry-after", str(milliseconds)))
    if isinstance(error, InternalServerException | ServiceUnavailable):
        return (("retry-after", str(max(1, error.retry_after))),)
    return ()


def _safe(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Return `headers`, or raise ValueError where a value could end its line."""
    for name, value in headers:
        if not (value.isascii() and value.isprintable()):
            raise ValueError(f"header {name} holds a control character")
    return headers
