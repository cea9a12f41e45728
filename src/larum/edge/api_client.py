"""boto3 clients of both services: a session that knows our own model beside all of AWS's."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import boto3
import botocore.session

import larum.wire

# Where botocore's loader finds `larum/2026-11-01/service-2.json`.
MODELS: Final = str(Path(larum.wire.__file__).with_name("data"))


def session(profile: str | None = None) -> boto3.session.Session:
    """Return a boto3 session with the usual credential chain, or that of `profile`.

    Raises botocore.exceptions.ProfileNotFound.
    """
    core = botocore.session.Session(profile=profile)
    core.get_component("data_loader").search_paths.append(MODELS)
    return boto3.session.Session(botocore_session=core)
