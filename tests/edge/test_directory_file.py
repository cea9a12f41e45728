"""The file of `larum apply`: what it may say, and each fault with its line, its path and a cure."""

from __future__ import annotations

import json

import pytest

from larum.edge import directory_file, triage_rules_file
from larum.edge.yaml_nodes import DEEPEST

# Word for word as contracts and the guide have it, but for the principals, which come later.
OF_THE_GUIDE = """
organization:
  trusted-access: true
  delegated-administrator: "222222222222"
  accounts:
    - {id: "222222222222", name: security, email: security@example.com, root-access-key: create}
    - {id: "333333333333", name: shop, email: shop@example.com, ou: workloads/prod, status: ACTIVE, service: on}
  organizational-units: {workloads: {prod: {}, test: {}}}
accounts:
  - {id: "444444444444", name: partner, email: p@example.com}
limits: {memberships: 1000, covered-accounts-per-membership: 10000}
"""  # noqa: E501 - as it is printed

# What is wrong, on which line of the text, at which path, and a part of what is told.
FAULTS = {
    "unquoted id": (
        "accounts:\n- {id: 444444444444}",
        [(2, "accounts[0].id", 'must be quoted: write "444444444444"')],
    ),
    "unquoted id with a zero in front": (
        "accounts:\n- id: 012345678901",
        [(2, "accounts[0].id", 'must be quoted: write "012345678901"')],
    ),
    "unquoted id that is none": (
        "accounts:\n- id: 12",
        [(2, "accounts[0].id", "must be quoted: twelve digits")],
    ),
    "unquoted administrator": (
        "organization:\n  delegated-administrator: 222222222222",
        [(2, "organization.delegated-administrator", 'must be quoted: write "222222222222"')],
    ),
    "wrong id": ('accounts:\n- {id: "12"}', [(2, "accounts[0].id", "must have length")]),
    "no id": ("accounts:\n- {name: shop}", [(2, "accounts[0].id", "must not be null")]),
    "unknown key": (
        "organisation: {}\nlimits: {membership: 1}",
        [
            (1, "organisation", "did you mean organization?"),
            (2, "limits.membership", "did you mean memberships?"),
        ],
    ),
    "key that is nothing like any": (
        "limits: {zzz: 1}",
        [(1, "limits.zzz", "there is memberships, covered-accounts-per-membership")],
    ),
    "key given twice": (
        "limits:\n  memberships: 1\n  memberships: 2",
        [(3, "limits.memberships", "is given twice, first on line 2")],
    ),
    "account key given twice": (
        'accounts:\n- {id: "444444444444", id: "555555555555"}',
        [(2, "accounts[0].id", "is given twice")],
    ),
    "unit given twice": (
        "organization:\n  organizational-units: {a: {b: {}, b: {}}}",
        [(2, "organization.organizational-units.a.b", "is given twice")],
    ),
    "user with a name that IAM does not take": (
        'accounts:\n- {id: "444444444444", principals: [{user: a b}]}',
        [(2, "accounts[0].principals[0].user", "pattern")],
    ),
    "role with what no role has": (
        'accounts:\n- {id: "444444444444", principals: [{role: a, groups: [b]}]}',
        [(2, "accounts[0].principals[0].groups", "is not known here")],
    ),
    "neither user nor role": (
        'accounts:\n- id: "444444444444"\n  principals:\n  - {tags: {a: b}}',
        [(4, "accounts[0].principals[0].user", "must be given, or role")],
    ),
    "policy with a word that YAML takes for more": (
        'accounts:\n- id: "444444444444"\n  policies:\n    p:\n      Statement: {Sid: on}',
        [(5, "accounts[0].policies.p.Statement.Sid", 'must be quoted, "on"')],
    ),
    "policy with an account that YAML takes for a number": (
        'accounts:\n- {id: "444444444444", policies: {p: {Id: 012345670123}}}',
        [(2, "accounts[0].policies.p.Id", 'must be quoted, "012345670123"')],
    ),
    "policy that is a list": (
        'accounts:\n- {id: "444444444444", groups: [{group: a, inline-policies: []}]}',
        [(2, "accounts[0].groups[0].inline-policies", "must be a mapping")],
    ),
    "policy with a name that IAM does not take": (
        'accounts:\n- {id: "444444444444", policies: {a b: {}}}',
        [(2, "accounts[0].policies.a b", "pattern")],
    ),
    "tag that is no text": (
        'accounts:\n- {id: "444444444444", principals: [{user: a, tags: {b: 1}}]}',
        [(2, "accounts[0].principals[0].tags.b", 'write it quoted, "1"')],
    ),
    "session that is too long": (
        'accounts:\n- {id: "444444444444", principals: [{role: a, max-session-duration: 1}]}',
        [(2, "accounts[0].principals[0].max-session-duration", "3600")],
    ),
    "user with what no user has": (
        'accounts:\n- {id: "444444444444", principals: [{user: a, role: b}]}',
        [(2, "accounts[0].principals[0].role", "is not known here")],
    ),
    "standalone account in a unit": (
        'accounts:\n- {id: "444444444444", ou: a}',
        [(2, "accounts[0].ou", "is not known here")],
    ),
    "number for a text": (
        'accounts:\n- {id: "444444444444", name: 17}',
        [(2, "accounts[0].name", 'write it quoted, "17"')],
    ),
    "truth for a text": (
        'accounts:\n- {id: "444444444444", name: no}',
        [(2, "accounts[0].name", 'write it quoted, "no"')],
    ),
    "text for a truth": (
        "organization: {trusted-access: maybe}",
        [(1, "organization.trusted-access", "must be true or false")],
    ),
    "neither on nor off": (
        'accounts:\n- {id: "444444444444", service: maybe}',
        [(2, "accounts[0].service", "must be on or off")],
    ),
    "another way to make a key": (
        'accounts:\n- {id: "444444444444", root-access-key: true}',
        [(2, "accounts[0].root-access-key", "must be create")],
    ),
    "text for a number": (
        'limits: {memberships: "7"}',
        [(1, "limits.memberships", "must be a whole number")],
    ),
    "octal number": ("limits: {memberships: 010}", [(1, "limits.memberships", "a whole number")]),
    "fraction": ("limits: {memberships: 1.5}", [(1, "limits.memberships", "a whole number")]),
    "negative number": (
        "limits: {memberships: -1}",
        [(1, "limits.memberships", "greater than or equal to 0")],
    ),
    "status that is none": (
        'accounts:\n- {id: "444444444444", status: active}',
        [(2, "accounts[0].status", "ACTIVE, SUSPENDED, CLOSED")],
    ),
    "address that is none": (
        'accounts:\n- {id: "444444444444", email: nobody.example.com}',
        [(2, "accounts[0].email", "regular expression")],
    ),
    "list for a mapping": ("organization: []", [(1, "organization", "must be a mapping")]),
    "mapping for a list": ("accounts: {}", [(1, "accounts", "must be a list")]),
    "text for an account": ("accounts:\n- shop", [(2, "accounts[0]", "must be a mapping")]),
    "list of units": (
        "organization: {organizational-units: [a]}",
        [(1, "organization.organizational-units", "must be a mapping")],
    ),
    "path for a unit": (
        "organization: {organizational-units: {a/b: {}}}",
        [(1, "organization.organizational-units.a/b", "without /")],
    ),
    "unit without a name": (
        'organization: {organizational-units: {"": {}}}',
        [(1, "organization.organizational-units.", "without /")],
    ),
    "alias": (
        'accounts:\n- &a {id: "444444444444"}\n- *a',
        [(2, "accounts[1]", "aliases are not followed")],
    ),
    "own tag": (
        "limits: {memberships: !env MOST}",
        [(1, "limits.memberships", "must be a whole number")],
    ),
    "Python object": (
        "limits: !!python/object/apply:os.system [exit]",
        [(1, "limits", "must be a mapping")],
    ),
    "no mapping at all": ("just words", [(1, "", "must be a mapping")]),
    "empty": ("# nothing\n", [(1, "", "It says nothing.")]),
    "two documents": ("limits: {}\n---\nlimits: {}", [(2, "", "It is not YAML")]),
    "not YAML": ("limits:\n  - [", [(3, "", "It is not YAML")]),
    "tab": ("limits:\n\tmemberships: 1", [(2, "", "It is not YAML")]),
    "control character": ("limits: \0", [(1, "", "It is not YAML")]),
}


