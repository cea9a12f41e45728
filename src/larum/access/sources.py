"""Who counts as one source where sources are limited: an IPv4 address, or a network of IPv6.

Whoever has one address of IPv6 usually has the 2^64 of its network: counted one by one, none of
them would ever reach a limit.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import Final

SUBSCRIBER_BITS: Final = 64


@lru_cache(maxsize=4_096)
def source_of(address: str) -> str:
    """Return the name of the source that `address` is of; what is no address is one by itself.

    An IPv4 address within IPv6 is that IPv4 address.
    """
    try:
        # The zone of a link-local address says by which interface it came, not from whom.
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if found.version == 4:  # noqa: PLR2004 - the version of IP
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    if found.is_loopback:
        return str(found)
    return str(ipaddress.ip_network((found, SUBSCRIBER_BITS), strict=False))
