"""The data directory: what lies in it, whose it is, and one server at a time.

larum.db     the database (with larum.db-wal and larum.db-shm while it is open)
blobs/       attachments
master.key   32 random bytes in base64: seals secrets and page tokens
credentials  the administrator's access key and those of `larum apply`, as AWS's tools read them
larum.lock   held by the process that has the directory open
"""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING, Final

from larum.store import credentials_file, master_keys
from larum.store.master_keys import MASTER_KEY_BYTES, MasterKeyRefused
from larum.store.private_files import sync_directory, write_private

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from larum.domain.principals import AccessKey

# SQLite's locks and shared memory do not hold across machines: https://www.sqlite.org/wal.html
NETWORK_FILE_SYSTEMS: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afpfs", "webdav", "davfs", "afs",
     "9p", "ceph", "glusterfs", "lustre", "gfs2", "ocfs2", "beegfs", "fuse.sshfs",
     "fuse.glusterfs", "fuse.s3fs", "fuse.rclone"}
)  # fmt: skip


class DirectoryRefused(Exception):  # noqa: N818 - told to whoever starts the server
    """The directory cannot be used; the message says why and what to do."""


class DirectoryInUse(DirectoryRefused):
    """Another process, a server most likely, has the directory open."""


class DataDirectory:
    """An open data directory: locked against every other process until `close`."""

    def __init__(self, path: Path) -> None:
        """Make the directory if it is not there, and lock it.

        Raises DirectoryRefused where it is on a network file system, is not writable, or is open
        in another process.
        """
        self.path = path
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.blobs.mkdir(mode=0o700, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            message = f"{path} is a file, and --data names a directory. Choose another one."
            raise DirectoryRefused(message) from error
        except OSError as error:
            message = f"The data directory {path} is not writable: {error.strerror or error}."
            raise DirectoryRefused(message) from error
        self._check_file_system()
        import filelock  # noqa: PLC0415 - a store in memory starts without it

        # Whoever closes may be another thread than who opened: filelock's default forgets it there.
        self._lock = filelock.FileLock(path / "larum.lock", mode=0o600, thread_local=False)
        self._take_lock()

    @property
    def database(self) -> Path:
        """Where the database file is."""
        return self.path / "larum.db"

    @property
    def blobs(self) -> Path:
        """Where the bytes of attachments are."""
        return self.path / "blobs"

    @property
    def credentials(self) -> Path:
        """Where the administrator's access key is written."""
        return self.path / "credentials"

    def master_key(
        self, random: Callable[[int], bytes], elsewhere: Callable[[], bytes] | None = None
    ) -> bytes:
        """Return the 32 bytes of the master key, made by `random` at the first start.

        Where `elsewhere` gives it (master_keys.py), nothing of it is kept here.
        Raises DirectoryRefused when it is lost while there is a database, or damaged.
        """
        file = self.path / "master.key"
        try:
            if elsewhere is not None:
                return elsewhere()
            if file.exists():
                return master_keys.decoded(file.read_text("ascii"), str(file))
        except MasterKeyRefused as error:
            damaged = f"{file} is damaged. Restore it from a backup."
            raise DirectoryRefused(damaged if elsewhere is None else str(error)) from error
        except (OSError, ValueError) as error:
            raise DirectoryRefused(f"{file} cannot be read: {error}.") from error
        if self.database.exists():
            message = (
                f"{file} is missing, and the secrets in {self.database.name} cannot be opened "
                "without it. Restore it from a backup, or name it with --master-key."
            )
            raise DirectoryRefused(message)
        key = random(MASTER_KEY_BYTES)
        write_private(file, base64.b64encode(key).decode() + "\n")
        self.sync()
        return key

    def make_database_file(self) -> None:
        """Make the empty database file, readable by its owner alone; SQLite copies its mode."""
        os.close(os.open(self.database, os.O_RDWR | os.O_CREAT, 0o600))

    def write_credentials(self, profiles: dict[str, AccessKey]) -> None:
        """Write access keys as profiles of `credentials`; other profiles there stay."""
        credentials_file.put(self.credentials, profiles)

    def sync(self) -> None:
        """Make the directory's own entries durable, where the system can (not on Windows)."""
        sync_directory(self.path)

    def close(self) -> None:
        """Let another process have the directory."""
        self._lock.release()

    def _take_lock(self) -> None:
        import filelock  # noqa: PLC0415 - as in __init__

        try:
            self._lock.acquire(timeout=0)
        except filelock.Timeout as error:
            message = (
                f"The data directory {self.path} is open in another process. Stop that one, or "
                "choose another --data directory."
            )
            raise DirectoryInUse(message) from error
        except OSError as error:
            message = f"The data directory {self.path} is not writable: {error.strerror or error}."
            raise DirectoryRefused(message) from error

    def _check_file_system(self) -> None:
        kind = file_system(self.path)
        if kind.lower() in NETWORK_FILE_SYSTEMS:
            message = (
                f"The data directory {self.path} is on a network file system ({kind}), where "
                "writes cannot be kept safe. Choose a local one."
            )
            raise DirectoryRefused(message)


def file_system(path: Path) -> str:
    """Return the kind of file system that `path` is on, e.g. `ext4`; empty where not known."""
    import psutil  # noqa: PLC0415 - a store in memory starts without it

    resolved = path.resolve()
    mounts = [
        # Of two mounts on one point the later one is seen.
        (len(mount.mountpoint), position, mount.fstype)
        for position, mount in enumerate(psutil.disk_partitions(all=True))
        if resolved.is_relative_to(mount.mountpoint)
    ]
    return max(mounts)[2] if mounts else ""
