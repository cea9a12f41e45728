"""The condition keys of one request, from facts that the caller of this module has verified.

A key that the request does not have is absent, never empty: the operators tell the two apart.
Names are in lower case here, tag keys included, as IAM compares them. List:
reliability-and-security §5.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from larum.access.policy.actions import ACTIONS, SERVICE, TagKeys

if TYPE_CHECKING:
    from datetime import datetime

Keys = dict[str, tuple[str, ...]]

NO_TAGS: Mapping[str, str] = MappingProxyType({})
NO_KEYS: Mapping[str, tuple[str, ...]] = MappingProxyType({})


class RequestFacts(msgspec.Struct, frozen=True):
    """Who asks, from where and when; None where the request has no such fact.

    `now` and `token_issued` are UTC; `multi_factor` is None for long-lived keys, which IAM leaves
    without the key; `source_ip` and `is_secure` are the socket's, or a trusted proxy's word.
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
    principal_tags: Mapping[str, str] = msgspec.field(default_factory=dict)


def global_keys(facts: RequestFacts) -> Keys:
    """Return the keys that every request has, whatever its action."""
    known = {key: fact(facts) for key, fact in _GLOBAL.items()}
    found = {key: (value,) for key, value in known.items() if value is not None}
    return found | _tags("aws:principaltag", facts.principal_tags)


class RequestKeys(Mapping[str, tuple[str, ...]]):
    """The keys of one request, each worked out when a condition asks for it, once.

    `facts()` and `tags()` are called at most once: the latter gives what `tag_keys` does, and may
    read the store. `more` are keys that go before what these say.
    """

    __slots__ = ("_facts", "_facts_of", "_found", "_tag_keys", "_tags_of")

    def __init__(
        self,
        facts: Callable[[], RequestFacts],
        tags: Callable[[], Keys],
        more: Mapping[str, tuple[str, ...]] = NO_KEYS,
    ) -> None:
        self._facts_of, self._tags_of = facts, tags
        self._facts: RequestFacts | None = None
        self._tag_keys: Keys | None = None
        self._found: Keys = dict(more)

    def __getitem__(self, key: str) -> tuple[str, ...]:
        """Return the values of `key` (lower case); raises KeyError where the request has none."""
        values = self.get(key)
        if not values:
            raise KeyError(key)
        return values

    def get(self, key: str, _default: object = ()) -> tuple[str, ...]:
        """Return the values of `key`, () where the request has none."""
        values = self._found.get(key)
        if values is None:
            values = self._found[key] = self._values_of(key)
        return values

    def __iter__(self) -> Iterator[str]:
        """Give every key that the request has."""
        found = self._tags() | global_keys(self._known_facts()) | self._found
        return (key for key, values in found.items() if values)

    def __len__(self) -> int:
        """Return how many keys the request has."""
        return len(list(iter(self)))

    def _values_of(self, key: str) -> tuple[str, ...]:
        fact = _GLOBAL.get(key)
        if fact is not None:
            value = fact(self._known_facts())
            return () if value is None else (value,)
        if key.startswith(_PRINCIPAL_TAG):
            return _tags(_PRINCIPAL_TAG[:-1], self._known_facts().principal_tags).get(key, ())
        return self._tags().get(key, ()) if key.startswith(_TAG_KEYS) else ()

    def _known_facts(self) -> RequestFacts:
        if self._facts is None:
            self._facts = self._facts_of()
        return self._facts

    def _tags(self) -> Keys:
        if self._tag_keys is None:
            self._tag_keys = self._tags_of()
        return self._tag_keys


def tag_keys(
    action: str,
    *,
    request_tags: Mapping[str, str] = NO_TAGS,
    resource_tags: Mapping[str, str] = NO_TAGS,
    named: Iterable[str] = (),
) -> Keys:
    """Return the tag keys that `action` (`security-ir:CreateCase`) has by the table.

    `resource_tags` are those that the transaction sees; `named` are the tag keys of an
    UntagResource. What is created has the request's tags already (service-behaviour §4).
    """
    row = ACTIONS.get(action.removeprefix(f"{SERVICE}:"))
    if row is None:
        return {}
    found: Keys = {}
    if TagKeys.REQUEST_TAG in row.keys:
        found |= _tags("aws:requesttag", request_tags)
    if TagKeys.RESOURCE_TAG in row.keys:
        found |= _tags("aws:resourcetag", request_tags if row.creates else resource_tags)
    keys = tuple(sorted({*request_tags, *named}))
    if TagKeys.TAG_KEYS in row.keys and keys:
        found["aws:tagkeys"] = keys
    return found


def every_tag_key(
    *,
    request_tags: Mapping[str, str] = NO_TAGS,
    resource_tags: Mapping[str, str] = NO_TAGS,
    named: Iterable[str] = (),
) -> Keys:
    """Return all tag keys there can be: of actions for which no table says which they have."""
    found = _tags("aws:requesttag", request_tags) | _tags("aws:resourcetag", resource_tags)
    names = tuple(sorted({*request_tags, *named}))
    return found | ({"aws:tagkeys": names} if names else {})


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _tags(prefix: str, tags: Mapping[str, str]) -> Keys:
    """Return a key for each tag; keys that differ only in case are one key with several values."""
    found: Keys = {}
    for name in sorted(tags):
        key = f"{prefix}/{name}".lower()
        found[key] = (*found.get(key, ()), tags[name])
    return found


_PRINCIPAL_TAG = "aws:principaltag/"
_TAG_KEYS = ("aws:requesttag/", "aws:resourcetag/", "aws:tagkeys")
_GLOBAL: Mapping[str, Callable[[RequestFacts], str | None]] = MappingProxyType(
    {
        "aws:principalarn": lambda facts: facts.principal_arn,
        "aws:principalaccount": lambda facts: facts.account,
        "aws:userid": lambda facts: facts.user_id,
        "aws:username": lambda facts: facts.user_name,
        "aws:sourceip": lambda facts: facts.source_ip,
        "aws:securetransport": lambda facts: str(facts.is_secure).lower(),
        "aws:currenttime": lambda facts: _time(facts.now),
        "aws:epochtime": lambda facts: str(int(facts.now.timestamp())),
        "aws:useragent": lambda facts: facts.user_agent,
        "aws:requestedregion": lambda facts: facts.region,
        "aws:tokenissuetime": lambda facts: (
            None if facts.token_issued is None else _time(facts.token_issued)
        ),
        "aws:multifactorauthpresent": lambda facts: (
            None if facts.multi_factor is None else str(facts.multi_factor).lower()
        ),
    }
)
