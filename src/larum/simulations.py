"""What would be decided about a principal, by the code and the store that decide of requests.

What no request can tell is given: the values of condition keys, and policies to try. The
principal's own keys and the tags of its account's resources are known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from larum.access.policy import keys
from larum.access.policy.actions import ACTIONS, SERVICE
from larum.access.policy.evaluate import Question, condition_keys
from larum.domain.simulations import Simulated, Simulation
from larum.operations import SERVICES
from larum.permissions import OWN_SERVICE, holding_now, named, principal_facts, resource_tags

if TYPE_CHECKING:
    from datetime import datetime

    from larum.domain.principals import Principal
    from larum.permissions import Holding, Permissions
    from larum.store.engine import Transaction

_REQUEST_TAG, _RESOURCE_TAG = "aws:requesttag/", "aws:resourcetag/"
_PRINCIPALS: Final = frozenset(
    {
        "aws:principalarn",
        "aws:principalaccount",
        "aws:userid",
        "aws:username",
        "aws:currenttime",
        "aws:epochtime",
    }
)


def simulate(
    permissions: Permissions, tx: Transaction, simulation: Simulation, now: datetime
) -> list[Simulated] | None:
    """Return the decisions at `now`, by action and resource; None for an unknown principal."""
    principal = simulation.principal
    holding = holding_now(tx, principal)
    if holding is None:
        return None
    more = (
        named(f"policyInputList[{place}]", text) for place, text in enumerate(simulation.policies)
    )
    policies = replace(holding.policies, identity=(*holding.policies.identity, *more))
    found = []
    for action in simulation.actions:
        for resource in simulation.resources:
            given = _GivenKeys(
                simulation, holding, action, partial(_tags_of, tx, principal, resource), now
            )
            decision = permissions.judge(
                principal.account,
                policies,
                Question(action, resource, given),
                params={},
                own_account=_is_own(action),
            )
            found.append(
                Simulated(
                    action,
                    resource,
                    decision.outcome,
                    decision.layer,
                    decision.policy,
                    decision.statement,
                    decision.reason,
                    given.missing_of(condition_keys(action, policies)),
                )
            )
    return found


class _GivenKeys(Mapping[str, tuple[str, ...]]):
    """The keys of a simulated request.

    `tags()` gives the tags that the store has of the resource.
    """

    def __init__(
        self,
        simulation: Simulation,
        holding: Holding,
        action: str,
        tags: Callable[[], Mapping[str, str]],
        now: datetime,
    ) -> None:
        facts = partial(principal_facts, simulation.principal, holding, now)
        self._principal = keys.RequestKeys(facts, dict)
        self._entries, self._action, self._tags = simulation.entries, action, tags

    def __getitem__(self, key: str) -> tuple[str, ...]:
        """Return the values of `key`; raises KeyError where there are none."""
        values = self._entries.get(key) or self._known(key)
        if not values:
            raise KeyError(key)
        return values

    def __iter__(self) -> Iterator[str]:
        """Give the keys of the simulation."""
        return iter(self._entries)

    def __len__(self) -> int:
        """Return how many keys the simulation has."""
        return len(self._entries)

    def missing_of(self, asked: Iterable[str]) -> tuple[str, ...]:
        """Return which of the keys that conditions ask for have no value."""
        return tuple(sorted(key for key in asked if not self.get(key)))

    def _known(self, key: str) -> tuple[str, ...]:
        if key in _PRINCIPALS or key.startswith("aws:principaltag/"):
            return self._principal.get(key)
        if not key.startswith(_RESOURCE_TAG):
            return ()
        if self._action.startswith(f"{OWN_SERVICE}:"):
            return keys.every_tag_key(resource_tags=self._tags()).get(key, ())
        row = ACTIONS.get(self._action.removeprefix(f"{SERVICE}:"))
        if row is None:
            return ()
        if row.creates:
            # What is created has the tags of the request.
            return self._entries.get(key.replace(_RESOURCE_TAG, _REQUEST_TAG), ())
        return keys.tag_keys(self._action, resource_tags=self._tags()).get(key, ())


def _tags_of(tx: Transaction, principal: Principal, resource: str) -> Mapping[str, str]:
    """Return the tags of a resource of the principal's account, none of any other's."""
    return resource_tags(tx, resource) if f":{principal.account}:" in resource else {}


def _is_own(action: str) -> bool:
    service, _, name = action.partition(":")
    entry = SERVICES.get(service, {}).get(name)
    return entry is not None and entry.own_account
