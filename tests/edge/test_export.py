"""`larum export`: everything of a membership, whole or not there, and whoever touches it is found.

The bytes of attachments are exported by the story of the demonstration (test_demo.py).
"""

from __future__ import annotations

import hashlib
import json
import re
import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

import larum
from larum.clock import utc_now
from larum.edge import export as exports
from larum.edge import signed_urls
from tests.conformance.page import smallest
from tests.documents import ROOT
from tests.edge.declared import shell, type_larum
from tests.edge.larum_servers import ADMINISTRATOR, LarumServer
from tests.edge.shells import CASE, NAME, Shell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMENTS = 3


@pytest.fixture
def here(tmp_path: Path) -> Shell:
    """A data directory in which nothing has been made."""
    found = Shell(tmp_path)
    larum.Service(found.data).close()
    return found


@pytest.fixture
def made(here: Shell) -> tuple[str, list[str]]:
    """A membership and two cases with comments."""
    membership, cases = here.open_membership("Self", "AWS", tags={"env": "prod"})
    with larum.Service(here.data) as service:
        client = service.client()
        for case in cases:
            for number in range(COMMENTS):
                client.create_case_comment(caseId=case, body=f"Comment {number}: ünïcode ✓")
        client.close()
    return membership, cases


def exported(here: Shell, membership: str, *words: str) -> Path:
    """Export to a new directory and return it."""
    target = here.directory / "evidence"
    here.text("export", membership, str(target), *words)
    return target


