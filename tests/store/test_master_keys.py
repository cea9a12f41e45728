"""The master key from a file, a variable or a command, and from nowhere by mistake."""

from __future__ import annotations

import base64
import os
import shlex
import sys
from typing import TYPE_CHECKING

import pytest

from larum.service import Service
from larum.settings import Settings, SettingsError, load, of_environment, variable
from larum.store import master_keys
from larum.store.credentials import WrongMasterKey
from larum.store.data_directory import DirectoryRefused
from larum.store.master_keys import MasterKeyRefused

if TYPE_CHECKING:
    from pathlib import Path

KEY = bytes(range(32))
TEXT = base64.b64encode(KEY).decode()
OTHER = base64.b64encode(bytes(32)).decode()


def printing(text: str, more: str = "") -> str:
    """Return a source: a program that prints `text` and then does `more`."""
    code = f"import sys, time; sys.stdout.write({text!r}); {more or 'pass'}"
    return f"command:{shlex.join([sys.executable, '-c', code])}"


def sources(directory: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> dict[str, str]:
    """Return a source of each kind that has `text`."""
    file = directory / "key"
    file.write_text(text + "\n", "ascii")
    monkeypatch.setenv("SOME_KEY", text)
    return {"file": f"file:{file}", "env": "env:SOME_KEY", "command": printing(text)}


@pytest.mark.parametrize("kind", ["file", "env", "command"])
def test_a_key_comes_from_where_it_is_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """The data opens with it again, has nothing of it, and does not open with another one."""
    settings = Settings(master_key=sources(tmp_path, monkeypatch, TEXT)[kind])
    data = tmp_path / "data"
    Service(data, settings).close()
    Service(data, settings).close()
    assert not (data / "master.key").exists()
    for file in data.rglob("*"):
        assert not file.is_file() or TEXT.encode() not in file.read_bytes()
    with pytest.raises(DirectoryRefused, match="name it with --master-key"):
        Service(data)
    with pytest.raises(WrongMasterKey):
        Service(data, Settings(master_key=sources(tmp_path, monkeypatch, OTHER)[kind]))


def test_a_key_moves_out_of_the_directory(tmp_path: Path) -> None:
    """What was sealed before opens with the text of master.key from elsewhere."""
    data, moved = tmp_path / "data", tmp_path / "moved"
    service = Service(data)
    secret = service.installation.shown_key
    service.close()
    (data / "master.key").rename(moved)
    service = Service(data, Settings(master_key=f"file:{moved}"))
    assert secret is not None
    assert service.installation.credentials.find(secret.access_key_id) == secret
    service.close()


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("file:/nowhere/key", "file:/nowhere/key: No such file or directory."),
        ("env:NOT_THERE", "env:NOT_THERE: the variable is not set."),
        ("command:/nowhere/program --token 5", "/nowhere/program: No such file or directory."),
        (printing("é"), "it is not text in base64."),
        (printing(TEXT, "sys.exit(3)"), "the command ended with status 3."),
        (printing(TEXT[:-8]), "must be 32 bytes in base64."),
        (printing("!" + TEXT), "must be 32 bytes in base64."),
        (printing(""), "must be 32 bytes in base64."),
    ],
)
def test_what_is_no_key_is_told_without_it(source: str, told: str) -> None:
    """The message names the place and what is wrong; not what was there, nor a command's words."""
    with pytest.raises(MasterKeyRefused) as refused:
        master_keys.read(source, variable)
    assert str(refused.value).endswith(told)
    assert TEXT[:16] not in str(refused.value)
    assert "--token" not in str(refused.value)


def test_a_command_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is ended after its time."""
    monkeypatch.setattr(master_keys, "SECONDS", 0.2)
    with pytest.raises(MasterKeyRefused, match="took more than"):
        master_keys.read(printing(TEXT, "time.sleep(60)"), variable)


@pytest.mark.parametrize("text", [TEXT, "env:", "env:A-B", "file:", "command:", "command:'", "x:y"])
def test_a_key_is_no_setting(text: str) -> None:
    """A key that is given itself, in arguments that everybody sees, is refused without its text."""
    with pytest.raises(SettingsError) as refused:
        load({"master_key": text}, {})
    assert "must be file:PATH, env:VARIABLE or command:PROGRAM" in str(refused.value)
    assert TEXT not in str(refused.value)
    with pytest.raises(SettingsError, match="LARUM_MASTER_KEY must be file"):
        of_environment("master_key", {"LARUM_MASTER_KEY": text})


def test_the_environment_names_the_place() -> None:
    """What opens a directory by itself is told by the variable of the setting."""
    assert of_environment("master_key", {"LARUM_MASTER_KEY": "env:A"}) == "env:A"
    assert of_environment("master_key", {"LARUM_MASTER_KEY": ""}) is None
    assert of_environment("master_key", {}) is None
    assert "LARUM_MASTER_KEY" not in os.environ
