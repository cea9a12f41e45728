"""Larum: a self-hosted service, compatible with the AWS Security Incident Response API.

    import larum

    client = larum.client()            # a stock boto3 client, no server and no AWS account
    client.create_membership(...)

Not affiliated with, endorsed or sponsored by Amazon.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from larum.edge.embedded import EmbeddedService as Service
    from larum.edge.embedded import client, embedded
    from larum.settings import Settings

__version__: Final = "0.1.0"
__all__ = ["Service", "Settings", "__version__", "client", "embedded"]

# Imported when first asked for: `import larum` must not cost what boto3 costs.
_HOMES: Final = {
    "Service": ("larum.edge.embedded", "EmbeddedService"),
    "Settings": ("larum.settings", "Settings"),
    "client": ("larum.edge.embedded", "client"),
    "embedded": ("larum.edge.embedded", "embedded"),
}


def __getattr__(name: str) -> object:
    """Import what `name` stands for."""
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)
