"""A case from opening to closing with aiobotocore; prints what was answered as JSON.

python async_case_journey.py CASE SUPPORTED      a JSON file, and the id of a case to read
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from pathlib import Path
from typing import Any

EVIDENCE = bytes(range(256)) * 8192
HEADERS = {"If-None-Match": "*", "Content-Type": "application/octet-stream"}


async def listed(client: Any, operation: str, member: str, **params: Any) -> list[Any]:  # noqa: ANN401 - no types here
    """Return what is in all pages of one item each."""
    pages = client.get_paginator(operation).paginate(**params, PaginationConfig={"PageSize": 1})
    return [item async for page in pages for item in page[member]]


async def evidence(client: Any, case_id: str) -> dict[str, Any]:  # noqa: ANN401 - as above
    """Upload and download with aiohttp, which aiobotocore itself uses."""
    from aiohttp import ClientSession  # type: ignore[import-not-found]  # not beside larum

    upload = await client.get_case_attachment_upload_url(
        caseId=case_id, fileName="dump.bin", contentLength=len(EVIDENCE)
    )
    async with ClientSession() as http:
        put = []
        for _ in range(2):
            async with http.put(
                upload["attachmentPresignedUrl"], data=EVIDENCE, headers=HEADERS
            ) as done:
                put.append(done.status)
        (attached,) = (await client.get_case(caseId=case_id))["caseAttachments"]
        download = await client.get_case_attachment_download_url(
            caseId=case_id, attachmentId=attached["attachmentId"]
        )
        async with http.get(download["attachmentPresignedUrl"]) as found:
            content = await found.read()
    return {"put": put, "evidence": base64.b64encode(content).decode()}


async def closed(client: Any, case_id: str) -> dict[str, Any]:  # noqa: ANN401 - as above
    """Close the case and be refused afterwards."""
    end = await client.close_case(caseId=case_id)
    try:
        await client.create_case_comment(caseId=case_id, body="Late.")
    except client.exceptions.ConflictException as error:
        conflict = {name: error.response[name] for name in ("resourceId", "resourceType")}
    return {"closed": end["caseStatus"], "conflict": conflict}


async def journey(case: dict[str, Any], supported: str) -> dict[str, Any]:
    """Take the whole way: many calls at once where their order is nobody's business."""
    from aiobotocore.session import get_session  # type: ignore[import-not-found]  # as above

    async with get_session().create_client("security-ir") as client:
        made = await asyncio.gather(*(client.create_case(**case) for _ in range(4)))
        case_id = made[0]["caseId"]
        await asyncio.gather(
            *(client.create_case_comment(caseId=case_id, body="Many at once.") for _ in range(3))
        )
        status = await client.update_case_status(
            caseId=case_id, caseStatus="Detection and Analysis"
        )
        arn = (await client.get_case(caseId=case_id))["caseArn"]
        tag = await client.tag_resource(resourceArn=arn, tags={"später": "ja"})
        await client.untag_resource(resourceArn=arn, tagKeys=["a key/with: signs"])
        found = await listed(
            client, "list_investigations", "investigationActions", caseId=supported
        )
        return {
            "cases made": sorted({each["caseId"] for each in made}),
            "statuses": [
                each["ResponseMetadata"]["HTTPStatusCode"] for each in (made[0], status, tag)
            ],
            "comments": len(await listed(client, "list_comments", "items", caseId=case_id)),
            "cases": [each["caseId"] for each in await listed(client, "list_cases", "items")],
            "investigations": [each["title"] for each in found],
            **await evidence(client, case_id),
            **await closed(client, case_id),
        }


if __name__ == "__main__":
    given = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    sys.stdout.write(json.dumps(asyncio.run(journey(given, sys.argv[2]))))
