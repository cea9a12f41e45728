"""The service model as values: operations, shapes, members. Everything on the wire derives from it.

A model is a document in botocore's form. That of `security-ir` is reduced to facts and completed by
`scripts/generate_model.py`; that of `larum` is our own, written by hand, and lies where botocore's
loader finds it; that of `sts` has the facts of three operations of botocore's. `load(NAME)` reads
one once and links the names to objects, so that nothing looks up a shape by name while a request is
served. A trait that is not understood, or a feature that the protocol layers do not have, stops the
load with a ValueError: nothing but prose is ignored.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FIRST_SERVICE: Final = "security-ir"
# The services of an installation by signing name, and the document of each.
DOCUMENTS: Final[Mapping[str, str]] = {
    FIRST_SERVICE: "data/security-ir.json",
    "larum": "data/larum/2026-11-01/service-2.json",
    "sts": "data/sts.json",
}
Protocol = Literal["query", "rest-json"]


class ShapeType(StrEnum):
    """The types that the models use, spelled as in botocore."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    LIST = "list"
    LONG = "long"
    MAP = "map"
    STRING = "string"
    STRUCTURE = "structure"
    TIMESTAMP = "timestamp"


class Location(StrEnum):
    """Where a member travels when it is not in the JSON body."""

    HEADER = "header"
    QUERY = "querystring"
    URI = "uri"


class TextRule(StrEnum):
    """Which characters a string may hold where the model has no pattern (`wire/texts.py`)."""

    ANY = "any"
    LINE = "line"
    PROSE = "prose"
    TAG_KEY = "tagKey"
    TAG_VALUE = "tagValue"


class Shape(msgspec.Struct, frozen=True, eq=False):
    """One shape of the model; which fields count follows from `type`.

    `minimum` and `maximum` bound the value of a number, the length of a string in Unicode scalar
    values, or the size of a list or map. `is_set` says that the order of a list has no meaning.
    `status` is the HTTP status of an error. Two shapes are equal only if they are the same object.
    """

    name: str
    type: ShapeType
    minimum: int | None = None
    maximum: int | None = None
    pattern: str | None = None
    enum: tuple[str, ...] = ()
    text: TextRule = TextRule.ANY
    sensitive: bool = False
    members: tuple[Member, ...] = ()
    item: Shape | None = None
    key: Shape | None = None
    value: Shape | None = None
    unique_items: bool = False
    is_set: bool = False
    status: int | None = None

    def member(self, name: str) -> Member:
        """Return the member of that wire name; KeyError where the structure has none."""
        for each in self.members:
            if each.name == name:
                return each
        raise KeyError(name)


class Member(msgspec.Struct, frozen=True, eq=False):
    """One member of a structure; `location` None means the JSON body.

    `default` is what the server assumes when the member is absent, None for nothing.
    """

    name: str
    shape: Shape
    required: bool
    location: Location | None
    location_name: str
    default: object
    idempotency_token: bool


class Operation(msgspec.Struct, frozen=True, eq=False):
    """One operation; `uri` is its path with labels in braces, `status` that of its success.

    `service` is the signing name of its service. `max_values` is how many JSON values its body may
    hold and `max_string` how long a text in it may be, None for as much as in any other's.
    """

    service: str
    name: str
    method: str
    uri: str
    status: int
    input: Shape | None
    output: Shape | None
    errors: tuple[str, ...]
    idempotent: bool
    readonly: bool
    max_values: int | None = None
    max_string: int | None = None

    def located(self, location: Location | None) -> tuple[Member, ...]:
        """Return the input members that travel at `location` (None: the body)."""
        return _located(self, location)

    @property
    def key(self) -> str:
        """What tells it from every operation of every model, where the name may be in two."""
        return self.name if self.service == FIRST_SERVICE else f"{self.service}:{self.name}"

    @property
    def token(self) -> str | None:
        """The wire name of the idempotency token, None where the operation takes none."""
        return _token(self)


@cache
def _located(operation: Operation, location: Location | None) -> tuple[Member, ...]:
    members = operation.input.members if operation.input else ()
    return tuple(member for member in members if member.location is location)


@cache
def _token(operation: Operation) -> str | None:
    members = operation.input.members if operation.input else ()
    return next((member.name for member in members if member.idempotency_token), None)


class ServiceModel(msgspec.Struct, frozen=True, eq=False):
    """One service; `name` is its signing name, e.g. `security-ir`. `errors` is by shape name.

    `protocol` is how it travels; `namespace` is that of its XML, empty where it has none.
    """

    name: str
    service_id: str
    api_version: str
    operations: Mapping[str, Operation]
    errors: Mapping[str, Shape]
    protocol: Protocol
    namespace: str = ""