def test_the_guide_s_file_says_what_the_api_takes() -> None:
    """Every key of the file becomes the API's member, in the API's form."""
    found = directory_file.read(OF_THE_GUIDE.encode())
    assert found.faults == []
    assert found.asks_for_keys
    assert found.directory == {
        "organization": {
            "trustedAccess": True,
            "delegatedAdministrator": "222222222222",
            "accounts": [
                {
                    "id": "222222222222",
                    "name": "security",
                    "email": "security@example.com",
                    "createRootAccessKey": True,
                },
                {
                    "id": "333333333333",
                    "name": "shop",
                    "email": "shop@example.com",
                    "organizationalUnit": "workloads/prod",
                    "status": "ACTIVE",
                    "serviceOn": True,
                },
            ],
            "organizationalUnits": ["workloads", "workloads/prod", "workloads/test"],
        },
        "accounts": [{"id": "444444444444", "name": "partner", "email": "p@example.com"}],
        "limits": {"memberships": 1000, "coveredAccountsPerMembership": 10000},
    }


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_by_line_and_path(name: str) -> None:
    """Each kind of fault is found where it is, with words that help, and nothing else is."""
    text, expected = FAULTS[name]
    found = sorted(directory_file.read(text.encode()).faults)
    assert [(each.line, each.path) for each in found] == [each[:2] for each in expected]
    for fault, (_, _, words) in zip(found, expected, strict=True):
        assert words in fault.message


