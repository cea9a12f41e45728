"""AWS's query protocol: form parameters become params, outputs and errors become XML.

    POST /   Action=AssumeRole&Version=2011-06-15&Tags.member.1.Key=team   (or GET /?Action=…)

The operation is named by a parameter, not by the path; lists are numbered `Name.member.N`. Errors
have names of their own here (`InvalidClientTokenId` for UnrecognizedClientException).

Sources: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html,
https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from larum.errors import ServiceError, ValidationException
from larum.wire import percent
from larum.wire.http import HttpResponse
from larum.wire.model import ShapeType, load
from larum.wire.query_string import MAX_PARAMETERS, typed
from larum.wire.router import Match

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from larum.wire.http import HttpRequest
    from larum.wire.model import Operation, ServiceModel, Shape

XML: Final = "text/xml"
SERVICE: Final = "sts"
FORM: Final = "application/x-www-form-urlencoded"
PATH: Final = "/"
# 50 tags of the largest size, percent-encoded, and some more.
LARGEST_BODY: Final = 256 * 1024
SERVER_ERRORS: Final = 500

# How each error is told: its name and its status.
ERRORS: Final[Mapping[str, tuple[str, int]]] = {
    "AccessDeniedException": ("AccessDenied", 403),
    "ExpiredTokenException": ("ExpiredToken", 403),
    "IncompleteSignatureException": ("IncompleteSignature", 400),
    "InternalServerException": ("InternalFailure", 500),
    "InvalidSignatureException": ("SignatureDoesNotMatch", 403),
    "MalformedHttpRequestException": ("MalformedQueryString", 400),
    "MalformedPolicyDocumentException": ("MalformedPolicyDocument", 400),
    "MissingAuthenticationTokenException": ("MissingAuthenticationToken", 403),
    "PackedPolicyTooLargeException": ("PackedPolicyTooLarge", 400),
    "ServiceUnavailable": ("ServiceUnavailable", 503),
    "ThrottlingException": ("Throttling", 400),
    "UnknownOperationException": ("InvalidAction", 400),
    "UnrecognizedClientException": ("InvalidClientTokenId", 403),
    "ValidationException": ("ValidationError", 400),
}
_OTHER: Final = ("InternalFailure", 500)

_ACTION = re.compile(r"(?:^|&)Action=")
_NAMED = re.compile(r"(?:^|&)(Action|Version)=([^&]*)")
_POSITION = re.compile(r"[1-9][0-9]{0,3}", re.ASCII)
_DEEPEST = 6

Tree = dict[str, "str | Tree"]


def speaks(request: HttpRequest) -> bool:
    """Return whether a request is one of this protocol, by its form alone."""
    if request.raw_path != PATH or request.method not in {"GET", "POST"}:
        return False
    if request.method == "POST" and _is_form(request.header("content-type")):
        return True
    return _ACTION.search(request.raw_query) is not None


def match(model: ServiceModel, request: HttpRequest) -> Match | None:
    """Return the operation of `model` that the request names in its version, None for none."""
    named: dict[str, str] = {}
    texts = (request.raw_query, request.body.decode("latin-1"))
    for name, value in (found for text in texts for found in _NAMED.findall(text)):
        if name in named:
            return None
        named[name] = value
    operation = model.operations.get(named.get("Action", ""))
    if operation is None or named.get("Version") != model.api_version:
        return None
    return Match(model, operation, {})


def parse_request(
    match: Match, raw_query: str, content_type: str | None, body: bytes
) -> dict[str, object]:
    """Return the raw params of the request in wire names; nothing is validated yet.

    Parameters that the model does not know are ignored. Raises ValidationException (CANNOT_PARSE)
    for what cannot be read: a body that is no form, too many parameters, a repeated one.
    """
    if body and not _is_form(content_type):
        raise _unreadable(f"The Content-Type of a body must be {FORM}")
    tree: Tree = {}
    for name, text in _pairs(raw_query, body):
        _plant(tree, name.split("."), text)
    shape = match.operation.input
    return {} if shape is None else _structure(shape, tree)


def serialize_response(
    operation: Operation, output: Mapping[str, object], request_id: str
) -> HttpResponse:
    """Return the success of `operation`; `output` is in wire names, None as if absent.

    Raises KeyError for an output that the model does not allow.
    """
    name, shape = operation.name, operation.output
    result = "" if shape is None else _xml(f"{name}Result", shape, output)
    namespace = quoteattr(load(operation.service).namespace)
    metadata = f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
    text = f"<{name}Response xmlns={namespace}>{result}{metadata}</{name}Response>"
    return _response(200, text, request_id)


def serialize_error(error: ServiceError, request_id: str) -> HttpResponse:
    """Return the refusal, under the name that it has in this protocol."""
    code, status = ERRORS.get(error.code, _OTHER)
    side = "Receiver" if status >= SERVER_ERRORS else "Sender"
    namespace = quoteattr(load(SERVICE).namespace)
    text = (
        f"<ErrorResponse xmlns={namespace}><Error><Type>{side}</Type><Code>{code}</Code>"
        f"<Message>{escape(_printable(error.message))}</Message></Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )
    return _response(status, text, request_id)


def _is_form(content_type: str | None) -> bool:
    return (content_type or "").lower().partition(";")[0].strip() == FORM


def _response(status: int, text: str, request_id: str) -> HttpResponse:
    headers = (("content-type", XML), ("x-amzn-requestid", request_id))
    return HttpResponse(status, headers, f"{text}\n".encode())


def _pairs(raw_query: str, body: bytes) -> Iterator[tuple[str, str]]:
    form = body.decode("latin-1").rstrip("\r\n")
    pairs = [pair for text in (raw_query, form) for pair in text.split("&") if pair]
    if len(pairs) > MAX_PARAMETERS:
        raise _unreadable(f"The request has more than {MAX_PARAMETERS} parameters")
    for pair in pairs:
        raw_name, _, raw_text = pair.replace("+", "%20").partition("=")
        name = percent.decode(raw_name, "A parameter's name")
        yield name, percent.decode(raw_text, "A parameter's value")


def _plant(tree: Tree, names: list[str], text: str) -> None:
    """Put a parameter into the tree of those that begin alike."""
    if len(names) > _DEEPEST:
        raise _unreadable("A parameter's name has too many parts")
    for name in names[:-1]:
        branch = tree.setdefault(name, {})
        if isinstance(branch, str):
            raise _unreadable("A parameter is given as a value and as a structure")
        tree = branch
    if names[-1] in tree:
        raise _unreadable("A parameter is given more than once")
    tree[names[-1]] = text


def _value(shape: Shape, node: str | Tree) -> object:
    match shape.type:
        case ShapeType.STRUCTURE:
            return _structure(shape, node) if isinstance(node, dict) else node
        case ShapeType.LIST:
            return _list(shape, node)
        case _:
            # A structure where a text belongs is for the validator to refuse.
            return typed(node, shape) if isinstance(node, str) else {}


def _structure(shape: Shape, tree: Tree) -> dict[str, object]:
    return {
        member.name: _value(member.shape, tree[member.name])
        for member in shape.members
        if member.name in tree
    }


def _list(shape: Shape, node: str | Tree) -> object:
    if node == "":
        return []
    items = node.get("member") if isinstance(node, dict) else None
    if shape.item is None or not isinstance(items, dict):
        return {}
    if not all(_POSITION.fullmatch(position) for position in items):
        raise _unreadable("The items of a list are numbered from 1")
    return [_value(shape.item, items[position]) for position in sorted(items, key=int)]


def _unreadable(message: str) -> ValidationException:
    return ValidationException(message, reason="CANNOT_PARSE")


def _xml(name: str, shape: Shape, value: object) -> str:
    return f"<{name}>{_content(shape, value)}</{name}>"


def _content(shape: Shape, value: object) -> str:
    if shape.type is ShapeType.STRUCTURE:
        if not isinstance(value, dict):
            raise TypeError(f"{shape.name} is written from a dict")
        present = {key: each for key, each in value.items() if each is not None}
        return "".join(_xml(key, shape.member(key).shape, each) for key, each in present.items())
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return escape(str(value))


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else "?" for each in text)
