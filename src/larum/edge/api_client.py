"""boto3 clients of both services: a session that knows our own model beside all of AWS's."""

from __future__ import annotations

import threading
from functools import cache
from pathlib import Path
from typing import Any, Final

import boto3
import botocore.session
from botocore.configprovider import (
    BOTOCORE_DEFAUT_SESSION_VARIABLES,
    ConfigValueStore,
    ConstantProvider,
)

import larum.wire

# Where botocore's loader finds `larum/2026-11-01/service-2.json`.
MODELS: Final = str(Path(larum.wire.__file__).with_name("data"))

ANY: Final = "us-east-1"


def session(profile: str | None = None, sts_url: str | None = None) -> boto3.session.Session:
    """Return a boto3 session with the usual credential chain, or that of `profile`.

    With `sts_url`, the roles of profiles are assumed there and nowhere else. Raises
    botocore.exceptions.ProfileNotFound.
    """
    core = botocore.session.Session(profile=profile)
    if sts_url is not None:
        _assume_roles_at(core, sts_url)
    core.get_component("data_loader").search_paths.append(MODELS)
    return boto3.session.Session(botocore_session=core)


def _assume_roles_at(core: botocore.session.Session, url: str) -> None:
    """Let what looks for credentials in a session ask the sts at `url`."""
    create_client: Any = core.create_client

    def at_url(service_name: str, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as botocore
        if service_name == "sts":
            # It answers for every Region, and a profile that names a role may name none.
            options |= {"endpoint_url": url, "region_name": options.get("region_name") or ANY}
        return create_client(service_name, *arguments, **options)

    core.create_client = at_url  # type: ignore[method-assign] # of this one session


def isolated_client(name: str, **arguments: Any) -> Any:  # noqa: ANN401 - of either service
    """Return a boto3 client that nothing in the user's AWS configuration changes.

    No AWS_ variable and no file of `~/.aws` is read for it: what needs no network must not depend
    on how somebody reaches AWS. `arguments` are those of `boto3.Session.client`, with credentials.
    """
    # boto3 sessions are not thread-safe: https://docs.aws.amazon.com/boto3/latest/guide/session.html
    with _isolated_lock:
        session: Any = _isolated_session()
        return session.client(name, **arguments)


_isolated_lock: Final = threading.Lock()


@cache
def _isolated_session() -> boto3.session.Session:
    """Return the one session that all isolated clients share: its models are read once."""
    core = botocore.session.Session()
    defaults = {
        name: default for name, (_, _, default, _) in BOTOCORE_DEFAUT_SESSION_VARIABLES.items()
    }
    defaults |= {"config_file": None, "credentials_file": None}
    defaults["ignore_configured_endpoint_urls"] = True
    store = ConfigValueStore({name: ConstantProvider(each) for name, each in defaults.items()})
    core.register_component("config_store", store)
    core.get_component("data_loader").search_paths.append(MODELS)
    return boto3.session.Session(botocore_session=core)