OF_AN_ACCOUNT = """
accounts:
  - id: "444444444444"
    policies:
      Notes:
        Version: 2012-10-17
        Statement:
          - {Effect: Allow, Action: [a], Resource: "*", Condition: {Bool: {b: true}, N: {c: 7}}}
      Text: |
        {"Version": "2012-10-17"}
    groups:
      - group: analysts
        policies: [Notes]
        inline-policies: {p: {Version: 2012-10-17}}
    principals:
      - user: ana
        groups: [analysts]
        permissions-boundary: none
        tags: {team: blue}
      - role: ci
        trust-policy: {Version: "2012-10-17"}
        max-session-duration: 3600
"""
NOTES = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["a"],
            "Resource": "*",
            "Condition": {"Bool": {"b": True}, "N": {"c": 7}},
        }
    ],
}


def test_policies_are_read_as_the_json_that_they_stand_for() -> None:
    """A mapping becomes JSON, a Version stays what it is, and text is taken as it is."""
    found = directory_file.read(OF_AN_ACCOUNT.encode())
    assert found.faults == []
    (account,) = found.directory["accounts"]
    notes, text = account["policies"]
    assert (notes["policyName"], json.loads(notes["policyDocument"])) == ("Notes", NOTES)
    assert text == {"policyName": "Text", "policyDocument": '{"Version": "2012-10-17"}\n'}
    inline = [{"policyName": "p", "policyDocument": '{"Version": "2012-10-17"}'}]
    assert account["groups"] == [
        {"groupName": "analysts", "policies": ["Notes"], "inlinePolicies": inline}
    ]
    assert account["principals"] == [
        {
            "userName": "ana",
            "groups": ["analysts"],
            "permissionsBoundary": "none",
            "tags": [{"key": "team", "value": "blue"}],
        },
        {
            "roleName": "ci",
            "assumeRolePolicyDocument": '{"Version": "2012-10-17"}',
            "maxSessionDuration": 3600,
        },
    ]


@pytest.mark.parametrize(
    ("member", "line", "path"),
    [
        ("policies[0].policyDocument.Statement[0].Effect", 8, "policies.Notes.Statement[0].Effect"),
        ("policies[1].policyDocument.Statement", 9, "policies.Text.Statement"),
        ("policies[0].policyName", 6, "policies.Notes"),
        ("groups[0].policies[0]", 13, "groups[0].policies[0]"),
        ("groups[0].inlinePolicies[0].policyDocument", 14, "groups[0].inline-policies.p"),
        ("principals[0].tags[0].value", 19, "principals[0].tags.team"),
        (
            "principals[1].assumeRolePolicyDocument.Version",
            21,
            "principals[1].trust-policy.Version",
        ),
    ],
)
def test_faults_of_policies_are_told_where_they_are_written(
    member: str, line: int, path: str
) -> None:
    """What the service finds inside a document has the line on which it stands in the file."""
    found = directory_file.read(OF_AN_ACCOUNT.encode())
    fault = found.fault(f"directory.accounts[0].{member}", "must be otherwise")
    assert (fault.line, fault.path) == (line, f"accounts[0].{path}")


def test_all_faults_come_at_once() -> None:
    """A file with every fault of one kind each has them all told."""
    accounts = [
        text.partition("\n- ")[2]
        for name, (text, faults) in FAULTS.items()
        if text.startswith("accounts:\n- ") and len(faults) == 1 and name != "alias"
    ]
    text = "accounts:\n" + "".join(f"- {each}\n" for each in accounts)
    found = directory_file.read(text.encode()).faults
    assert len(accounts) > 10
    assert {each.path.partition(".")[0] for each in found} == {
        f"accounts[{index}]" for index in range(len(accounts))
    }


