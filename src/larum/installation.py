"""What an instance stands on: the directory, the store, the keys, and the first start."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from larum.access import keys
from larum.domain import values
from larum.domain.organizations import Account, Organization
from larum.domain.principals import AccessKey, AccessKeyStatus, Principal
from larum.errors import InternalServerException, ResourceNotFoundException
from larum.settings import ROOT_ACCOUNT, variable
from larum.store import access_keys as access_key_rows
from larum.store import accounts, master_keys, organizations, outbox
from larum.store.blobs import FolderBlobs, TemporaryBlobs
from larum.store.credentials import Credentials, WrongMasterKey
from larum.store.data_directory import DataDirectory, DirectoryRefused
from larum.store.engine import Engine
from larum.store.master_keys import MASTER_KEY_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from larum.settings import Settings
    from larum.store.blobs import Blobs
    from larum.store.engine import Transaction


class Installation:
    """One data directory (or one private memory) with its administrator account.

    `shown_key` is the root key of a first start, which is shown once; None on later starts.
    """

    def __init__(
        self,
        data: Path | None,
        settings: Settings,
        now: datetime,
        random: Callable[[int], bytes],
        vfs: str | None = None,
    ) -> None:
        """Open or make it; see `Service` for the arguments and what is raised."""
        self._random = random
        self.shown_key: AccessKey | None = None
        self.directory = None if data is None else DataDirectory(data)
        try:
            self._open(settings, now, vfs)
        except (OSError, InternalServerException) as error:
            self._close_directory()
            message = (
                f"The data directory {data} could not be written: {error.__cause__ or error}. "
                "Start again when the disk is well and has room."
            )
            raise DirectoryRefused(message) from error
        except BaseException:
            self._close_directory()
            raise

    def _open(self, settings: Settings, now: datetime, vfs: str | None) -> None:
        directory, random = self.directory, self._random
        if directory is None:
            self.master_key = random(MASTER_KEY_BYTES)
            self.engine = Engine(None, vfs)
        else:
            source = settings.master_key
            elsewhere = None if source is None else partial(master_keys.read, source, variable)
            self.master_key = directory.master_key(random, elsewhere)
            directory.make_database_file()
            self.engine = Engine(directory.database, vfs)
        try:
            # A clock that was set back while nobody served must not turn the events around.
            self.engine.rising.last = self.engine.read(outbox.last_tick)
            self.blobs = self._open_blobs(settings)
            sealing_key = keys.derive(self.master_key, "access-key-secrets")
            self.credentials = Credentials(self.engine, sealing_key, time.monotonic, random)
            administrator = self.engine.read(accounts.first_management_account)
            self.first_start = administrator is None
            self.administrator_account = administrator or settings.root_account
            if self.first_start:
                self._start_first(settings, now)
            else:
                self._check_master_key()
        except BaseException:
            self.engine.close()
            raise

    def root_access_key(self, account: str, now: datetime) -> AccessKey:
        """Return the newest active root key of `account`; account and key are made if needed."""

        def find_or_issue(tx: Transaction) -> AccessKey:
            found = self.credentials.newest_of_root(tx, account)
            if found is not None:
                return found
            accounts.insert(tx, Account(account), now)
            return self.credentials.issue(tx, Principal.root(account), now)

        return self.engine.write(find_or_issue)

    def knows_root_of(self, settings: Settings) -> bool:
        """Return whether the root account and key that `settings` name are those of this data.

        They are taken at the first start; later ones that differ must not seem to be in force.
        """
        if settings.root_account not in {ROOT_ACCOUNT, self.administrator_account}:
            return False
        given = settings.root_access_key_id
        key = None if given is None else self.credentials.find(given)
        active = key is not None and key.status is AccessKeyStatus.ACTIVE
        return given is None or active

    def replace_root_access_key(self, now: datetime, account: str | None = None) -> AccessKey:
        """Make a new root key for `account`, or the administrator's; the old ones stop working.

        Raises ResourceNotFoundException where there is no such account.
        """
        principal = Principal.root(account or self.administrator_account)

        def replace(tx: Transaction) -> AccessKey:
            if accounts.get(tx, principal.account) is None:
                message = f"Account {principal.account} does not exist here."
                raise ResourceNotFoundException(message)
            access_key_rows.deactivate_all(tx, principal.account, principal.arn)
            return self.credentials.issue(tx, principal, now)

        key = self.engine.write(replace)
        if self.directory is not None:
            is_administrator = principal.account == self.administrator_account
            profile = "default" if is_administrator else principal.account
            self.directory.write_credentials({profile: key})
        return key

    def close(self) -> None:
        """Close the store and let another process have the directory."""
        self.engine.close()
        self.blobs.close()
        self._close_directory()

    def _open_blobs(self, settings: Settings) -> Blobs:
        if settings.blobs is not None:
            # Who needs no bucket does not wait for boto3 either.
            from larum.store.blobs_s3 import BucketBlobs  # noqa: PLC0415 - as the line above says

            return BucketBlobs(settings.blobs)
        if self.directory is None:
            return TemporaryBlobs(self._random)
        return FolderBlobs(self.directory.blobs, self._random)

    def _close_directory(self) -> None:
        if self.directory is not None:
            self.directory.close()

    def _start_first(self, settings: Settings, now: datetime) -> None:
        account = settings.root_account
        organization = Organization(
            values.organization_id(self._random(values.RANDOM_BYTES)),
            values.organization_root_id(self._random(values.RANDOM_BYTES)),
            management_account=account,
        )

        def start(tx: Transaction) -> AccessKey:
            organizations.insert(tx, organization)
            accounts.insert(tx, Account(account, organization=organization), now)
            key = self.credentials.issue(
                tx,
                Principal.root(account),
                now,
                access_key_id=settings.root_access_key_id,
                secret_access_key=settings.root_secret_access_key,
            )
            # Before the rows are durable: a crash leaves a file that the next start writes again,
            # and never an installation whose key nobody has.
            if self.directory is not None:
                self.directory.write_credentials({"default": key})
            return key

        self.shown_key = self.engine.write(start)

    def _check_master_key(self) -> None:
        try:
            self.engine.read(
                lambda tx: self.credentials.newest_of_root(tx, self.administrator_account)
            )
        except WrongMasterKey as error:
            message = "master.key does not belong to this larum.db. Restore both from one backup."
            raise WrongMasterKey(message) from error
