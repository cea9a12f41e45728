"""What every modelled exception must carry, whichever operation raised it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.conformance.page import refusal_of

if TYPE_CHECKING:
    from botocore.exceptions import ClientError


def check(client: Any, error: ClientError, status: int) -> dict[str, Any]:  # noqa: ANN401 - of any operation
    """Check status, headers and that each required member is there; return the members.

    `message` is left out: it is for people.
    """
    told, metadata = refusal_of(error), error.response["ResponseMetadata"]
    code = type(error).__name__
    shape = client.meta.service_model.shape_for(code)
    headers = metadata["HTTPHeaders"]
    assert metadata["HTTPStatusCode"] == status == shape.metadata["error"]["httpStatusCode"]
    assert headers["x-amzn-errortype"] == code
    assert headers["content-type"] == "application/json"
    assert headers["x-amzn-requestid"] == metadata["RequestId"]
    assert len(metadata["RequestId"]) == 36
    assert told.pop("Error") == {"Code": code, "Message": told["message"]}
    assert set(shape.required_members) <= told.keys() <= shape.members.keys()
    assert told.pop("message")
    return told
