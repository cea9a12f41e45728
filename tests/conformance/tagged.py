"""A membership with tags, for the journeys of the three tag operations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.conformance.page import smallest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_security_ir import SecurityIncidentResponseClient

    from tests.conformance.instances import Instance


@dataclass(frozen=True)
class Tagged:
    """A membership by its ARN, and its owner's client."""

    client: SecurityIncidentResponseClient
    arn: str

    @property
    def tags(self) -> dict[str, str]:
        """The tags as ListTagsForResource tells them."""
        return self.client.list_tags_for_resource(resourceArn=self.arn)["tags"]


def tagged(instance: Instance, account: str, tags: Mapping[str, str]) -> Tagged:
    """Return a new membership of `account` with `tags`."""
    client = instance.client(account=account)
    made = client.create_membership(**smallest(tags=dict(tags)))["membershipId"]
    return Tagged(client, client.get_membership(membershipId=made)["membershipArn"])
