"""`larum findings`: files of findings and of triage rules, for people and for scripts."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

import larum
from larum.edge import finding_files, triage_rules_file
from tests.conformance.page import smallest
from tests.edge.declared import shell, type_larum, write
from tests.edge.larum_servers import ADMINISTRATOR, LarumServer
from tests.finding_documents import capitalized, event, guard_duty, security_finding

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

TRIAGE = [{"featureName": "Triage", "isEnabled": True}]
RULES = """\
rules:
  - name: ours
    priority: 1
    outcome: suppress
    match: {accounts: [123456789012], types: ["CryptoCurrency:*"], ip-ranges: [20.0.0.0/16]}
    expires-at: 2099-01-01T00:00:00Z
  - {name: rest, priority: 2, outcome: investigate}
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with a membership whose Triage is on."""
    path = tmp_path / "larum-data"
    with larum.Service(path) as service:
        client = service.client()
        client.create_membership(**smallest(optInFeatures=TRIAGE))
        client.close()
    return path


def typed(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Type `larum findings …` for the membership in the data directory."""
    address = ("--account", ADMINISTRATOR, "--data", str(data))
    return type_larum("findings", *words, *address, cwd=data.parent)


def told(data: Path, *words: str) -> Any:  # noqa: ANN401 - JSON
    """Return what a command tells a script."""
    done = typed(data, *words, "--output", "json")
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def as_array(documents: list[dict[str, Any]]) -> bytes:
    """Write a JSON array over many lines."""
    return json.dumps(documents, indent=1).encode()


def as_lines(documents: list[dict[str, Any]]) -> bytes:
    """Write JSON lines, with an empty one."""
    return b"\n\n".join(json.dumps(each).encode() for each in documents) + b"\r\n"


def as_export(documents: list[dict[str, Any]]) -> bytes:
    """Write what `aws guardduty get-findings` prints."""
    return json.dumps({"Findings": [capitalized(each) for each in documents]}).encode()


def as_gzip(documents: list[dict[str, Any]]) -> bytes:
    """Write what GuardDuty exports to a bucket."""
    return gzip.compress(as_lines(documents))


@pytest.mark.parametrize("form", [as_array, as_lines, as_export, as_gzip])
def test_files_of_every_form_are_taken_in(
    data: Path, form: Callable[[list[dict[str, Any]]], bytes]
) -> None:
    """Each form gives the same findings, and a second time they are there already."""
    file = data.parent / "findings"
    file.write_bytes(form([guard_duty(n, severity=5) for n in range(250)]))
    first = told(data, "ingest", str(file))
    assert (first["ingestedCount"], first["duplicateCount"], first["failures"]) == (250, 0, [])
    again = told(data, "ingest", str(file))
    assert (again["ingestedCount"], again["duplicateCount"]) == (0, 250)


def test_one_document_may_be_a_file(data: Path) -> None:
    """A single event over many lines is one document."""
    document = event("aws.securityhub", {"findings": [security_finding(n) for n in range(3)]})
    file = write(data.parent, json.dumps(document, indent=2), "event.json")
    assert told(data, "ingest", str(file))["ingestedCount"] == 3


def test_what_was_not_taken_in_is_told_by_its_place(data: Path) -> None:
    """The rest is taken in; the exit code is 1 and each fault has the place of its document."""
    good = [json.dumps(guard_duty(n)) for n in range(150)]
    long = json.dumps(guard_duty(900, title="x" * finding_files.LONGEST_DOCUMENT))
    lines = [*good[:120], "{broken", "{}", long, *good[120:]]
    file = write(data.parent, "\n".join(lines), "findings.jsonl")
    done = typed(data, "ingest", str(file))
    assert done.returncode == 1
    assert done.stdout.splitlines()[0] == "150  new"
    faults = done.stderr.splitlines()
    assert faults[0] == "larum: 3 documents not taken in."
    assert [each.split(":")[1] for each in faults[1:]] == [
        " document 121", " document 122", " document 123"
    ]  # fmt: skip


def test_a_file_that_is_none_is_refused(data: Path) -> None:
    """A file that is not there, or is cut off, ends the command before anything is sent."""
    assert typed(data, "ingest", "nothing.json").returncode == 3
    (data.parent / "half.gz").write_bytes(as_gzip([guard_duty()])[:-20])
    (data.parent / "half.json").write_bytes(as_array([guard_duty()])[:-20])
    (data.parent / "deep.json").write_bytes(b"[" * 100_000)
    for name in ("half.gz", "half.json", "deep.json"):
        done = typed(data, "ingest", name)
        assert (done.returncode, done.stdout) == (2, "")
        assert name in done.stderr


def test_batches_fit_into_calls() -> None:
    """No call has more than 100 findings or a body that the service would refuse."""
    small = [json.dumps(guard_duty(n)).encode() for n in range(250)]
    assert [len(each) for each in finding_files.batches(small)] == [100, 100, 50]
    several = json.dumps(event("aws.securityhub", {"findings": [{}] * 60})).encode()
    assert [len(each) for each in finding_files.batches([several] * 3)] == [1, 1, 1]
    large = [json.dumps({"x": '"\\\u20ac' * 20_000}, ensure_ascii=False).encode()] * 40
    for batch in finding_files.batches(large):
        body = json.dumps({"findings": [large[each].decode() for each in batch]})
        assert len(body) <= 4 * 1024 * 1024
    assert list(finding_files.batches([])) == []


