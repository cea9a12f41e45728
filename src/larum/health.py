"""What `/healthz` and `/readyz` answer: for a load balancer, and for whoever watches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from larum.wire import rest_json
from larum.wire.http import HttpResponse

if TYPE_CHECKING:
    from larum.settings import Settings

LEAPT: Final = "leapt ahead within the last day: nothing expires; set it right"


def health() -> HttpResponse:
    """Answer `/healthz`: the process is alive."""
    return _json(200, {"status": "ok"})


def readiness(settings: Settings, failure: str | None, *, clock_has_leapt: bool) -> HttpResponse:
    """Answer `/readyz`: whether requests are served, and how they are authenticated.

    503 once the storage had a `failure`. A clock that leapt is told and stops nobody.
    """
    told = {"status": "ready", "auth": settings.auth, "throttle": settings.throttle}
    if clock_has_leapt:
        told["clock"] = LEAPT
    if failure is not None:
        told |= {"status": "read-only", "reason": "the storage failed; restart the server"}
    return _json(200 if failure is None else 503, told)


def _json(status: int, told: dict[str, str]) -> HttpResponse:
    return HttpResponse(status, (("content-type", rest_json.JSON),), msgspec.json.encode(told))