@pytest.mark.parametrize("value", ["on", "true", "yes", '"on"'])
def test_on_may_be_written_in_many_ways(value: str) -> None:
    """What YAML calls true is on, and the quoted word too."""
    text = f'accounts:\n- {{id: "444444444444", service: {value}}}'
    assert directory_file.read(text.encode()).directory["accounts"][0]["serviceOn"] is True


def test_null_is_as_if_absent() -> None:
    """A key without a value says nothing, and an empty unit is a unit."""
    text = "organization:\n  accounts:\n  organizational-units:\n    a:\n      b:\nlimits:\n"
    found = directory_file.read(text.encode())
    assert found.faults == []
    assert found.directory == {"organization": {"organizationalUnits": ["a", "a/b"]}}


def test_no_administrator_is_a_word() -> None:
    """`none` deregisters the delegated administrator and need not be quoted."""
    found = directory_file.read(b"organization: {delegated-administrator: none}")
    assert found.faults == []
    assert found.directory == {"organization": {"delegatedAdministrator": "none"}}


def test_bytes_that_are_no_text_are_told() -> None:
    """What is not UTF-8 is a fault with its line; a byte order mark is none."""
    (fault,) = directory_file.read(b"limits: {}\n# \xff").faults
    assert (fault.line, fault.message) == (2, "It is not UTF-8.")
    assert directory_file.read(b"\xef\xbb\xbflimits: {}").faults == []


def test_aliases_cannot_grow() -> None:
    """A few lines that stand for a billion nodes are refused at once."""
    lines = ["a0: &a0 {x: {}}"]
    lines += [f"a{n}: &a{n} {{x: *a{n - 1}, y: *a{n - 1}}}" for n in range(1, 40)]
    text = "organization:\n  organizational-units:\n    " + "\n    ".join(lines)
    found = directory_file.read(text.encode())
    assert any("aliases" in each.message for each in found.faults)
    assert len(found.names["organization.organizational-units"]) < 200


def test_the_service_s_faults_are_told_in_the_file_s_words() -> None:
    """Paths of the API become paths of the file, in messages too, each with its line."""
    found = directory_file.read(OF_THE_GUIDE.encode())
    told = found.fault(
        "directory.organization.accounts[1].organizationalUnit",
        "Member must not repeat directory.organization.accounts[0].id",
    )
    assert (told.line, told.path) == (7, "organization.accounts[1].ou")
    assert told.message == "must not repeat organization.accounts[0].id"
    unit = found.fault("directory.organization.organizationalUnits[1]", "Member must be shorter")
    assert (unit.line, unit.path) == (8, "organization.organizational-units.workloads.prod")
    limit = found.fault("directory.limits.coveredAccountsPerMembership", "Member is wrong")
    assert (limit.line, limit.path) == (11, "limits.covered-accounts-per-membership")


def test_what_is_faulty_is_left_out_of_what_is_asked() -> None:
    """The service can be asked about the rest where the faults do not decide on it."""
    text = 'accounts:\n- {id: "444444444444", name: 17, status: x, email: y, service: off}'
    found = directory_file.read(text.encode())
    assert len(found.faults) == 3
    assert found.rest_stands
    assert found.directory == {"accounts": [{"id": "444444444444", "serviceOn": False}]}
    assert not directory_file.read(b'accounts:\n- {id: "1"}').rest_stands


def test_a_fault_s_text_is_fit_for_a_terminal() -> None:
    """No escape sequence of a file reaches the terminal."""
    (fault,) = directory_file.read(b'"\\e[31mred": 1').faults
    assert "\x1b" in fault.path
    assert fault.text.isprintable()


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_a_file_of_endless_depth_is_refused_and_crashes_nothing(opening: str) -> None:
    """Brackets without end are told with their line; a policy's levels are far from too many."""
    (fault,) = directory_file.read(opening.encode() * 50_000).faults
    assert fault.line == 1
    assert f"nested more than {DEEPEST} levels deep" in fault.message
    assert triage_rules_file.read(opening.encode() * 50_000).faults == ["it is not YAML in UTF-8"]
    deep = b"accounts: " + b"[" * (DEEPEST - 2) + b"]" * (DEEPEST - 2)
    assert "YAML" not in directory_file.read(deep).faults[0].message
