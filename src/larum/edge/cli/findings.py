"""The commands on findings: `larum findings ingest|list|show|advance`.

Those on triage rules are in edge/cli/triage_rules.py; all call the `larum` model.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from larum.edge import finding_files
from larum.edge.cli.calls import (
    CANNOT_OPEN,
    REFUSED,
    WRONG_CALL,
    connected,
    print_json,
    print_rows,
    reaching,
    stop,
    working,
)
from larum.edge.cli.printing import ABSENT, count, pages, plain, print_facts, print_json_list, when

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from larum.edge.cli.calls import Connection, Where

HEADINGS: Final = ("FINDING", "WHEN", "SEVERITY", "STATUS", "CASE", "ACCOUNT", "TYPE")
WIDTHS: Final = (28, 20, 13, 25, 10, 12)
STATUSES: Final = (
    "Suppressed",
    "FalsePositive",
    "Investigating",
    "InvestigatedFalsePositive",
    "InvestigatedTruePositive",
    "Escalated",
    "EscalatedFalsePositive",
    "EscalatedTruePositive",
)
STEPS: Final = ("InProgress", "FalsePositive", "TruePositive", "Escalated")
# While the server works on one call the next ones are read and signed.
IN_FLIGHT: Final = 3
FAULTS_TOLD: Final = 20
OF_ACCOUNT: Final = click.option(
    "--account", metavar="ACCOUNT", required=True, help="The account that holds the membership."
)
COUNTS: Final = (
    ("ingestedCount", "new"),
    ("escalatedCount", "of these escalated"),
    ("duplicateCount", "there already"),
    ("sampleCount", "samples, dropped"),
    ("postureCount", "checks of configurations, dropped"),
    ("notCoveredCount", "of accounts that are not covered, dropped"),
)


@click.group(short_help="Take in, read and advance findings, and their triage rules.")
def findings() -> None:
    """Take in, read and advance findings, and keep the triage rules that sort them.

    Needs the administrator account's key, and a membership whose Triage feature is enabled.

    \b
    larum findings ingest findings.json --account 222222222222
    larum findings list --account 222222222222 --status Escalated
    larum findings apply-rules rules.yaml --account 222222222222 --dry-run
    """  # noqa: D301 - the backslash-b keeps click from joining the lines


@findings.command(short_help="Take in the findings of a file.")
@click.argument("file", type=click.Path(path_type=Path))
@OF_ACCOUNT
@reaching
def ingest(file: Path, account: str, where: Where, output: str) -> None:
    """Take in the findings of FILE, from GuardDuty, Security Hub or EventBridge.

    FILE is a JSON array, JSON lines, or what `aws guardduty get-findings` and `aws securityhub
    get-findings` print, gzipped or not. It may be given again at any time: a finding is counted
    once. Findings that were not understood are told by their place, and the exit code is 1.
    """
    try:
        found = finding_files.documents(content_of(file))
    except finding_files.NotFindings as error:
        stop(WRONG_CALL, f"{file}: {error}.")
    with connected(where) as connection, _bar(len(found)) as advanced:
        told, faults = _ingested(connection, account, found, advanced)
    if output == "json":
        failures = [{"index": place, "reason": reason} for place, reason in faults]
        print_json({name: told[name] for name, _ in COUNTS} | {"failures": failures})
    else:
        print_facts((f"{told[name]:,}", words) for name, words in COUNTS)
    if faults:
        lines = [f"document {place + 1}: {reason}" for place, reason in faults[:FAULTS_TOLD]]
        stop(REFUSED, f"{count(len(faults), 'document')} not taken in.", *lines)


@findings.command("list", short_help="List the findings of a membership.")
@OF_ACCOUNT
@click.option("--status", type=click.Choice(STATUSES), help="Only those of this status.")
@click.option("--case", metavar="CASE", help="Only those in the case of this id.")
@reaching
def list_findings(
    account: str, where: Where, output: str, status: str | None, case: str | None
) -> None:
    """List the findings of a membership, newest first."""
    asked = {"status": status, "caseId": case}
    given = {name: each for name, each in asked.items() if each is not None}
    with connected(where) as connection, working("Reading the findings"):
        address = {"accountId": account, "region": connection.region}
        found = pages(connection, "list_findings", maxResults=100, **address, **given)
        items = (item for page in found for item in page["items"])
        if output == "json":
            print_json_list(items)
            return
        rows = [_row(each) for each in items]
    if rows:
        print_rows([HEADINGS, *rows], WIDTHS)
    else:
        click.echo("There are no such findings.", err=True)


@findings.command(short_help="Show one finding.")
@click.argument("finding")
@OF_ACCOUNT
@reaching
def show(finding: str, account: str, where: Where, output: str) -> None:
    """Show FINDING (its id), with the document that it came with."""
    with connected(where) as connection:
        address = {"accountId": account, "region": connection.region}
        answer = plain(connection.client.get_finding(**address, findingId=finding))
    if output == "json":
        print_json(answer)
        return
    print_facts(
        (
            ("Finding", answer["findingId"]),
            ("Title", answer["title"]),
            ("Types", "\n".join(answer["types"])),
            ("Severity", answer["severity"]),
            ("Found in", f"{answer['accountId']}, {answer['region']}"),
            ("Resources", "\n".join(each["resourceId"] for each in answer["resources"])),
            ("Actors", ", ".join(answer["actorIpAddresses"]) or ABSENT),
            ("Triage", f"{answer['outcome']} by {answer.get('rule', 'severity')}"),
            ("Status", answer["status"]),
            ("Case", answer.get("caseId", ABSENT)),
            ("Taken in", when(answer["ingestedAt"])),
            ("Source", f"{answer['source']} {answer['sourceFindingId']}"),
            ("Document", answer["document"]),
        )
    )


@findings.command(short_help="Say how findings stand.")
@click.argument("step", type=click.Choice(STEPS, case_sensitive=False))
@click.argument("finding", nargs=-1, required=True)
@OF_ACCOUNT
@reaching
def advance(step: str, finding: tuple[str, ...], account: str, where: Where, output: str) -> None:
    """Say that each FINDING (its id) is STEP; Escalated opens a case or joins one."""
    changed, failures = 0, []
    with connected(where) as connection:
        address = {"accountId": account, "region": connection.region}
        for start in range(0, len(finding), finding_files.FINDINGS_AT_ONCE):
            some = list(finding[start : start + finding_files.FINDINGS_AT_ONCE])
            answer = connection.client.advance_findings(**address, findingIds=some, step=step)
            changed += answer["changedCount"]
            failures += answer["failures"]
    if output == "json":
        print_json({"changedCount": changed, "failures": failures})
    else:
        click.echo(f"{count(changed, 'finding')} changed.")
    if failures:
        stop(REFUSED, *(f"{each['findingId']}: {each['reason']}" for each in failures))


def content_of(file: Path) -> bytes:
    """Return what is in a file that was named, or end the command where it cannot be read."""
    try:
        return file.read_bytes()
    except OSError as error:
        stop(CANNOT_OPEN, f"{file} cannot be read: {error.strerror or error}.")


def _ingested(
    connection: Connection, account: str, found: Sequence[bytes], advanced: Callable[[int], None]
) -> tuple[Counter[str], list[tuple[int, str]]]:
    """Send every document; return the counts, and place and reason of each that failed."""
    told: Counter[str] = Counter()
    texts, faults = _as_texts(found)
    address = {"accountId": account, "region": connection.region}

    def send(batch: list[int]) -> tuple[list[int], dict[str, Any]]:
        given = [texts[place] for place in batch]
        return batch, connection.client.ingest_findings(**address, findings=given)

    places = [place for place in range(len(found)) if place in texts]
    batches = [
        [places[each] for each in batch]
        for batch in finding_files.batches([found[place] for place in places])
    ]
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        try:
            for batch, answer in pool.map(send, batches):
                told.update({name: answer[name] for name, _ in COUNTS})
                faults += [(batch[each["index"]], each["reason"]) for each in answer["failures"]]
                advanced(len(batch))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return told, sorted(faults)


def _as_texts(found: Sequence[bytes]) -> tuple[dict[int, str], list[tuple[int, str]]]:
    """Return the documents that can be sent, by their places, and why others cannot."""
    texts: dict[int, str] = {}
    faults: list[tuple[int, str]] = []
    for place, each in enumerate(found):
        try:
            text = each.decode()
        except UnicodeDecodeError:
            faults.append((place, "The document is not UTF-8."))
            continue
        if len(text) > finding_files.LONGEST_DOCUMENT:
            most = finding_files.LONGEST_DOCUMENT
            faults.append((place, f"The document has more than {most:,} characters."))
        else:
            texts[place] = text
    return texts, faults


@contextmanager
def _bar(total: int) -> Iterator[Callable[[int], None]]:
    """Show on a terminal's standard error how many of `total` documents were sent."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("Taking findings in", total=total)
        yield lambda more: progress.advance(task, more)


def _row(each: dict[str, Any]) -> tuple[str, ...]:
    return (
        each["findingId"],
        when(each["ingestedAt"]),
        each["severity"],
        each["status"],
        each.get("caseId", ABSENT),
        each["accountId"],
        each["types"][0],
    )
