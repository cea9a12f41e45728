"""Which operation a method and a path mean. Works on the raw path: a label may hold an encoded `/`.

Every SDK percent-encodes the ARN of `/v1/tags/{resourceArn}` (`%3A`, `%2F`), so the path is split
before it is decoded; labels are decoded by the parser (`wire/rest_json.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from larum.wire.model import Location

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from larum.wire.model import Operation, ServiceModel


class Match(msgspec.Struct, frozen=True):
    """The operation of a request; `labels` maps member names to raw path segments."""

    service: ServiceModel
    operation: Operation
    labels: Mapping[str, str]


class _Route(msgspec.Struct, frozen=True):
    service: ServiceModel
    operation: Operation
    labels: tuple[str, ...]


class _Node(msgspec.Struct):
    """One place in the tree of path segments; `routes` are those that end here, by method."""

    literals: dict[str, _Node] = msgspec.field(default_factory=dict)
    label: _Node | None = None
    routes: dict[str, _Route] = msgspec.field(default_factory=dict)


class Router:
    """Finds operations by method and raw path, for the operations of all models at once."""

    def __init__(self, models: Iterable[ServiceModel]) -> None:
        self._root = _Node()
        for model in models:
            for operation in model.operations.values():
                self._add(model, operation)

    def match(self, method: str, raw_path: str) -> Match | None:
        """Return the operation of `method` and `raw_path`, None where there is none.

        A literal segment is preferred to a label, an empty segment matches nothing, and a label
        stands for exactly one segment. The effort is linear in the number of segments.
        """
        if not raw_path.startswith("/"):
            return None
        node = self._root
        labels: list[str] = []
        for segment in raw_path[1:].split("/"):
            following = node.literals.get(segment)
            if following is None:
                following = node.label
                if following is None or not segment:
                    return None
                labels.append(segment)
            node = following
        route = node.routes.get(method)
        if route is None:
            return None
        return Match(route.service, route.operation, dict(zip(route.labels, labels, strict=True)))

    def _add(self, model: ServiceModel, operation: Operation) -> None:
        names = {each.location_name: each.name for each in operation.located(Location.URI)}
        labels: list[str] = []
        node = self._root
        for segment in operation.uri.removeprefix("/").split("/"):
            if segment.startswith("{") and segment.endswith("}"):
                labels.append(names.pop(segment[1:-1]))
                node.label = node.label or _Node()
                node = node.label
            elif not segment or set(segment) & set("{}?%"):
                raise ValueError(f"{operation.name}: path {operation.uri} is not supported")
            else:
                node = node.literals.setdefault(segment, _Node())
        if names or operation.method in node.routes:
            raise ValueError(f"{operation.name}: path {operation.uri} lacks a label or is taken")
        node.routes[operation.method] = _Route(model, operation, tuple(labels))
