"""How the verbs of the command line read options and print answers, by the shapes of the model."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from larum.edge.cli import verbs
from larum.edge.cli.calls import Stopped
from larum.edge.cli.verb_values import aws_name, reader
from larum.wire.model import Member, Shape, ShapeType

if TYPE_CHECKING:
    from pathlib import Path

STRING = Shape("String", ShapeType.STRING)
WHOLE = Shape("Integer", ShapeType.INTEGER)
TIME = Shape("Timestamp", ShapeType.TIMESTAMP)
STRINGS = Shape("Strings", ShapeType.LIST, item=STRING)


def member(name: str, shape: Shape) -> Member:
    """Return an optional member of a body."""
    return Member(
        name,
        shape,
        required=False,
        location=None,
        location_name=name,
        default=None,
        idempotency_token=False,
    )


TAG = Shape("Tag", ShapeType.STRUCTURE, members=(member("key", STRING), member("value", STRING)))
ENTRY = Shape(
    "Entry",
    ShapeType.STRUCTURE,
    members=(member("contextKeyName", STRING), member("contextKeyValues", STRINGS)),
)


@pytest.mark.parametrize(
    ("shape", "text", "value"),
    [
        (STRING, "analyst", "analyst"),
        (STRING, '{"Version": "2012-10-17"}', '{"Version": "2012-10-17"}'),
        (STRING, '["text"]', '["text"]'),
        (WHOLE, "3600", 3600),
        (TIME, "2026-11-01T12:00:00Z", datetime(2026, 11, 1, 12, tzinfo=UTC)),
        (TIME, "2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        (TAG, "Key=team,Value=blue", {"key": "team", "value": "blue"}),
        (TAG, "Key=team,Value=", {"key": "team", "value": ""}),
        (TAG, 'Key=team,Value="a,b=c"', {"key": "team", "value": "a,b=c"}),
        (TAG, r'Key=team,Value="a\"b"', {"key": "team", "value": 'a"b'}),
        (TAG, "Key=team,Value=a=b", {"key": "team", "value": "a=b"}),
        (TAG, '{"Key": "team", "Value": "blue"}', {"key": "team", "value": "blue"}),
        (
            ENTRY,
            "ContextKeyName=aws:SourceIp,ContextKeyValues=10.0.0.1,10.0.0.2",
            {"contextKeyName": "aws:SourceIp", "contextKeyValues": ["10.0.0.1", "10.0.0.2"]},
        ),
    ],
)
def test_a_value_is_read_as_the_aws_cli_reads_it(shape: Shape, text: str, value: object) -> None:
    """Texts are taken as they are, structures from shorthand or JSON, times from ISO 8601."""
    assert reader(shape)(text) == value


@pytest.mark.parametrize(
    ("shape", "text", "message"),
    [
        (WHOLE, "many", "'many' is no whole number."),
        (TIME, "soon", "'soon' is no time such as 2026-11-01T12:00:00Z."),
        (TAG, "team=blue", "'team=blue' is not of the form Key=…,Value=…."),
        (TAG, "Key=a,Key=b", "'Key=a,Key=b' is not of the form Key=…,Value=…."),
        (TAG, "blue", "'blue' is not of the form Key=…,Value=…."),
        (TAG, '{"Key": ', "It is not JSON: Expecting value"),
    ],
)
def test_what_cannot_be_read_is_told_with_the_right_form(
    shape: Shape, text: str, message: str
) -> None:
    """The message says what was given and what it should look like."""
    with pytest.raises(click.BadParameter) as refused:
        reader(shape)(text)
    assert message in refused.value.message


def test_a_list_may_come_as_one_json_array() -> None:
    """Items are read one by one; an array stands for all of them."""
    assert reader(TAG, listed=True)('[{"Key": "team", "Value": "blue"}]') == [
        {"key": "team", "value": "blue"}
    ]
    assert reader(STRING, listed=True)('["team", "stage"]') == ["team", "stage"]


def test_a_text_may_come_from_a_file(tmp_path: Path) -> None:
    """`file://` names a file whose content is taken as it is; one that is not there is told so."""
    file = tmp_path / "p.json"
    file.write_text('{"Version": "2012-10-17"}\n', encoding="utf-8")
    assert reader(STRING)(f"file://{file}") == '{"Version": "2012-10-17"}\n'
    with pytest.raises(Stopped) as refused:
        reader(STRING)(f"file://{tmp_path}/absent.json")
    assert refused.value.exit_code == 3
    assert refused.value.lines == (
        f"{tmp_path}/absent.json cannot be read: No such file or directory.",
    )


def spaced(*words: str) -> tuple[int, str]:
    """Type words for a command with a text and a list; return its exit code and what it got."""

    @click.command(cls=verbs.SpacedLists)
    @click.option("--role-name")
    @click.option("--tag-keys", multiple=True)
    def command(role_name: str, tag_keys: tuple[str, ...]) -> None:
        click.echo(json.dumps([role_name, tag_keys]))

    done = CliRunner().invoke(command, words)
    return done.exit_code, done.output


def test_the_words_of_a_list_follow_its_option() -> None:
    """As in the AWS CLI, up to the next option; an option of a list without a word is refused."""
    both = (0, '["ci", ["a", "b"]]\n')
    assert spaced("--tag-keys", "a", "b", "--role-name", "ci") == both
    assert spaced("--role-name", "ci", "--tag-keys", "a", "--tag-keys", "b") == both
    assert spaced("--tag-keys=a", "--role-name=ci", "--tag-keys", "b") == both
    assert spaced() == (0, "[null, []]\n")
    code, told = spaced("--tag-keys", "--role-name", "ci")
    assert (code, "'--tag-keys' requires at least one argument" in told) == (2, True)


def test_people_are_told_lists_in_columns_that_fit(capsys: pytest.CaptureFixture[str]) -> None:
    """Each column is as wide as what stands in it, and what is absent is a dash."""
    tell = verbs.table("roles", ("ROLE", "roleName"), ("LAST USED", "last.at"), ("ARN", "arn"))
    at = datetime(2026, 11, 1, 12, tzinfo=UTC)
    roles = [
        {"roleName": "continuous-integration", "last": {"at": at}, "arn": "arn:1"},
        {"roleName": "ci", "arn": "arn:2"},
    ]
    tell({}, {"roles": roles})
    assert capsys.readouterr().out == (
        "ROLE                    LAST USED             ARN\n"
        "continuous-integration  2026-11-01 12:00:00Z  arn:1\n"
        "ci                      -                     arn:2\n"
    )


def test_a_script_is_told_members_in_iams_spelling() -> None:
    """Members begin with a capital and documents are what they say, as in the AWS CLI."""
    answer = {"policyName": "p", "policyDocument": '{"Statement": []}', "tags": [{"key": "a"}]}
    assert verbs.as_aws(answer) == {
        "PolicyName": "p",
        "PolicyDocument": {"Statement": []},
        "Tags": [{"Key": "a"}],
    }
    assert aws_name("mfaDevices") == "MFADevices"
