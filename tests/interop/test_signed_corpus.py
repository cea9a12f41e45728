"""Ten thousand awkward requests, signed by each SDK's own signer, all verify (G15)."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from larum.access.sigv4 import verify
from larum.domain.regions import REGIONS
from larum.errors import ServiceError
from larum.wire.http import HttpRequest
from tests.access.front_door import ROOT, front_door, on_the_wire
from tests.edge.servers import Connection
from tests.interop import corpus
from tests.interop.running import ENVIRONMENTS, clean_environment

if TYPE_CHECKING:
    from tests.edge.servers import Answer

HERE = Path(__file__).parent
MODELS = "lib/python*/site-packages/botocore/data/security-ir/2018-05-10/service-2.json.gz"
COUNT = 10_000
OVER_HTTP = 200
# The SDK, whose requests are drawn from a seed of their own, and what runs it.
SDKS = {
    "boto3": (1, [sys.executable, HERE / "sign_corpus.py", "botocore"]),
    "AWS CLI": (2, [ENVIRONMENTS / "interop-awscli/bin/python", HERE / "sign_corpus.py", "awscli"]),
    "aiobotocore": (
        3,
        [ENVIRONMENTS / "interop-aiobotocore/bin/python", HERE / "sign_corpus.py", "aiobotocore"],
    ),
    "JavaScript v3": (4, ["node", HERE / "javascript" / "sign_corpus.mjs", "v3"]),
    "JavaScript v2": (5, ["node", HERE / "javascript" / "sign_corpus.mjs", "v2"]),
}

# Version 2 sorts parameters by name before it escapes them, where SigV4 sorts what is escaped: AWS
# refuses it too where a name needs an escape.
SORTS_BEFORE_ESCAPING = {"JavaScript v2"}


def signed_by(sdk: str, directory: Path) -> list[HttpRequest]:
    """Return the requests of the SDK's seed as it signed them."""
    seed, command = SDKS[sdk]
    drawn, signed = directory / "corpus.jsonl", directory / "signed.jsonl"
    corpus.write(drawn, COUNT, seed, plain_names=sdk in SORTS_BEFORE_ESCAPING)
    model = directory / "model.json"
    if command[0] == "node":
        (packed,) = (ENVIRONMENTS / "interop-newest").glob(MODELS)
        model.write_bytes(gzip.decompress(packed.read_bytes()))
        command = [*command, model]
    given = {
        "CORPUS_HOST": corpus.HOST,
        "AWS_ACCESS_KEY_ID": ROOT.access_key_id,
        "AWS_SECRET_ACCESS_KEY": ROOT.secret_access_key,
        "AWS_DEFAULT_REGION": corpus.REGION,
        "AWS_REGION": corpus.REGION,
        "NODE_NO_WARNINGS": "1",
        "PYTHONIOENCODING": "utf-8",
    }
    done = subprocess.run(
        [*map(str, command), drawn, signed],
        env=clean_environment() | given,
        capture_output=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [read(line) for line in signed.read_text("utf-8").splitlines()]


def read(line: str) -> HttpRequest:
    """Return a request as it would arrive: header values are the bytes of their UTF-8."""
    method, path, query, headers, body = json.loads(line)
    arrived = tuple((name, value.encode().decode("latin-1")) for name, value in headers)
    return HttpRequest(method, path, query, arrived, base64.b64decode(body))


def refusal(request: HttpRequest, now: datetime) -> str:
    """Return why the verifier refuses `request`, or nothing."""
    try:
        verify(
            request,
            find_access_key={ROOT.access_key_id: ROOT}.get,
            service=frozenset({corpus.SERVICE}),
            regions=REGIONS,
            now=now,
        )
    except ServiceError as error:
        return f"{error.code}: {error.message}"
    return ""


def over_http(requests: list[HttpRequest]) -> list[Answer]:
    """Return what a real server answers to each."""
    with front_door() as door:
        answers = []
        for each in requests:
            with Connection(door.url) as connection:
                answers.append(connection.send(on_the_wire(without_length(each))).answer())
        return answers


def without_length(request: HttpRequest) -> HttpRequest:
    """Return the request without the Content-Length that it is given when it is sent."""
    kept = tuple(each for each in request.headers if each[0] != "content-length")
    return replace(request, headers=kept)


@pytest.mark.timeout(150)
@pytest.mark.parametrize("sdk", SDKS)
def test_ten_thousand_requests_of_each_sdk_verify(sdk: str, tmp_path: Path) -> None:
    """Unicode, repeated keys, `%2F`, `+` and empty values: none is refused, nor over HTTP."""
    requests = signed_by(sdk, tmp_path)
    assert len(requests) == COUNT
    now = datetime.now(UTC)
    refused = [(each, why) for each in requests if (why := refusal(each, now))]
    assert not refused, (len(refused), refused[0])
    # No route has such a path: a request that gets in is told so, and is not 403.
    answers = over_http(requests[:OVER_HTTP])
    codes = {each.headers.get("x-amzn-errortype") for each in answers}
    assert codes <= {"UnknownOperationException", "ValidationException"}, codes


def test_one_changed_byte_of_each_is_refused(tmp_path: Path) -> None:
    """The same requests with the last byte of the query or the path changed verify nowhere."""
    requests = signed_by("boto3", tmp_path)
    now = datetime.now(UTC)
    for each in requests[:1_000]:
        part = "raw_query" if each.raw_query else "raw_path"
        changed = replace(each, **{part: getattr(each, part) + "x"})
        assert refusal(changed, now)