def test_everything_is_there(here: Shell, made: tuple[str, list[str]]) -> None:
    """The files hold what the API says, by their documented names, and the manifest counts them."""
    membership, cases = made
    folder = exported(here, membership)
    names = {each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()}
    parts = ("case.json", "comments.jsonl", "edits.jsonl", "investigations.jsonl")
    assert names == {
        "manifest.json",
        "membership.json",
        *(f"cases/{case}/{part}" for case in cases for part in parts),
    }
    whole = json.loads((folder / "membership.json").read_text("utf-8"))
    assert (whole["membershipName"], whole["tags"]) == (NAME, {"env": "prod"})
    for case in cases:
        where = folder / "cases" / case
        described = json.loads((where / "case.json").read_text("utf-8"))
        assert described == here.told("cases", "show", case, "--account", ADMINISTRATOR)
        assert (described["title"], described["tags"]) == (CASE["title"], CASE["tags"])
        for part in ("comments", "edits"):
            lines = (where / f"{part}.jsonl").read_text("utf-8").splitlines()
            assert [json.loads(line) for line in lines] == here.told("cases", part, case)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert (manifest["cases"], manifest["comments"], manifest["attachments"]) == (2, 6, 0)
    assert {each["path"] for each in manifest["files"]} == names - {"manifest.json"}
    for each in manifest["files"]:
        content = (folder / each["path"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (
            each["bytes"],
            each["sha256"],
        )


def test_the_guide_shows_the_manifest_as_it_is(here: Shell, made: tuple[str, list[str]]) -> None:
    """docs/export.md shows exactly the members that a manifest has, in their order."""
    folder = exported(here, made[0])
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    guide = (ROOT / "docs/export.md").read_text("utf-8")
    found = re.search(r"```json\n(.*?)```", guide, re.DOTALL)
    assert found
    shown = json.loads(found[1])
    assert list(shown) == list(manifest)
    assert list(shown["files"][0]) == list(manifest["files"][0])


def test_a_cancelled_membership_is_exported_the_same(
    here: Shell, made: tuple[str, list[str]]
) -> None:
    """Its archived cases are copied as they were; those of another one are not among them."""
    membership, cases = made
    before = exported(here, membership)
    before.rename(here.directory / "before")
    here.text("memberships", "cancel", membership, "--confirm", NAME)
    other, _ = here.open_membership("Self")
    here.text("memberships", "cancel", other, "--confirm", NAME)
    after = exported(here, membership)
    assert sorted(each.name for each in (after / "cases").iterdir()) == sorted(cases)
    for case in cases:
        for part in ("comments.jsonl", "edits.jsonl", "investigations.jsonl"):
            name = f"cases/{case}/{part}"
            assert (after / name).read_bytes() == (here.directory / "before" / name).read_bytes()
    assert json.loads((after / "membership.json").read_bytes())["membershipStatus"] == "Cancelled"


def test_a_membership_is_found_by_its_id_or_arn_over_http(
    here: Shell, made: tuple[str, list[str]]
) -> None:
    """A server gives the same export; an ARN needs no search, an unknown id is told."""
    arn = f"arn:aws:security-ir:us-east-1:{ADMINISTRATOR}:membership/{made[0]}"
    with LarumServer(here.data) as server:
        for number, name in enumerate((made[0], arn)):
            target = str(here.directory / f"export{number}")
            done = type_larum("export", name, target, cwd=here.directory, environment=shell(server))
            assert done.returncode == 0, done.stderr
            assert "2 cases, 6 comments" in done.stdout
        unknown = type_larum(
            *["export", "m-aaaaaaaaaaaa", str(here.directory / "none")],
            cwd=here.directory,
            environment=shell(server),
        )
    assert (unknown.returncode, "m-aaaaaaaaaaaa" in unknown.stderr) == (1, True)
    assert not (here.directory / "none").exists()


def test_a_good_export_verifies(here: Shell, made: tuple[str, list[str]]) -> None:
    """Nothing is found in what nobody touched, and both commands tell the manifest's checksum."""
    target = here.directory / "evidence"
    told = here.told("export", made[0], str(target))
    done = here.larum("export", "--verify", str(target))
    assert (done.returncode, "9 files" in done.stdout) == (0, True), done.stderr
    sealed = hashlib.sha256((target / "manifest.json").read_bytes()).hexdigest()
    assert sealed in done.stdout
    assert told["manifestSha256"] == sealed


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _planted(folder: Path, case: str, what: str) -> str:
    """Damage an export and return the name of the file that a check must tell."""
    name = f"cases/{case}/comments.jsonl"
    file = folder / name
    if what == "one bit":
        _flip(file)
    elif what == "shorter":
        file.write_bytes(file.read_bytes()[:-1])
    elif what == "missing":
        file.unlink()
    elif what == "extra":
        name = "cases/extra.txt"
        (folder / name).write_text("planted", "utf-8")
    elif what == "a link":
        copy = folder.parent / "copy"
        file.rename(copy)
        file.symlink_to(copy)
    return name


@pytest.mark.parametrize("what", ["one bit", "shorter", "missing", "extra", "a link"])
def test_damage_is_found_and_named(here: Shell, made: tuple[str, list[str]], what: str) -> None:
    """Whatever is done to a file, the check ends with 1 and says which one."""
    folder = exported(here, made[0])
    name = _planted(folder, made[1][0], what)
    done = here.larum("export", "--verify", str(folder))
    assert done.returncode == 1
    assert name in done.stderr
    report = here.larum("export", "--verify", str(folder), "--output", "json")
    assert name in json.loads(report.stdout)["difference"]


def test_the_first_of_several_differences_is_told(here: Shell, made: tuple[str, list[str]]) -> None:
    """Of two damaged files the first by name is told."""
    folder = exported(here, made[0])
    _flip(folder / "membership.json")
    _flip(folder / f"cases/{made[1][0]}/edits.jsonl")
    assert f"cases/{made[1][0]}/edits.jsonl" in here.larum("export", "--verify", str(folder)).stderr


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": "other"}', '{"format": "larum-export", "version": 2}']
)
def test_what_is_no_export_is_no_difference(here: Shell, text: str) -> None:
    """A directory without a manifest that can be read ends with 3."""
    folder = here.directory / "other"
    folder.mkdir()
    if text:
        (folder / "manifest.json").write_text(text, "utf-8")
    done = here.larum("export", "--verify", str(folder))
    assert (done.returncode, str(folder) in done.stderr) == (3, True)


@pytest.mark.parametrize("path", ["../secret", "/etc/hostname", "a/../../b", "a//b", ""])
def test_a_manifest_leads_nowhere_else(here: Shell, made: tuple[str, list[str]], path: str) -> None:
    """A manifest that somebody made up cannot make the check read other files."""
    folder = exported(here, made[0])
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["files"].append({"path": path, "bytes": 1, "sha256": "0" * 64})
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    done = here.larum("export", "--verify", str(folder))
    assert (done.returncode, "outside" in done.stderr) == (3, True)


def test_what_is_there_is_never_touched(here: Shell, made: tuple[str, list[str]]) -> None:
    """An existing target, and a .partial that no export left, are refused and stay."""
    target = here.directory / "evidence"
    target.mkdir()
    (target / "mine").write_text("kept", "utf-8")
    done = here.larum("export", made[0], str(target))
    assert (done.returncode, "exists already" in done.stderr) == (3, True)
    assert (target / "mine").read_text("utf-8") == "kept"
    partial = here.directory / "other.partial"
    partial.mkdir()
    (partial / "mine").write_text("kept", "utf-8")
    done = here.larum("export", made[0], str(here.directory / "other"))
    assert (done.returncode, "in the way" in done.stderr) == (3, True)
    assert (partial / "mine").read_text("utf-8") == "kept"


def _reading(service: larum.Service, *, broken_after: int) -> exports.Reading:
    """Return a reading of a service whose line breaks after that many answers."""
    client: Any = service.client("larum")
    answers = 0

    def call(operation: str, **params: Any) -> dict[str, Any]:
        nonlocal answers
        answers += 1
        if answers > broken_after:
            raise ConnectionError("the line is broken")
        answer = dict(getattr(client, operation)(**params))
        del answer["ResponseMetadata"]
        return answer

    def pages(operation: str, **params: Any) -> Iterator[dict[str, Any]]:
        yield call(operation, **params)

    return exports.Reading(call, pages, signed_urls.download, utc_now)


def test_what_is_called_as_asked_is_whole(here: Shell, made: tuple[str, list[str]]) -> None:
    """Wherever an export breaks off, there is no target; the next try replaces what it left."""
    target = here.directory / "evidence"
    address = exports.Address(ADMINISTRATOR, "us-east-1", made[0])
    with larum.Service(here.data) as service:
        for answers in range(11):
            with pytest.raises(ConnectionError):
                exports.write(
                    _reading(service, broken_after=answers), address, target, lambda _: None
                )
            assert not target.exists()
            assert (here.directory / "evidence.partial").exists()
        counts = exports.write(_reading(service, broken_after=11), address, target, lambda _: None)
    assert (counts.cases, counts.comments) == (2, 6)
    assert not (here.directory / "evidence.partial").exists()
    assert here.larum("export", "--verify", str(target)).returncode == 0


def test_a_membership_that_ends_meanwhile_is_not_half_exported(
    here: Shell, made: tuple[str, list[str]]
) -> None:
    """Where a cancellation cuts the list of cases short, that is told, and there is no target."""
    target = here.directory / "evidence"
    address = exports.Address(ADMINISTRATOR, "us-east-1", made[0])
    with larum.Service(here.data) as service:
        whole = _reading(service, broken_after=100)

        def pages(operation: str, **params: Any) -> Iterator[dict[str, Any]]:
            if operation == "list_cases":
                service.client().cancel_membership(membershipId=made[0])
            yield from whole.pages(operation, **params)

        with pytest.raises(exports.ExportRefused, match="Export it again"):
            exports.write(replace(whole, pages=pages), address, target, lambda _: None)
        assert not target.exists()
        counts = exports.write(whole, address, target, lambda _: None)
    assert counts.cases == 2


def test_comments_are_not_held_in_memory(tmp_path: Path) -> None:
    """A hundred thousand comments of 1 kB take no more memory than a page of them."""
    comment = {"commentId": "000000", "body": "x" * 1000}

    def call(operation: str, **_: Any) -> dict[str, Any]:
        return {"membershipStatus": "Active"} if operation == "get_membership" else {}

    def pages(operation: str, **_: Any) -> Iterator[dict[str, Any]]:
        if operation == "list_cases":
            yield {"items": [{"caseId": "0000000001", "membershipId": "m-abcd1234efgh"}]}
        elif operation == "list_comments":
            for _page in range(1000):
                yield {"items": [dict(comment) for _ in range(100)]}

    reading = exports.Reading(call, pages, lambda _url: [], utc_now)
    address = exports.Address(ADMINISTRATOR, "us-east-1", "m-abcd1234efgh")
    tracemalloc.start()
    try:
        counts = exports.write(reading, address, tmp_path / "evidence", lambda _: None)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert counts.comments == 100_000
    assert peak < 4 << 20


@pytest.mark.parametrize("name", ["../../x", "", "123456789", "0000000001/..", "١٢٣٤٥٦٧٨٩٠"])
def test_no_name_of_a_server_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    """A server that names a case in another way than the service does writes no file with it."""

    def call(operation: str, **_: Any) -> dict[str, Any]:
        return {"membershipStatus": "Active"} if operation == "get_membership" else {}

    def pages(_: str, **_params: Any) -> Iterator[dict[str, Any]]:
        yield {"items": [{"caseId": name, "membershipId": "m-abcd1234efgh"}]}

    reading = exports.Reading(call, pages, lambda _url: [], utc_now)
    address = exports.Address(ADMINISTRATOR, "us-east-1", "m-abcd1234efgh")
    with pytest.raises(exports.ExportRefused):
        exports.write(reading, address, tmp_path / "evidence", lambda _: None)
    assert not (tmp_path / "evidence").exists()


def test_wrong_calls_are_told(here: Shell) -> None:
    """Too few and too many words end with 2 and say how it is done."""
    for words in ([], ["m-aaaaaaaaaaaa"], ["m-aaaaaaaaaaaa", "--verify", "x"]):
        done = here.larum("export", *words)
        assert (done.returncode, "larum export" in done.stderr) == (2, True)


def test_evidence_that_is_gone_is_named_with_the_reason(tmp_path: Path) -> None:
    """A week after closing the bytes are deleted; the export says so, and of what never came."""
    now = datetime(2026, 11, 1, tzinfo=UTC)
    settings = larum.Settings(auth="relaxed")
    with larum.Service(settings=settings, clock=lambda: now) as service:
        client: Any = service.client()
        membership = client.create_membership(**smallest())["membershipId"]
        case = client.create_case(**CASE, resolverType="Self")["caseId"]
        urls = [
            client.get_case_attachment_upload_url(caseId=case, fileName=name, contentLength=4)
            for name in ("kept.txt", "never.txt")
        ]
        signed_urls.upload(urls[0]["attachmentPresignedUrl"], b"data")
        client.close_case(caseId=case)
        client.close()
        address = exports.Address(ADMINISTRATOR, "us-east-1", membership)
        found = []
        for days in (6, 2):
            now += timedelta(days=days)
            while service.sweep():
                pass
            target = tmp_path / f"after {days}"
            reading = _reading(service, broken_after=99)
            counts = exports.write(reading, address, target, lambda _: None)
            manifest = json.loads((target / "manifest.json").read_bytes())
            found.append((counts.attachments, manifest["attachmentsWithoutBytes"]))
    (kept, (never,)), (gone, lacking) = found
    assert (kept, gone, len(lacking)) == (1, 0, 2)
    assert never["reason"].startswith("Failed")
    assert never in lacking
    (deleted,) = [each["reason"] for each in lacking if each != never]
    assert "deleted" in deleted
