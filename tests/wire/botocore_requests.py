"""The requests that the real botocore writes, without sending them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import botocore.session
from botocore.awsrequest import create_request_object, prepare_request_dict
from botocore.serialize import create_serializer

from tests.wire.raw_requests import RawRequest

if TYPE_CHECKING:
    from collections.abc import Mapping


@cache
def service_model() -> Any:  # noqa: ANN401 - botocore's model classes carry no types here
    """Return botocore's own model of the service."""
    return botocore.session.Session().get_service_model("security-ir")


def botocore_request(operation_name: str, params: Mapping[str, object]) -> RawRequest:
    """Return what botocore's rest-json serializer makes of `params`, as it goes over the wire."""
    serializer: Any = create_serializer("rest-json", include_validation=False)
    written = serializer.serialize_to_request(
        dict(params), service_model().operation_model(operation_name)
    )
    prepare_request_dict(written, "http://127.0.0.1:8181")
    prepared: Any = create_request_object(written).prepare()
    url = urlsplit(prepared.url)
    body = prepared.body or b""
    return RawRequest(
        method=prepared.method,
        raw_path=url.path,
        raw_query=url.query,
        content_type=prepared.headers.get("Content-Type"),
        body=body.encode() if isinstance(body, str) else body,
    )
