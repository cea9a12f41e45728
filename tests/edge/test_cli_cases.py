"""`larum cases`: read by its account, and by the administrator when it is archived too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import larum
from larum.edge.cli import terminal
from tests.edge.declared import shell, type_larum
from tests.edge.larum_servers import ADMINISTRATOR, LarumServer
from tests.edge.shells import CASE, NAME, Shell

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = {"accountId": ADMINISTRATOR, "region": "us-east-1"}


@pytest.fixture
def here(tmp_path: Path) -> Shell:
    """A data directory in which nothing has been made."""
    found = Shell(tmp_path)
    larum.Service(found.data).close()
    return found


def lived_in(here: Shell) -> tuple[str, str]:
    """Make a membership and an AWS-supported case with a history; return their ids."""
    made, (case,) = here.open_membership("AWS")
    with larum.Service(here.data) as service:
        client, responder = service.client(), service.client("larum")
        client.create_case_comment(caseId=case, body="First line.\nSecond line.")
        responder.acknowledge_case(**ADDRESS, caseId=case)
        responder.put_investigation(
            **ADDRESS, caseId=case, actionType="Evidence", title="Access records", content="None."
        )
        responder.request_customer_action(**ADDRESS, caseId=case)
        client.update_case(caseId=case, caseMetadata=[{"key": "severity", "value": "high"}])
        responder.request_customer_action(**ADDRESS, caseId=case)
        client.close()
        responder.close()
    return made, case


def test_a_case_is_listed_and_shown(here: Shell) -> None:
    """List and show say for people what the API says, and for scripts exactly that."""
    _, case = lived_in(here)
    heading, row = here.text("cases", "list").splitlines()
    assert heading.split() == ["CASE", "STATUS", "RESOLVER", "WAITS", "FOR", "UPDATED", "TITLE"]
    for words in (case, "Acknowledged", "AWS", "Customer", CASE["title"]):
        assert words in row
    (item,) = here.told("cases", "list")
    assert (item["caseId"], item["title"]) == (case, CASE["title"])
    shown = here.text("cases", "show", case)
    for words in ("Acknowledged", "Carol, CISO, carol@example.com", "severity: high", "By nobody"):
        assert words in shown
    assert here.told("cases", "show", case)["description"] == CASE["description"]


def test_what_belongs_to_a_case_is_shown_in_order(here: Shell) -> None:
    """Comments with their lines, edits with who made them, investigations with their state."""
    _, case = lived_in(here)
    comments = here.text("cases", "comments", case)
    assert "    First line.\n    Second line.\n" in comments
    assert comments.startswith("000000  ")
    edits = here.text("cases", "edits", case).splitlines()
    assert [" ".join(each.split()[2:4]) for each in edits][:3] == [
        "Create case",
        "Add comment",
        "Acknowledge case",
    ]
    assert "Access records" in here.text("cases", "investigations", case)
    for words, key in (("comments", "body"), ("edits", "message"), ("investigations", "title")):
        items = here.told("cases", words, case)
        assert items
        assert all(key in each for each in items)
    assert here.told("cases", "comments", case) == here.told(
        "cases", "comments", case, "--account", ADMINISTRATOR
    )


def test_archived_cases_are_read_by_the_administrator(here: Shell) -> None:
    """After a cancellation the account is told where its cases are, and there they are whole."""
    made, case = lived_in(here)
    before = here.told("cases", "edits", case)
    assert here.told("cases", "list", "--archived") == []
    here.text("memberships", "cancel", made, "--confirm", NAME)
    refused = here.larum("cases", "show", case)
    assert refused.returncode == 1
    assert "larum cases list --archived" in refused.stderr
    (item,) = here.told("cases", "list", "--archived")
    assert (item["caseId"], item["membershipId"]) == (case, made)
    shown = here.text("cases", "show", case, "--account", ADMINISTRATOR)
    assert "archived" in shown
    assert "team: shop" in shown
    assert here.told("cases", "edits", case, "--account", ADMINISTRATOR) == before
    assert here.told("cases", "list", "--account", ADMINISTRATOR) == []
    here.text("memberships", "undo-cancel", made)
    assert here.told("cases", "list", "--archived") == []
    assert here.told("cases", "edits", case) == before


def test_nothing_to_show_is_said(here: Shell) -> None:
    """Empty lists are told to people, are empty lists to scripts, and are no fault."""
    _, (case,) = here.open_membership("Self")
    done = here.larum("cases", "comments", case)
    assert (done.returncode, done.stdout) == (0, "")
    assert f"Case {case} has no comments." in done.stderr
    assert here.told("cases", "comments", case) == []
    none = here.larum("cases", "list", "--archived")
    assert (none.returncode, "no archived cases" in none.stderr) == (0, True)
    unknown = here.larum("cases", "show", "0000000000")
    assert (unknown.returncode, "ResourceNotFoundException" in unknown.stderr) == (1, True)


def test_long_lists_are_cut_and_can_be_had_whole(here: Shell) -> None:
    """25 cases are shown and the number of all is said; --all gives each of them once."""
    _, cases = here.open_membership(*["Self"] * 30)
    done = here.larum("cases", "list")
    assert len(done.stdout.splitlines()) == 26
    assert "25 of 30; --all shows them all." in done.stderr
    whole = [each["caseId"] for each in here.told("cases", "list", "--all")]
    assert whole == cases[::-1]
    other = here.told("cases", "list", "--all", "--account", ADMINISTRATOR)
    assert [each["caseId"] for each in other] == whole


def test_a_server_answers_the_same(here: Shell) -> None:
    """Over HTTP, with the usual credentials, a list is what it is in process."""
    _, case = lived_in(here)
    expected = here.told("cases", "list")
    with LarumServer(here.data) as server:
        for words in (["list"], ["list", "--account", ADMINISTRATOR]):
            done = type_larum(
                *["cases", *words, "--output", "json"],
                cwd=here.directory,
                environment=shell(server),
            )
            assert done.returncode == 0, done.stderr
            (item,) = json.loads(done.stdout)
            assert item.items() >= expected[0].items()
            assert item["caseId"] == case


def test_what_others_wrote_is_told_and_not_obeyed(here: Shell) -> None:
    """A return to the start of a line, or letters turned round, hide nothing on a terminal."""
    made = here.open_membership("Self")[1][0]
    title, text = "a\u202eb", "harmless\rrm -rf\u202e"
    with larum.Service(here.data) as service:
        client = service.client()
        client.update_case(caseId=made, title=title, description=text)
        client.create_case_comment(caseId=made, body=text)
        client.close()
    in_json = here.text("cases", "show", made, "--output", "json")
    for told in (
        here.text("cases", "list"),
        here.text("cases", "show", made),
        here.text("cases", "comments", made),
        in_json,
    ):
        assert not set("\r\u202e") & set(told)
    assert "harmless\ufffdrm -rf\ufffd" in here.text("cases", "show", made)
    assert (json.loads(in_json)["title"], json.loads(in_json)["description"]) == (title, text)


def test_no_control_character_reaches_a_terminal() -> None:
    """Whatever the service lets through, or a stranger's server says, is shown and not obeyed."""
    evil = "\x1b[2J\x9b31m\x7f\x08\u2066"
    assert terminal.harmless(f"{evil}\n\tä") == "\ufffd[2J\ufffd31m\ufffd\ufffd\ufffd\n\tä"
    assert terminal.on_one_line("a\nb\tc") == "a b c"
    escaped = terminal.escaped(json.dumps(evil, ensure_ascii=False))
    assert escaped.isascii()
    assert json.loads(escaped) == evil
