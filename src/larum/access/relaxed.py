"""The relaxed mode of `larum serve --auth relaxed`: believe the Authorization header unchecked.

For development on loopback alone, where any key will do. The header must still be well formed, as
account and Region come from it; signature, date and session token are not looked at (contracts.md).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from larum.access.authorization import (
    is_access_key_id,
    read_authorization,
    read_scope,
    unknown_key,
)
from larum.access.canonical import check_raw_target, collect_headers, query_pairs
from larum.context import Caller
from larum.domain.principals import Principal

if TYPE_CHECKING:
    from larum.access.canonical import SignedRequest

_ACCOUNT = re.compile("[0-9]{12}")


def read_unverified(
    request: SignedRequest,
    *,
    service: frozenset[str],
    regions: frozenset[str],
    administrator_account: str,
) -> Caller:
    """Return whom the request names: an access key id of twelve digits is the root of that account.

    Any other id is the root of `administrator_account`. `service` and `regions` as for `verify`.

    Raises:
        MalformedHttpRequestException: the path or query is not one that can be signed.
        MissingAuthenticationTokenException: there is no Authorization header.
        IncompleteSignatureException: the header or its credential cannot be understood.
        InvalidSignatureException: another Region or service, or authentication by the query.
        UnrecognizedClientException: the access key id is empty or over 128 characters.

    """
    check_raw_target(request.raw_path, request.raw_query)
    pairs = query_pairs(request.raw_query)
    arrived = collect_headers(request.headers)
    claim = read_authorization(request.headers, arrived, pairs, date_needed=False)
    scope = read_scope(claim.credential, service=service, regions=regions, stamp=None)
    if not is_access_key_id(scope.access_key_id):
        raise unknown_key()
    named = _ACCOUNT.fullmatch(scope.access_key_id)
    account = scope.access_key_id if named else administrator_account
    return Caller(Principal.root(account), scope.access_key_id, scope.region)
