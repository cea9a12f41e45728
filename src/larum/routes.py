"""Which operation a request asks for, of all service models: by its path, or by a parameter.

The models of REST have a path for each operation; that of the query protocol has one for all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from larum.access import signed_url
from larum.wire import body_limit, model, query
from larum.wire.router import Router

if TYPE_CHECKING:
    from collections.abc import Iterable

    from larum.wire.http import HttpRequest
    from larum.wire.router import Match


class Routes:
    """The routes of the services with these signing names."""

    def __init__(self, names: Iterable[str]) -> None:
        self.models = [model.load(name) for name in names]
        self._names = frozenset(each.name for each in self.models)
        self._alone = {name: frozenset({name}) for name in self._names}
        self._router = Router(each for each in self.models if each.protocol == "rest-json")

    def match(self, request: HttpRequest) -> Match | None:
        """Return the operation that a request asks for, None where there is none."""
        if query.speaks(request):
            return query.match(model.load(query.SERVICE), request)
        return self._router.match(request.method, request.raw_path)

    def services(self, request: HttpRequest, match: Match | None) -> frozenset[str]:
        """Return for which services a request may be signed: all, where it asks for nothing."""
        if query.speaks(request):
            return self._alone[query.SERVICE]
        return self._names if match is None else self._alone[match.service.name]

    def body_limit(self, method: str, raw_path: str) -> int:
        """Return how many bytes the body of such a request may have."""
        if method == "PUT" and raw_path.startswith(signed_url.PATH):
            return body_limit.ATTACHMENT
        if method == "POST" and raw_path == query.PATH:
            return query.LARGEST_BODY
        match = self._router.match(method, raw_path)
        return body_limit.SMALLEST if match is None else body_limit.body_limit(match.operation)
