"""`larum memberships`: opened, shown, cancelled with open eyes, and brought back."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

import larum
from larum.edge.cli import cancelling
from tests.conformance.page import smallest
from tests.edge.declared import GUIDE, shell, type_larum, write
from tests.edge.larum_servers import ADMINISTRATOR, LarumServer
from tests.edge.shells import NAME, Shell

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

TEAM = (
    "--responder",
    "Ana Silva,CISO,ana@example.com",
    "--responder",
    "Ben Okoye,SOC,b@example.com",
)


@pytest.fixture
def here(tmp_path: Path) -> Shell:
    """A data directory with the guide's directory, and nothing else in it."""
    found = Shell(tmp_path)
    larum.Service(found.data).close()
    done = found.larum("apply", str(write(tmp_path, GUIDE)))
    assert done.returncode == 0, done.stderr
    return found


@pytest.fixture
def opened(here: Shell) -> str:
    """The id of a membership of the whole organization: two open cases, and one that is Closed."""
    made, cases = here.open_membership("Self", "AWS", "Self", coverEntireOrganization=True)
    with larum.Service(here.data) as service:
        client = service.client()
        client.close_case(caseId=cases[-1])
        client.close()
    return made


def test_a_membership_is_opened_listed_and_shown(here: Shell) -> None:
    """What create made stands in list and show, for people and for scripts."""
    done = here.larum("memberships", "create", NAME, *TEAM, "--triage", "--cover-organization")
    assert done.returncode == 0, done.stderr
    made = done.stdout.strip()
    assert re.fullmatch("m-[a-z0-9]{30}", made)
    listed = here.larum("memberships", "list").stdout.splitlines()
    assert listed[0].split() == ["MEMBERSHIP", "STATUS", "REGION", "ACCOUNT", "NAME"]
    assert listed[1].split(maxsplit=4) == [made, "Active", "us-east-1", ADMINISTRATOR, NAME]
    assert [each["membershipName"] for each in here.told("memberships", "list")] == [NAME]
    shown = here.larum("memberships", "show", made).stdout
    for words in ("Active", "accounts covered  3", "the organization", "Triage on", "Ana Silva"):
        assert words in shown
    whole = here.told("memberships", "show", made)
    assert whole["membershipId"] == made
    assert "ResponseMetadata" not in whole


def test_no_membership_is_no_fault(here: Shell) -> None:
    """An account without any is told how to open one, and a script gets an empty list."""
    done = here.larum("memberships", "list")
    assert (done.returncode, done.stdout) == (0, "")
    assert "larum memberships create" in done.stderr
    assert here.told("memberships", "list") == []


@pytest.mark.parametrize("responder", ["Ana Silva", "Ana,CISO", "a,b,c,d"])
def test_a_responder_is_three_words(here: Shell, responder: str) -> None:
    """A person who is not given as name, job and address is refused before anything is sent."""
    done = here.larum("memberships", "create", NAME, "--responder", responder)
    assert done.returncode == 2
    assert "NAME,JOB,EMAIL" in done.stderr


def test_what_the_service_refuses_is_exit_code_1(here: Shell, opened: str) -> None:
    """A second membership and an unknown one end with 1 and the service's own words."""
    second = here.larum("memberships", "create", "Another", *TEAM)
    assert (second.returncode, opened in second.stderr) == (1, True)
    unknown = here.larum("memberships", "show", "m-aaaaaaaaaaaa")
    assert (unknown.returncode, "AccessDeniedException" in unknown.stderr) == (1, True)


def test_the_administrator_sees_those_of_other_accounts(here: Shell) -> None:
    """--account and --all-accounts list what the account's own list has, in every Region."""
    with larum.Service(here.data, larum.Settings(region=("us-east-1", "eu-west-1"))) as service:
        client = service.client(account="444444444444", region="eu-west-1")
        made = client.create_membership(**smallest(membershipName="Partner"))["membershipId"]
        client.close()
    assert here.told("memberships", "list") == []
    for words in (["--account", "444444444444"], ["--all-accounts"]):
        (item,) = here.told("memberships", "list", *words)
        assert (item["membershipId"], item["region"]) == (made, "eu-west-1")
        assert item["membershipName"] == "Partner"
    assert here.larum("memberships", "show", made).returncode == 1
    words = ["show", made, "--account", "444444444444", "--region", "eu-west-1"]
    assert here.told("memberships", *words)["membershipName"] == "Partner"
    both = here.larum("memberships", "list", "--account", "444444444444", "--all-accounts")
    assert both.returncode == 2


def test_a_profile_of_the_data_directory_acts_for_its_account(here: Shell) -> None:
    """--profile with an account that apply made a key for opens that account's membership."""
    with_key = here.larum("memberships", "create", NAME, *TEAM, "--profile", "222222222222")
    assert with_key.returncode == 0, with_key.stderr
    (item,) = here.told("memberships", "list", "--profile", "222222222222")
    assert item["accountId"] == "222222222222"
    unknown = here.larum("memberships", "list", "--profile", "nobody")
    assert (unknown.returncode, "nobody" in unknown.stderr) == (2, True)
    region = here.larum("memberships", "list", "--region", "mars-1")
    assert (region.returncode, "us-east-1" in region.stderr) == (2, True)


