"""Commands that are one call of the `larum` model each, with verbs and options of the AWS CLI.

A verb is a row: its operation, a line of help, and how people are told the answer. Its options are
the input members of the operation, so that the model alone says what there is to type:

    `userName`    --user-name NAME                  `status`  --status Active|Inactive
    `tagKeys`     --tag-keys KEY...                 `tags`    --tags Key=team,Value=blue ...
    `accountId`   --account where it may be left out: whose account is meant

A script (`--output json`) is told what the AWS CLI would tell it: the members of the answer as IAM
spells them, all pages of a list in one, and nothing where the answer is empty.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec

from larum.edge.cli.calls import connected, print_json, print_rows, reaching
from larum.edge.cli.printing import ABSENT, pages, plain, print_facts, when
from larum.edge.cli.verb_values import aws_name, reader
from larum.wire import model
from larum.wire.model import ShapeType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from larum.edge.cli.calls import Connection, Where
    from larum.wire.model import Member, Operation

PAGE: Final = 100
ACCOUNT: Final = "accountId"
# What a command asks for by itself.
UNASKED: Final = frozenset({"nextToken", "maxResults"})
# Texts that are JSON; the AWS CLI shows what they say.
DOCUMENTS: Final = frozenset({"policyDocument", "assumeRolePolicyDocument", "document"})
WIDEST: Final = 64
# Where a word of a member's name begins, after another one.
WORDS: Final = re.compile("(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

Given = Mapping[str, Any]
Tell = Callable[[Given, Given], None]


class Verb(msgspec.Struct, frozen=True):
    """A row: `larum GROUP name` calls `operation` and tells people what came of it.

    `help` is one line, `more` what help and manual say beneath it; `tell` prints for people what
    was given and answered (both in wire names), and `always` what is told beside a script's JSON
    too; `options` overrides the help of single options; `account` is the option of an account that
    may be left out.
    """

    name: str
    operation: str
    help: str
    tell: Tell
    more: str = ""
    always: Tell | None = None
    options: Mapping[str, str] = msgspec.field(default_factory=dict)
    account: str = "--account"


def table(member: str, *columns: tuple[str, str]) -> Tell:
    """Return how a list is told: a line an item, `columns` being headings and members of it."""

    def tell(_given: Given, answer: Given) -> None:
        rows = [tuple(told(found(each, name)) for _, name in columns) for each in answer[member]]
        lines = [tuple(heading for heading, _ in columns), *rows]
        widths = tuple(
            min(max(len(line[index]) for line in lines), WIDEST)
            for index in range(len(columns) - 1)
        )
        print_rows(lines, widths)

    return tell


def listed(member: str, heading: str) -> Tell:
    """Return how a list of texts is told: one a line beneath its heading."""
    return lambda _given, answer: print_rows(
        [(heading,), *((each,) for each in answer[member])], ()
    )


def facts(member: str, *names: tuple[str, str]) -> Tell:
    """Return how one thing is told: names beside its members; `member` may be empty, for itself."""

    def tell(_given: Given, answer: Given) -> None:
        thing = answer[member] if member else answer
        pairs = [(name, found(thing, each)) for name, each in names]
        print_facts([(name, told(value)) for name, value in pairs if value is not None])

    return tell


def sentence(text: str) -> Tell:
    """Return how it is told that something is done: on standard error, members in braces."""
    return lambda given, _answer: click.echo(text.format_map(given), err=True)


def found(thing: Given, path: str) -> Any:  # noqa: ANN401 - a value of the API
    """Return the value at a path such as `createdBy.name`; None where there is none."""
    value: Any = thing
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def told(value: object) -> str:
    """Return a value as people read it: a time, a document in lines, tags as `key=value`."""
    if value is None or value == []:
        return ABSENT
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(
            f"{each['key']}={each['value']}" if isinstance(each, dict) else str(each)
            for each in value
        )
    if isinstance(value, str) and value.startswith("{"):
        return json.dumps(_read_document(value), indent=2, ensure_ascii=False)
    return when(value) if isinstance(value, datetime) else str(value)


def add(group: click.Group, verbs: Iterable[Verb], options: Mapping[str, str]) -> None:
    """Add a command for each verb; `options` is what help says of an option, by its member.

    Raises KeyError for an operation that is not in the model or an option that has no help.
    """
    for verb in verbs:
        group.add_command(_command(verb, {**options, **verb.options}))


def option_name(member: Member, account: str = "--account") -> str:
    """Return how the AWS CLI would spell the option of a member: `--user-name`."""
    if member.name == ACCOUNT and not member.required:
        return account
    return "--" + WORDS.sub("-", member.name).lower()


def asked(operation: Operation) -> list[Member]:
    """Return the input members that are options: required ones first, then the account last."""
    members = operation.input.members if operation.input else ()
    options = [each for each in members if each.name not in UNASKED and not each.idempotency_token]
    return sorted(options, key=lambda each: (not each.required, each.name == ACCOUNT))


class SpacedLists(click.Command):
    """A command whose lists are words one after the other, as the AWS CLI takes them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeat the option of a list before each of its words, as click wants it."""
        lists = {
            name
            for each in self.params
            if isinstance(each, click.Option) and each.multiple
            for name in each.opts
        }
        current, words = "", list[str]()
        for word, after in zip(args, [*args[1:], "-"], strict=False):
            if not word.startswith("-"):
                words += [current, word] if current else [word]
                continue
            current = word if word in lists else ""
            if not current:
                words.append(word)
            elif after.startswith("-"):
                message = f"Option '{word}' requires at least one argument."
                raise click.BadOptionUsage(word, message, ctx)
        return super().parse_args(ctx, words)


def _command(verb: Verb, helps: Mapping[str, str]) -> click.Command:
    operation = model.load("larum").operations[verb.operation]

    @reaching
    def run(where: Where, output: str, **options: Any) -> None:
        given = _given(options)
        with connected(where) as connection:
            answer = _answer(connection, operation, given)
        if output == "text":
            verb.tell(given, answer)
        elif answer:
            print_json(as_aws(answer))
        if verb.always is not None:
            verb.always(given, answer)

    called: Callable[..., None] = run
    for member in reversed(asked(operation)):
        called = _option(member, helps[member.name], verb.account)(called)
    told_help = f"{verb.help}\n\n{verb.more}" if verb.more else verb.help
    command = click.command(verb.name, cls=SpacedLists, help=told_help, short_help=verb.help)
    return command(called)


def _option(member: Member, told_help: str, account: str) -> Callable[..., Any]:
    name, shape = option_name(member, account), member.shape
    given: dict[str, Any] = {"required": member.required, "help": told_help}
    if shape.type is ShapeType.BOOLEAN:
        # Neither is said unless one of them is; a default would stand for what is required.
        unsaid = {} if member.required else {"default": None}
        return click.option(f"{name}/--no-{name[2:]}", member.name, **given, **unsaid)
    metavar = name.rpartition("-")[2].upper()
    if shape.enum:
        given["type"] = click.Choice(shape.enum)
    elif shape.type is ShapeType.LIST and shape.item is not None:
        given |= {"type": reader(shape.item, listed=True), "multiple": True}
        given["metavar"] = f"{_item_metavar(member)}..."
    else:
        given |= {"type": reader(shape), "metavar": metavar}
    return click.option(name, member.name, **given)


def _item_metavar(member: Member) -> str:
    item = member.shape.item
    if item is not None and item.type is ShapeType.STRUCTURE:
        names = [aws_name(each.name) for each in item.members]
        return ",".join(f"{each}={each.upper()}" for each in names)
    return option_name(member).rpartition("-")[2].upper().removesuffix("S")


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members that were given; a list that came as JSON among its items is spread."""
    given: dict[str, Any] = {}
    for name, value in options.items():
        if isinstance(value, tuple):
            items = [each for one in value for each in (one if isinstance(one, list) else [one])]
            value = items if value else None  # noqa: PLW2901 - the list that was meant
        if value is not None:
            given[name] = value
    return given


def _answer(connection: Connection, operation: Operation, given: Given) -> dict[str, Any]:
    """Call the operation; of one that answers in pages return all of them as one answer."""
    from botocore import xform_name

    name = xform_name(operation.name)
    outputs = operation.output.members if operation.output else ()
    if "nextToken" not in {each.name for each in outputs}:
        return plain(getattr(connection.client, name)(**given))
    whole: dict[str, Any] = {}
    for page in pages(connection, name, maxResults=PAGE, **given):
        for each, value in plain(page).items():
            whole[each] = whole.get(each, []) + value if isinstance(value, list) else value
    whole.pop("nextToken", None)
    return whole


def as_aws(value: object, name: str = "") -> object:
    """Return an answer as the AWS CLI prints it; `name` is the member that the value is of."""
    if isinstance(value, dict):
        return {aws_name(each): as_aws(inner, each) for each, inner in value.items()}
    if isinstance(value, list):
        return [as_aws(each) for each in value]
    return _read_document(value) if name in DOCUMENTS and isinstance(value, str) else value


def _read_document(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text