class _Ref(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    shape: str
    location: Location | None = None
    location_name: str | None = msgspec.field(default=None, name="locationName")
    idempotency_token: bool = msgspec.field(default=False, name="idempotencyToken")
    default: object = None
    documentation: str = ""


class _ErrorTrait(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    http_status_code: int
    sender_fault: bool = False


class _ShapeEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    type: ShapeType
    min: int | None = None
    max: int | None = None
    pattern: str | None = None
    enum: tuple[str, ...] = ()
    text: TextRule = TextRule.ANY
    sensitive: bool = False
    members: dict[str, _Ref] = {}
    required: frozenset[str] = frozenset()
    member: _Ref | None = None
    key: _Ref | None = None
    value: _Ref | None = None
    unique_items: bool = False
    set: bool = False
    error: _ErrorTrait | None = None
    # Of no effect here: what the client makes of a number's absence, or of an error.
    box: bool = False
    exception: bool = False
    fault: bool = False
    retryable: dict[str, bool] = {}
    documentation: str = ""


class _Http(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    method: str
    request_uri: str
    response_code: int = 200


class _OperationEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    http: _Http
    input: _Ref | None = None
    output: _Ref | None = None
    errors: tuple[_Ref, ...] = ()
    idempotent: bool = False
    readonly: bool = False
    max_values: int | None = msgspec.field(default=None, name="maxValues")
    max_string: int | None = msgspec.field(default=None, name="maxString")
    documentation: str = ""


class _Metadata(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    api_version: str
    endpoint_prefix: str
    protocol: Protocol
    service_id: str
    signature_version: Literal["v4"]
    signing_name: str
    # What botocore alone reads.
    protocols: tuple[Literal["rest-json"], ...] = ()
    service_full_name: str = ""
    uid: str = ""
    xml_namespace: str = ""


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: str
    metadata: _Metadata
    operations: dict[str, _OperationEntry]
    shapes: dict[str, _ShapeEntry]
    documentation: str = ""


class _Linker:
    """Turns the entries of one document into shapes that refer to each other."""

    def __init__(self, entries: Mapping[str, _ShapeEntry]) -> None:
        self._entries = entries
        self._linked: dict[str, Shape] = {}
        self._open: list[str] = []

    def shape(self, name: str) -> Shape:
        """Return the linked shape; ValueError where it contains itself or does not exist."""
        if name in self._linked:
            return self._linked[name]
        if name in self._open:
            raise ValueError(f"shape {name} contains itself, which the validator does not follow")
        if name not in self._entries:
            raise ValueError(f"shape {name} is named but not described")
        self._open.append(name)
        linked = self._linked[name] = self._link(name, self._entries[name])
        self._open.pop()
        return linked

    def optional(self, ref: _Ref | None) -> Shape | None:
        """Return the linked shape of `ref`, or None."""
        return None if ref is None else self.shape(ref.shape)

    def _link(self, name: str, entry: _ShapeEntry) -> Shape:
        return Shape(
            name=name,
            type=entry.type,
            minimum=entry.min,
            maximum=entry.max,
            pattern=entry.pattern,
            enum=entry.enum,
            text=entry.text,
            sensitive=entry.sensitive,
            members=tuple(self._members(name, entry)),
            item=self.optional(entry.member),
            key=self.optional(entry.key),
            value=self.optional(entry.value),
            unique_items=entry.unique_items,
            is_set=entry.set,
            status=entry.error.http_status_code if entry.error else None,
        )

    def _members(self, owner: str, entry: _ShapeEntry) -> Iterable[Member]:
        for name, ref in entry.members.items():
            if ref.location is None and ref.location_name not in (None, name):
                raise ValueError(f"{owner}.{name}: another name in the body is not supported")
            if ref.location is Location.HEADER and entry.error is None:
                raise ValueError(f"{owner}.{name}: headers are supported in errors only")
            yield Member(
                name=name,
                shape=self.shape(ref.shape),
                required=name in entry.required,
                location=ref.location,
                location_name=ref.location_name or name,
                default=ref.default,
                idempotency_token=ref.idempotency_token,
            )


def _operation(service: str, entry: _OperationEntry, linker: _Linker) -> Operation:
    return Operation(
        service=service,
        name=entry.name,
        method=entry.http.method,
        uri=entry.http.request_uri,
        status=entry.http.response_code,
        input=linker.optional(entry.input),
        output=linker.optional(entry.output),
        errors=tuple(ref.shape for ref in entry.errors),
        idempotent=entry.idempotent,
        readonly=entry.readonly,
        max_values=entry.max_values,
        max_string=entry.max_string,
    )


def parse(document: bytes) -> ServiceModel:
    """Return the model that a JSON document describes; ValueError where it is not understood."""
    content = msgspec.json.decode(document, type=_Document)
    for name, entry in content.shapes.items():
        try:
            re.compile(entry.pattern or "", re.ASCII)
        except re.error as error:
            raise ValueError(f"shape {name}: its pattern is not one of Python's") from error
    return _linked(content)


def _linked(content: _Document) -> ServiceModel:
    linker = _Linker(content.shapes)
    service = content.metadata.signing_name
    return ServiceModel(
        name=service,
        service_id=content.metadata.service_id,
        api_version=content.metadata.api_version,
        operations={
            name: _operation(service, entry, linker) for name, entry in content.operations.items()
        },
        errors={name: linker.shape(name) for name, entry in content.shapes.items() if entry.error},
        protocol=content.metadata.protocol,
        namespace=content.metadata.xml_namespace,
    )


@cache
def load(name: str) -> ServiceModel:
    """Return the packaged model `name`, one of DOCUMENTS, read once per process.

    It is what a test has parsed: its patterns wait until a validator needs them.
    """
    document = (resources.files("larum.wire") / DOCUMENTS[name]).read_bytes()
    return _linked(msgspec.json.decode(document, type=_Document))
