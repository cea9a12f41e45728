"""The condition keys of one request, from facts that the caller of this module has verified.

A key that the request does not have is absent, never empty: the operators tell the two apart.
Names are in lower case here, tag keys included, as IAM compares them. List:
reliability-and-security §5.2.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from larum.access.policy.actions import ACTIONS, SERVICE, TagKeys

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

NO_TAGS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """Who asks, from where and when; None where the request has no such fact.

    `now` and `token_issued` are UTC; `multi_factor` is None for long-lived keys, which IAM leaves
    without the key; `source_ip` is the socket's peer, never a header.
    """

    principal_arn: str
    account: str
    user_id: str
    now: datetime
    region: str
    is_secure: bool
    user_name: str | None = None
    source_ip: str | None = None
    user_agent: str | None = None
    token_issued: datetime | None = None
    multi_factor: bool | None = None
    principal_tags: Mapping[str, str] = field(default_factory=dict)


def global_keys(facts: RequestFacts) -> dict[str, tuple[str, ...]]:
    """Return the keys that every request has, whatever its action."""
    known = {
        "aws:principalarn": facts.principal_arn,
        "aws:principalaccount": facts.account,
        "aws:userid": facts.user_id,
        "aws:username": facts.user_name,
        "aws:sourceip": facts.source_ip,
        "aws:securetransport": str(facts.is_secure).lower(),
        "aws:currenttime": _time(facts.now),
        "aws:epochtime": str(int(facts.now.timestamp())),
        "aws:useragent": facts.user_agent,
        "aws:requestedregion": facts.region,
        "aws:tokenissuetime": None if facts.token_issued is None else _time(facts.token_issued),
        "aws:multifactorauthpresent": None
        if facts.multi_factor is None
        else str(facts.multi_factor).lower(),
    }
    found = {key: (value,) for key, value in known.items() if value is not None}
    return found | _tags("aws:principaltag", facts.principal_tags)


def tag_keys(
    action: str,
    *,
    request_tags: Mapping[str, str] = NO_TAGS,
    resource_tags: Mapping[str, str] = NO_TAGS,
    named: Iterable[str] = (),
) -> dict[str, tuple[str, ...]]:
    """Return the tag keys that `action` (`security-ir:CreateCase`) has by the table.

    `resource_tags` are those that the transaction sees; `named` are the tag keys of an
    UntagResource. What is created has the request's tags already (service-behaviour §4).
    """
    row = ACTIONS.get(action.removeprefix(f"{SERVICE}:"))
    if row is None:
        return {}
    found: dict[str, tuple[str, ...]] = {}
    if TagKeys.REQUEST_TAG in row.keys:
        found |= _tags("aws:requesttag", request_tags)
    if TagKeys.RESOURCE_TAG in row.keys:
        found |= _tags("aws:resourcetag", request_tags if row.creates else resource_tags)
    keys = tuple(sorted({*request_tags, *named}))
    if TagKeys.TAG_KEYS in row.keys and keys:
        found["aws:tagkeys"] = keys
    return found


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _tags(prefix: str, tags: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return a key for each tag; keys that differ only in case are one key with several values."""
    found: dict[str, tuple[str, ...]] = {}
    for name in sorted(tags):
        key = f"{prefix}/{name}".lower()
        found[key] = (*found.get(key, ()), tags[name])
    return found
