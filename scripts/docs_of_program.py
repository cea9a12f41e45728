"""Documentation of the program, from the program: every setting, every command with its options."""

from __future__ import annotations

import dataclasses
import inspect
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from larum.edge.cli import every_command, main
from larum.settings import FIELDS, SERVE_DEFAULTS, WITHOUT_FLAG, Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from larum.settings import Field

# No setting takes this text, so its parser says what it does take.
REFUSED: Final = "\0"
DEFAULTS: Final = {each.name: each.default for each in dataclasses.fields(Settings)}


def table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    heads = list(headings)
    lines = [heads, ["---"] * len(heads), *([each.replace("|", "\\|") for each in r] for r in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _works(each: Field) -> bool:
    return each.name in DEFAULTS


def _default(each: Field) -> str:
    value = SERVE_DEFAULTS.get(each.name, DEFAULTS[each.name])
    if isinstance(value, timedelta):
        return f"`{value // each.unit}`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return f"`{','.join(value)}`" if value else "none"
    if isinstance(value, float):
        return f"`{value:g}`"
    return "none" if value is None else f"`{value}`"


def _takes(each: Field) -> str:
    if each.parse is Path:
        return "path"
    try:
        each.parse(REFUSED)
    except ValueError as error:
        told = re.match(r"must (?:be |have )?([^;\0]*)", str(error))
        return told[1].partition(" ('")[0].strip() if told else "see below"
    return "names, by commas"


def _row(each: Field) -> list[str]:
    flag = "—" if each.name in WITHOUT_FLAG else f"`{each.flag}`"
    names = [flag, f"`{each.variable}`", f"`{each.key}`"]
    return [*names, each.help, _takes(each), _default(each)]


def settings(_argument: str) -> str:
    """Return the table of the settings that work."""
    headings = ("Flag", "Variable", "Key", "What it sets", "What it may be", "Default of `serve`")
    return table(headings, (_row(each) for each in FIELDS if _works(each)))


def settings_not_yet(_argument: str) -> str:
    """Return the table of the settings that are refused because they do not work yet."""
    rows = (
        [f"`{each.flag}`", f"`{each.variable}`", each.help.removeprefix("Not yet: ")]
        for each in FIELDS
        if not _works(each)
    )
    return table(("Flag", "Variable", "What it will set"), rows)


def command(name: str) -> str:
    """Return the usage, the description and the options of one command, `accounts/list` too."""
    found: click.Command = main
    for word in name.split("/"):
        if isinstance(found, click.Group):
            found = (every_command() if found is main else found.commands)[word]
    context = click.Context(found, info_name=f"larum {name.replace('/', ' ')}")
    usage = " ".join([context.command_path, *found.collect_usage_pieces(context)])
    options = _options(found)
    shown = f"\n\n{_options_table(options)}" if options and name != "serve" else ""
    return f"`{usage}`\n\n{_described(found)}{shown}"


def commands(name: str) -> str:
    """Return a section for each command of a group, whose shared options are told once."""
    group = every_command()[name]
    if not isinstance(group, click.Group):
        message = f"larum {name} is no group of commands"
        raise TypeError(message)
    options = {word: _options(each) for word, each in group.commands.items()}
    names = [{each.name for each in found} for found in options.values()]
    shared = set.intersection(*names)
    first = next(iter(options.values()))
    told = [_options_table([each for each in first if each.name in shared])]
    for word, each in group.commands.items():
        own = [option for option in options[word] if option.name not in shared]
        told.append(f"## larum {name} {word}\n\n{_described(each)}")
        told += [_options_table(own)] if own else []
    return "\n\n".join(told)


def _options(found: click.Command) -> list[click.Option]:
    return [each for each in found.params if isinstance(each, click.Option)]


def _options_table(options: Iterable[click.Option]) -> str:
    rows = [
        [_spelling(each), (each.help or "—"), "required" if each.required else _initial(each)]
        for each in options
    ]
    return table(("Option", "Meaning", "Default"), rows)


def _described(found: click.Command) -> str:
    return re.sub(r"(?<=\S)\n(?=\S)", " ", inspect.cleandoc(found.help or ""))


def _spelling(option: click.Option) -> str:
    choices = option.type.choices if isinstance(option.type, click.Choice) else ()
    value = "|".join(map(str, choices)) or ("" if option.is_flag else option.metavar or "VALUE")
    return f"`{option.opts[0]} {value}`".replace(" `", "`")


def _initial(option: click.Option) -> str:
    return f"`{option.default}`" if isinstance(option.default, str) or option.show_default else "—"