def test_findings_are_listed_shown_and_advanced(data: Path) -> None:
    """What came in can be read and moved on by its id."""
    file = write(data.parent, json.dumps([guard_duty(1), guard_duty(2, severity=5)]), "f.json")
    assert typed(data, "ingest", str(file)).returncode == 0
    heading, *rows = typed(data, "list").stdout.splitlines()
    assert heading.split()[:4] == ["FINDING", "WHEN", "SEVERITY", "STATUS"]
    assert [each.split()[3:5] for each in rows] == [
        ["MEDIUM", "Investigating"],
        ["HIGH", "Escalated"],
    ]
    finding_id = told(data, "list", "--status", "Investigating")[0]["findingId"]
    shown = typed(data, "show", finding_id).stdout
    assert "Triage     investigate by severity" in shown
    assert typed(data, "advance", "falsepositive", finding_id).stdout == "1 finding changed.\n"
    assert told(data, "list", "--status", "InvestigatedFalsePositive")[0]["findingId"] == finding_id
    refused = typed(data, "advance", "Escalated", finding_id)
    assert (refused.returncode, finding_id in refused.stderr) == (1, True)
    empty = typed(data, "list", "--status", "Suppressed")
    assert (empty.stdout, empty.stderr) == ("", "There are no such findings.\n")


def test_a_file_of_rules_is_made_true(data: Path) -> None:
    """A dry run tells, a run changes, a second one does not; what is left out is removed."""
    file = str(write(data.parent, RULES, "rules.yaml"))
    assert typed(data, "apply-rules", file, "--dry-run").stdout == "put ours\nput rest\n"
    assert typed(data, "list-rules").stdout == ""
    assert typed(data, "apply-rules", file).stderr == "2 rules changed.\n"
    assert typed(data, "apply-rules", file).stderr == "Nothing to change.\n"
    rows = typed(data, "list-rules").stdout.splitlines()
    assert [each.split()[:3] for each in rows[1:]] == [
        ["1", "ours", "suppress"], ["2", "rest", "investigate"]
    ]  # fmt: skip
    findings = write(data.parent, json.dumps([guard_duty(n) for n in range(3)]), "f.json")
    assert told(data, "ingest", str(findings))["escalatedCount"] == 0
    tried = told(data, "test-rules", file)
    assert tried["rules"] == [{"name": "ours", "count": 3}, {"name": "rest", "count": 0}]
    assert (
        "3 findings would be decided otherwise"
        in typed(data, "test-rules", str(write(data.parent, "rules: []", "none.yaml"))).stderr
    )
    write(data.parent, RULES.partition("  - {name")[0], "rules.yaml")
    assert typed(data, "apply-rules", file).stdout == "remove rest\n"


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("", []),
        ("rules: []", []),
        ("rules: 7", ["line 1: must be a list"]),
        ("- 1", ["line 1: must be a mapping: names with values"]),
        ("rule: []", ["line 1: there is no such name; there is rules"]),
        ("rules: [\n", ["it is not YAML in UTF-8"]),
        ("rules:\n  - {name: a, name: b}", ["line 2: name is given twice"]),
        ("rules:\n  - 5\n  - {priority: x}",
         ["line 2: must be a mapping: names with values", "line 3: must be a whole number"]),
        ("rules:\n  - {name: a, priority: 1, outcome: suppress, expires-at: soon}",
         ["line 2: must be a time, such as 2027-01-01T00:00:00Z"]),
        ("rules:\n  - {priority: 1, outcome: suppress, expires-at: '9999-12-31T23:59:59-14:00'}",
         ["line 2: must be a time, such as 2027-01-01T00:00:00Z"]),
        ("rules:\n" + "  - {name: a, priority: 1, outcome: suppress}\n" * 2,
         ["line 3: the name is that of an earlier rule"]),
    ],
)  # fmt: skip
def test_faults_of_a_file_of_rules_have_their_lines(text: str, faults: list[str]) -> None:
    """Each fault is told with its line; a file without rules is one that removes them all."""
    assert triage_rules_file.read(text.encode()).faults == faults


def test_the_model_refuses_values_by_the_names_of_the_file() -> None:
    """What the service would refuse is found before anything is sent, in the file's own words."""
    text = RULES.replace("20.0.0.0/16", "nowhere").replace("suppress", "hide")
    faults = triage_rules_file.read(text.encode()).faults
    assert [each.split(": ")[1] for each in faults] == ["outcome", "ip-ranges[0]"]


def test_a_server_is_fed_from_a_file(tmp_path: Path) -> None:
    """Over HTTP several calls are in flight, and every finding arrives once."""
    data = tmp_path / "larum-data"
    with larum.Service(data) as service:
        client = service.client()
        client.create_membership(**smallest(optInFeatures=TRIAGE))
        client.close()
    file = write(tmp_path, json.dumps([guard_duty(n, severity=2) for n in range(1_000)]), "f.json")
    with LarumServer(data) as server:
        words = ("findings", "ingest", str(file), "--account", ADMINISTRATOR)
        done = type_larum(*words, cwd=tmp_path, environment=shell(server))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == "1,000  new"
