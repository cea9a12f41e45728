"""Whether an export is what it was: every file that the manifest names, and no other.

Whoever changes a file and the manifest alike is found out by the manifest's own checksum, if it
was kept elsewhere: that is why it is told.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

import msgspec

from larum.edge.export import FORMAT, MANIFEST, VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PIECE: Final = 1 << 20


class NotAnExport(Exception):  # noqa: N818 - told to whoever asked
    """There is no export that can be checked; the message says why."""


class Checked(msgspec.Struct, frozen=True):
    """What a check found: the first `difference` or None, how much was read, the manifest's sum."""

    difference: str | None
    files: int
    bytes: int
    manifest_sha256: str


def check(folder: Path, tell: Callable[[int], None]) -> Checked:
    """Read every file of the export; `tell` hears how many have been read.

    The first difference is that of the first path in alphabetical order: a file that is missing,
    too short or long, changed, or that the manifest does not know. Raises NotAnExport and OSError.
    """
    text = _manifest_bytes(folder)
    entries = _entries(folder, text)
    found = {path.as_posix() for path in _files(folder)} - {MANIFEST}
    read = length = 0
    difference = None
    for name in sorted(found | entries.keys()):
        difference = _difference(folder, name, entries.get(name), there=name in found)
        if difference is not None:
            break
        read += 1
        length += entries[name]["bytes"]
        tell(read)
    return Checked(difference, read, length, hashlib.sha256(text).hexdigest())


def manifest_sha256(folder: Path) -> str:
    """Return the checksum of an export's manifest, in hexadecimal."""
    return hashlib.sha256(_manifest_bytes(folder)).hexdigest()


def _manifest_bytes(folder: Path) -> bytes:
    try:
        return (folder / MANIFEST).read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotAnExport(f"{folder} is no export: it has no {MANIFEST}.") from error


def _entries(folder: Path, text: bytes) -> dict[str, dict[str, Any]]:
    try:
        manifest = json.loads(text)
        if (manifest["format"], manifest["version"]) != (FORMAT, VERSION):
            message = f"{folder}/{MANIFEST} is not of this format: {FORMAT} {VERSION}."
            raise NotAnExport(message)
        entries = {str(each["path"]): each for each in manifest["files"]}
        for each in entries.values():
            int(each["bytes"]), str(each["sha256"])
    except (ValueError, TypeError, KeyError) as error:
        raise NotAnExport(f"{folder}/{MANIFEST} cannot be read: it is damaged.") from error
    for name in entries:
        parts = PurePosixPath(name).parts
        if name != "/".join(parts) or not parts or parts[0] == "/" or ".." in parts:
            raise NotAnExport(f"{folder}/{MANIFEST} names a file outside of {folder}.")
    return entries


def _files(folder: Path) -> Iterator[Path]:
    """Give what is below a folder and is no folder, links included, by relative paths."""
    for path, folders, files in os.walk(folder):
        links = [each for each in folders if (Path(path) / each).is_symlink()]
        for name in [*files, *links]:
            yield (Path(path) / name).relative_to(folder)


def _difference(
    folder: Path, name: str, entry: dict[str, Any] | None, *, there: bool
) -> str | None:
    if entry is None:
        return f"{name} is not in the manifest."
    if not there:
        return f"{name} is missing."
    path = folder / name
    if path.is_symlink() or not path.is_file():
        return f"{name} is no plain file."
    if path.stat().st_size != entry["bytes"]:
        return f"{name} has {path.stat().st_size:,} bytes instead of {entry['bytes']:,}."
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
    if digest.hexdigest() != entry["sha256"]:
        return f"{name} was changed: its SHA-256 is {digest.hexdigest()}."
    return None
