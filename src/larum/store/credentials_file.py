"""Access keys as profiles of a file in AWS's shared-credentials format.

Format: https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from larum.store.private_files import sync_directory, write_private

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from larum.domain.principals import AccessKey

HEADING: Final = re.compile(r"\s*\[([^\]]*)\]")
KEY_ID: Final = re.compile(r"\s*aws_access_key_id\s*[=:]\s*(\S*)")


def key_ids(file: Path) -> dict[str, str]:
    """Return the access key id of each profile that has one; nothing where there is no file.

    Raises OSError, and UnicodeDecodeError for what is no text.
    """
    found: dict[str, str] = {}
    profile = ""
    for line in _lines(file):
        heading, key_id = HEADING.match(line), KEY_ID.match(line)
        if heading:
            profile = heading[1].strip()
        elif key_id and profile:
            found[profile] = key_id[1]
    return found


def put(file: Path, keys: Mapping[str, AccessKey]) -> None:
    """Write `keys` by profile; other profiles and comments stay as they are. Only the owner reads.

    Raises OSError, and UnicodeDecodeError where `file` is no text.
    """
    file = file.resolve()
    kept: list[str] = []
    profile = ""
    for line in _lines(file):
        heading = HEADING.match(line)
        profile = heading[1].strip() if heading else profile
        if profile not in keys:
            kept.append(line)
    text = "\n".join(kept).rstrip("\n")
    sections = [
        f"[{profile}]\n"
        f"aws_access_key_id = {key.access_key_id}\n"
        f"aws_secret_access_key = {key.secret_access_key}\n"
        for profile, key in keys.items()
    ]
    write_private(file, "\n".join([f"{text}\n", *sections] if text else sections))
    sync_directory(file.parent)


def _lines(file: Path) -> list[str]:
    return file.read_text("utf-8").splitlines() if file.exists() else []