def test_a_cancellation_says_everything_first(here: Shell, opened: str) -> None:
    """--dry-run tells what ends, what stays, who is told and the way back, and changes nothing."""
    done = here.larum("memberships", "cancel", opened, "--dry-run")
    assert done.returncode == 0, done.stderr
    text = " ".join(done.stdout.split())
    for words in (
        f"{opened} “{NAME}” of account {ADMINISTRATOR} in us-east-1 will be Cancelled.",
        "3 accounts no longer covered.",
        "Work on 2 cases that are open ends: 1 self-managed, 1 AWS-supported.",
        "All 3 cases out of the reach of the API",
        "The team hears of it: ana@example.com, bob@example.com.",
        "larum cases list --archived",
        f"larum export {opened} DIR",
        f"larum memberships undo-cancel {opened}",
        "after 30 days",
    ):
        assert words in text, words
    assert "Nothing was changed." in done.stderr
    assert here.told("memberships", "show", opened)["membershipStatus"] == "Active"
    facts = here.told("memberships", "cancel", opened, "--dry-run")
    assert facts["openCases"] == {"Self": 1, "AWS": 1}
    assert facts["cases"] == facts["casesLookedAt"] == 3
    assert facts["told"] == ["ana@example.com", "bob@example.com"]


@pytest.mark.parametrize("name", ["example corp", "Example Corp ", "yes", "y", ""])
def test_a_wrong_name_cancels_nothing(here: Shell, opened: str, name: str) -> None:
    """Only the exact name is a yes."""
    done = here.larum("memberships", "cancel", opened, "--confirm", name)
    assert done.returncode == 2
    assert "Nothing was changed." in done.stderr
    assert here.told("memberships", "show", opened)["membershipStatus"] == "Active"


def test_silence_is_no_yes(here: Shell, opened: str) -> None:
    """Without a name and without anybody to ask, nothing is cancelled; there is no bare yes."""
    done = here.larum("memberships", "cancel", opened)
    assert (done.returncode, "No name was given." in done.stderr) == (2, True)
    assert "The way back" in done.stderr
    assert here.larum("memberships", "cancel", opened, "-y").returncode == 2
    assert here.told("memberships", "show", opened)["membershipStatus"] == "Active"


def test_a_membership_is_cancelled_and_brought_back(here: Shell, opened: str) -> None:
    """Over HTTP too: the name cancels it, undo-cancel makes it Active again."""
    with LarumServer(here.data) as server:
        environment = shell(server)

        def typed(*words: str) -> subprocess.CompletedProcess[str]:
            return type_larum(*words, cwd=here.directory, environment=environment)

        done = typed("memberships", "cancel", opened, "--confirm", NAME)
        assert (done.returncode, "is Cancelled" in done.stdout) == (0, True), done.stderr
        again = typed("memberships", "cancel", opened, "--confirm", NAME)
        assert (again.returncode, "Cancelled already" in again.stderr) == (2, True)
        undone = typed("memberships", "undo-cancel", opened)
        assert undone.stdout == f"{opened} is Active; accounts covered: 3.\n"


def test_a_cancellation_that_waits_says_until_when(here: Shell, opened: str) -> None:
    """Where the month ends first, the command says so; undo-cancel takes it back."""
    with LarumServer(here.data, "--cancellation", "end-of-month") as server:
        environment = shell(server)

        def typed(*words: str) -> subprocess.CompletedProcess[str]:
            return type_larum(*words, cwd=here.directory, environment=environment)

        done = typed("memberships", "cancel", opened, "--confirm", NAME)
        assert done.stdout.startswith(f"{opened} stays Active until 20"), done.stderr
        again = typed("memberships", "cancel", opened, "--confirm", NAME, "--output", "json")
        told = json.loads(again.stdout)
        assert told["membershipStatus"] == "Active"
        ends = datetime.fromisoformat(told["membershipDeactivationTimestamp"])
        assert timedelta(days=27) < ends - datetime.now(UTC) <= timedelta(days=31)
        undone = typed("memberships", "undo-cancel", opened)
        assert undone.stdout == f"{opened} is Active; accounts covered: 3.\n"


def test_a_count_that_is_bounded_says_so() -> None:
    """Of very many cases only the latest are looked at, and none is told as none."""
    many = cancelling.OpenCases({"Self": 1, "AWS": 0}, total=9_000, seen=5_000)
    told = "\n".join(cancelling.lines(_membership(), many))
    assert "1 case that is open ends: 1 self-managed, of the 5,000 that changed last." in told
    none = cancelling.OpenCases({"Self": 0, "AWS": 0}, total=0, seen=0)
    told = "\n".join(cancelling.lines(_membership(), none))
    assert "No case is open." in told
    assert "There are no cases." in told
    assert "Nobody on the team asked to hear of it" in told


def _membership() -> dict[str, Any]:
    return {
        "membershipId": "m-abcd1234efgh",
        "membershipName": NAME,
        "accountId": ADMINISTRATOR,
        "region": "us-east-1",
        "numberOfAccountsCovered": 1,
        "incidentResponseTeam": [],
    }
