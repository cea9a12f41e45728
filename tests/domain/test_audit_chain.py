"""The audit chain: a thousand tamperings (G27), each found, and by what."""

from __future__ import annotations

import random
import sys
from functools import partial
from typing import TYPE_CHECKING

import pytest

from larum.domain import audit_chain
from larum.domain.audit_chain import NO_HASH, ChainCheck, Link, hash_of

if TYPE_CHECKING:
    from collections.abc import Callable

ACCOUNT, OTHER = "111111111111", "222222222222"
RECORDS = 40


def chain(account: str, texts: list[bytes]) -> list[Link]:
    """Return records that fit: each with the hash of it and all before it."""
    links, previous = [], NO_HASH
    for sequence, text in enumerate(texts, start=1):
        previous = hash_of(previous, text)
        links.append(Link(sequence, text, previous, account))
    return links


def texts(account: str, count: int = RECORDS) -> list[bytes]:
    """Return the texts of that many records of an account."""
    return [b'{"account":"%s","number":%d}' % (account.encode(), each) for each in range(count)]


def check(links: list[Link], checkpoints: dict[int, bytes] | None = None) -> ChainCheck:
    """Walk a chain to its end."""
    found = ChainCheck(ACCOUNT, checkpoints or {})
    found.walk(links)
    found.end()
    return found


def tampered(  # noqa: PLR0911 - a table of ways
    kind: str, links: list[Link], place: int, chance: random.Random
) -> list[Link]:
    """Return the chain with one change at `place`, as somebody with the database makes it."""
    at = links[place]
    match kind:
        case "edit":
            text = bytearray(at.text)
            text[chance.randrange(len(text))] ^= 1 << chance.randrange(8)
            changed = Link(at.sequence, bytes(text), at.hash, at.recipient)
            return [*links[:place], changed, *links[place + 1 :]]
        case "edit the hash":
            kept = bytearray(at.hash)
            kept[chance.randrange(32)] ^= 1 << chance.randrange(8)
            changed = Link(at.sequence, at.text, bytes(kept), at.recipient)
            return [*links[:place], changed, *links[place + 1 :]]
        case "delete":
            return links[:place] + links[place + 1 :]
        case "delete and renumber":
            rest = [Link(e.sequence - 1, e.text, e.hash, e.recipient) for e in links[place + 1 :]]
            return links[:place] + rest
        case "insert":
            added = Link(at.sequence, b"{}", hash_of(at.hash, b"{}"), ACCOUNT)
            rest = [Link(e.sequence + 1, e.text, e.hash, e.recipient) for e in links[place:]]
            return [*links[:place], added, *rest]
        case "reorder":
            following = links[place + 1]
            first = Link(at.sequence, following.text, following.hash, ACCOUNT)
            second = Link(following.sequence, at.text, at.hash, ACCOUNT)
            return [*links[:place], first, second, *links[place + 2 :]]
        case _:
            stranger = chain(OTHER, texts(OTHER))[place]
            return [*links[:place], stranger, *links[place + 1 :]]


KINDS = ("edit", "edit the hash", "delete", "delete and renumber", "insert", "reorder", "swap")


def test_every_one_of_a_thousand_tamperings_is_found() -> None:
    """Edits, deletions, insertions, reorderings and swaps: the first broken record is named."""
    chance = random.Random(27)
    links = chain(ACCOUNT, texts(ACCOUNT))
    assert check(links).broken is None
    for number in range(1_000):
        kind = KINDS[number % len(KINDS)]
        place = chance.randrange(RECORDS - 1)
        broken = check(tampered(kind, links, place, chance)).broken
        assert broken is not None, (kind, place)
        assert broken.sequence == place + 1, (kind, place, broken)


def test_a_whole_chain_of_another_account_is_found() -> None:
    """Two accounts whose chains were exchanged: each says whose it is."""
    broken = check(chain(OTHER, texts(OTHER))).broken
    assert broken is not None
    assert (broken.sequence, broken.reason) == (1, f"it is a record of account {OTHER}")


def test_a_cut_tail_shows_by_a_checkpoint_alone() -> None:
    """Hashes fit a chain that was cut; what was signed when it was longer does not."""
    links = chain(ACCOUNT, texts(ACCOUNT))
    for length in range(RECORDS):
        assert check(links[:length]).broken is None
        broken = check(links[:length], {RECORDS: links[-1].hash}).broken
        assert broken is not None
        assert broken.sequence == length + 1
    assert check(links, {RECORDS: links[-1].hash, 7: links[6].hash}).broken is None


def test_a_chain_written_anew_shows_by_a_checkpoint_alone() -> None:
    """A record and all hashes after it are changed: what follows the last good one is named."""
    links = chain(ACCOUNT, texts(ACCOUNT))
    signed = {10: links[9].hash, 20: links[19].hash}
    anew = texts(ACCOUNT)
    anew[14] = b"{}"
    assert check(chain(ACCOUNT, anew)).broken is None
    broken = check(chain(ACCOUNT, anew), signed).broken
    assert broken is not None
    assert broken.sequence == 11
    assert "after record 10" in broken.reason


def forget_the_end(patch: pytest.MonkeyPatch) -> None:
    """Never ask how long the chain was."""
    patch.setattr(ChainCheck, "end", lambda check: check.broken)


def forget_what_is_before(patch: pytest.MonkeyPatch) -> None:
    """Hash each record by itself."""
    alone = partial(hash_of, NO_HASH)
    for module in (audit_chain, sys.modules[__name__]):
        patch.setattr(module, "hash_of", lambda _, text: alone(text))


def forget_whose_it_is(patch: pytest.MonkeyPatch) -> None:
    """Take a record of any account."""
    fault = ChainCheck._fault

    def anybodys(self: ChainCheck, link: Link, expected: int) -> str | None:
        return fault(self, Link(link.sequence, link.text, link.hash), expected)

    patch.setattr(ChainCheck, "_fault", anybodys)


def forget_the_checkpoints(patch: pytest.MonkeyPatch) -> None:
    """Compare no hash with what was signed."""
    take = ChainCheck._take

    def taken(self: ChainCheck, link: Link) -> None:
        signed, self.checkpoints = self.checkpoints, {}
        take(self, link)
        self.checkpoints = signed

    patch.setattr(ChainCheck, "_take", taken)


PLANTED: dict[Callable[[pytest.MonkeyPatch], None], str] = {
    forget_the_end: "test_a_cut_tail_shows_by_a_checkpoint_alone",
    forget_what_is_before: "test_every_one_of_a_thousand_tamperings_is_found",
    forget_whose_it_is: "test_a_whole_chain_of_another_account_is_found",
    forget_the_checkpoints: "test_a_chain_written_anew_shows_by_a_checkpoint_alone",
}


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_the_test_sees_a_check_that_is_too_kind(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check that forgets one thing fails the test of that thing."""
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        globals()[PLANTED[plant]]()
