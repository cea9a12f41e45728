"""Signs the requests of a corpus with an SDK of this environment; runs beside larum, not with it.

python sign_corpus.py botocore|awscli|aiobotocore CORPUS SIGNED      host, Region and key are given
                                                                   by the environment
Each line of SIGNED is what would go over the wire: [method, path, query, headers, body in base64].
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

# What a signer of each kind is asked for: any operation of the service.
OPERATION = "ListMemberships"


def drafts(corpus: Path) -> Iterator[Any]:
    """Yield each request of the corpus as botocore prepares it for its signer."""
    # Not beside larum: each SDK brings its own botocore.
    from botocore.awsrequest import AWSRequest
    from botocore.utils import percent_encode, percent_encode_sequence

    url = "http://" + os.environ["CORPUS_HOST"]
    for line in corpus.read_text("utf-8").splitlines():
        given = json.loads(line)
        path = "/v1/" + "/".join(percent_encode(each, safe="-._~") for each in given["labels"])
        query = percent_encode_sequence(given["pairs"], safe="-._~")
        request = AWSRequest(
            given["method"],
            url + path + (f"?{query}" if query else ""),
            headers=given["headers"],
            data=base64.b64decode(given["body"]),
        )
        # As a client's signing context has it.
        request.context["client_region"] = os.environ["AWS_DEFAULT_REGION"]
        yield request


def as_sent(request: Any) -> str:  # noqa: ANN401 - botocore has no types here
    """Return one line of the result."""
    prepared = request.prepare()
    _, _, rest = prepared.url.partition("://")
    host, _, target = rest.partition("/")
    path, _, query = target.partition("?")
    headers = {"host": host}
    for name, value in prepared.headers.items():
        headers[name.lower()] = value.decode() if isinstance(value, bytes) else value
    body = base64.b64encode(prepared.body or b"").decode()
    return json.dumps([prepared.method, "/" + path, query, list(headers.items()), body])


def by_botocore(corpus: Path) -> list[str]:
    """Sign as a client of boto3's botocore does."""
    import botocore.session

    client = botocore.session.get_session().create_client("security-ir")
    return _signed(client, corpus)


def by_awscli(corpus: Path) -> list[str]:
    """Sign as the AWS CLI does: its session, with its own customizations, makes the client."""
    from awscli.clidriver import create_clidriver  # type: ignore[import-not-found]  # not ours

    return _signed(create_clidriver().session.create_client("security-ir"), corpus)


def by_aiobotocore(corpus: Path) -> list[str]:
    """Sign as a client of aiobotocore does."""
    return asyncio.run(_signed_in_turn(corpus))


def _signed(client: Any, corpus: Path) -> list[str]:  # noqa: ANN401 - as above
    lines = []
    for request in drafts(corpus):
        client._request_signer.sign(OPERATION, request)
        lines.append(as_sent(request))
    return lines


async def _signed_in_turn(corpus: Path) -> list[str]:
    from aiobotocore.session import get_session  # type: ignore[import-not-found]  # not ours

    lines = []
    async with get_session().create_client("security-ir") as client:
        for request in drafts(corpus):
            await client._request_signer.sign(OPERATION, request)
            lines.append(as_sent(request))
    return lines


SIGNERS = {"botocore": by_botocore, "awscli": by_awscli, "aiobotocore": by_aiobotocore}

if __name__ == "__main__":
    sdk, given, wanted = sys.argv[1:]
    Path(wanted).write_text("\n".join(SIGNERS[sdk](Path(given))) + "\n", "utf-8")
