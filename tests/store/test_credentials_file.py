"""Access keys become profiles that AWS's tools read, and nothing else in the file is touched."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import botocore.session
import pytest

from larum.domain.principals import AccessKey, Principal
from larum.store import credentials_file

if TYPE_CHECKING:
    from pathlib import Path

OTHERS = """\
# mine, do not lose
[work]
aws_access_key_id = AKIAWORK
aws_secret_access_key = work-secret
region = eu-west-1

[222222222222]
aws_access_key_id = OLD
aws_secret_access_key = old-secret
role_arn = none
"""


def key(number: int, secret: str = "a secret/+%$'\"#;") -> AccessKey:  # noqa: S107 - made up
    """Return an access key of the account with that digit."""
    account = str(number) * 12
    return AccessKey(f"LARUKEY{number}", secret, Principal.root(account))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file that is not there yet."""
    return tmp_path / "credentials"


def read_by_botocore(file: Path, profile: str) -> tuple[str, str]:
    """Return the key of a profile as botocore finds it."""
    session = botocore.session.Session(profile=profile)
    session.set_config_variable("credentials_file", str(file))
    found = session.get_credentials()
    assert found is not None
    return found.access_key, found.secret_key


def test_botocore_reads_what_was_written(file: Path) -> None:
    """Each profile gives its key, whatever characters the secret has."""
    credentials_file.put(file, {"default": key(1), "222222222222": key(2)})
    assert read_by_botocore(file, "default") == ("LARUKEY1", key(1).secret_access_key)
    assert read_by_botocore(file, "222222222222") == ("LARUKEY2", key(2).secret_access_key)
    assert credentials_file.key_ids(file) == {"default": "LARUKEY1", "222222222222": "LARUKEY2"}


def test_other_profiles_and_comments_stay(file: Path) -> None:
    """A profile is replaced whole, a new one is added, every other line stays as it was."""
    file.write_text(OTHERS, "utf-8")
    credentials_file.put(file, {"222222222222": key(2), "333333333333": key(3)})
    text = file.read_text("utf-8")
    assert text.startswith(OTHERS[: OTHERS.index("[222222222222]")])
    assert "old-secret" not in text
    assert "role_arn" not in text
    assert list(credentials_file.key_ids(file)) == ["work", "222222222222", "333333333333"]
    assert read_by_botocore(file, "work") == ("AKIAWORK", "work-secret")


def test_writing_twice_is_writing_once(file: Path) -> None:
    """The same keys give the same file again."""
    credentials_file.put(file, {"default": key(1), "222222222222": key(2)})
    first = file.read_bytes()
    credentials_file.put(file, {"222222222222": key(2)})
    assert file.read_bytes() == first


def test_only_the_owner_reads_it(file: Path) -> None:
    """The file is private from the start, also where one that was not lay before."""
    file.write_text(OTHERS, "utf-8")
    file.chmod(0o644)
    credentials_file.put(file, {"default": key(1)})
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in file.parent.iterdir()] == ["credentials"]


def test_a_link_stays_a_link(tmp_path: Path, file: Path) -> None:
    """Where the file is a link, what it points to is written."""
    target = tmp_path / "elsewhere"
    target.write_text(OTHERS, "utf-8")
    file.symlink_to(target)
    credentials_file.put(file, {"default": key(1)})
    assert file.is_symlink()
    assert "LARUKEY1" in target.read_text("utf-8")


def test_what_is_not_there_has_no_profiles(file: Path) -> None:
    """A missing file is an empty one."""
    assert credentials_file.key_ids(file) == {}
