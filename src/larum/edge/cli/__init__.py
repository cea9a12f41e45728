"""The command `larum`: what an operator types.

Exit codes: 0 done, 1 refused by the service, 2 wrong call, 3 cannot reach or open.
"""

from __future__ import annotations

import click

import larum
from larum.edge.cli import responder_work, triage_rules
from larum.edge.cli.audit import audit
from larum.edge.cli.cases import cases
from larum.edge.cli.demo import demo
from larum.edge.cli.directory import accounts, apply, directory
from larum.edge.cli.export import export
from larum.edge.cli.findings import findings
from larum.edge.cli.iam import iam
from larum.edge.cli.memberships import memberships
from larum.edge.cli.organizations import organizations
from larum.edge.cli.outbox import outbox
from larum.edge.cli.policy import policy
from larum.edge.cli.responder import responder
from larum.edge.cli.running import model, operations, replace_root_key, serve
from larum.edge.cli.why_denied import why_denied


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(larum.__version__, message="larum %(version)s")
def main() -> None:
    """Run a service that is compatible with the AWS Security Incident Response API.

    \b
    Look around:          larum demo
    Start it:             larum serve
    Paste the lines that it prints into another shell, and use it there:
                          aws security-ir list-memberships
    Declare accounts:     larum apply organization.yaml
    See what works:       larum operations
    Lost the root key:    larum replace-root-key --data ./larum-data

    In tests no server is needed: larum.client() is a boto3 client in the same process.
    Not affiliated with, endorsed or sponsored by Amazon.
    """  # noqa: D301 - the backslash-b keeps click from joining the lines


for work in responder_work.COMMANDS:
    responder.add_command(work)
for rules in triage_rules.COMMANDS:
    findings.add_command(rules)
for command in (
    serve,
    demo,
    apply,
    directory,
    accounts,
    iam,
    organizations,
    policy,
    memberships,
    cases,
    export,
    audit,
    why_denied,
    outbox,
    responder,
    findings,
    operations,
    model,
    replace_root_key,
):
    main.add_command(command)
