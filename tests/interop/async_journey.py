"""A journey with aiobotocore, many calls at once; prints what was answered as JSON.

python async_journey.py PARAMETERS      a JSON file; endpoint and key from the environment
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

AT_ONCE = 8


async def journey(parameters: dict[str, Any]) -> dict[str, Any]:
    """Create with one token from many tasks, read from many, and meet a conflict."""
    from aiobotocore.session import get_session  # type: ignore[import-not-found]  # not beside larum

    async with get_session().create_client("security-ir") as client:
        created = await asyncio.gather(
            *(client.create_membership(**parameters) for _ in range(AT_ONCE))
        )
        ids = sorted({each["membershipId"] for each in created})
        read = await asyncio.gather(
            *(client.get_membership(membershipId=ids[0]) for _ in range(AT_ONCE))
        )
        pages = client.get_paginator("list_memberships").paginate(PaginationConfig={"PageSize": 1})
        arn = read[0]["membershipArn"]
        await client.tag_resource(resourceArn=arn, tags={"by": "asyncio"})
        tags = await client.list_tags_for_resource(resourceArn=arn)
        try:
            await client.create_membership(**parameters | {"clientToken": "another"})
            conflict = ""
        except client.exceptions.ConflictException as error:
            conflict = error.response["resourceId"]
        return {
            "ids": ids,
            "statuses": [each["ResponseMetadata"]["HTTPStatusCode"] for each in created],
            "names": [each["membershipName"] for each in read],
            "listed": [item["membershipId"] async for page in pages for item in page["items"]],
            "tags": tags["tags"],
            "conflict": conflict,
        }


if __name__ == "__main__":
    given = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    sys.stdout.write(json.dumps(asyncio.run(journey(given))))
