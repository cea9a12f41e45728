"""Each rule of the shared commit, and of durability, broken once: its check must fail.

A test that cannot fail proves nothing. The checks are those that the product passes in
`tests/edge/test_group_commit.py`, `test_power_cut.py` and `test_kill.py`.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw
import pytest

from larum.calls import Call, Chore
from larum.edge.group_commit import GroupCommit
from larum.errors import InternalServerException
from larum.service import Service
from larum.store import idempotency
from larum.store.engine import Engine, Group, Transaction
from tests.edge import group_commit_checks as checks
from tests.edge.group_commit_checks import BROKEN, FSYNC_ERROR, RELAXED, SHORT_WAIT, served
from tests.faults.hasty_server import AnswersFirst
from tests.faults.kills import kill_under_load
from tests.store.power_cuts import losses
from tests.store.vfs import full

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from larum.edge.group_commit import _Place
    from larum.settings import Settings
    from larum.wire.http import HttpResponse
    from tests.edge.group_commit_checks import Served

HASTY = (sys.executable, str(Path(__file__).with_name("hasty_server.py")))
Plant = pytest.MonkeyPatch


@contextmanager
def broken(
    directory: Path,
    told: str,
    settings: Settings = RELAXED,
    open_writes: Callable[[Service], GroupCommit] = GroupCommit,
) -> Iterator[Served]:
    """Serve a product with a bug; the block must fail, and with words that have `told` in them."""
    with (
        pytest.raises(BROKEN, match=told),
        served(directory, settings, open_writes) as made,
    ):
        yield made


def test_answer_before_the_commit(tmp_path: Path) -> None:
    """A server that answers before its commit is found out."""
    with broken(tmp_path, "answered before the sync", open_writes=AnswersFirst) as made:
        checks.check_answer_waits_for_sync(made)


class RefusesFirst(GroupCommit):
    """Plant: a 409 does not wait for the commit that it was computed from."""

    def _performed(self, group: Group, place: _Place) -> HttpResponse:
        answer = super()._performed(group, place)
        if answer.status != 201:
            place.answered.set_result(answer)
        return answer


def test_refusal_before_the_commit(tmp_path: Path) -> None:
    """A server that tells a 409 before the commit it depends on is found out."""
    with broken(tmp_path, "answered before the sync", open_writes=RefusesFirst) as made:
        checks.check_whole_group_waits(made)


def test_read_on_the_writing_connection(tmp_path: Path, monkeypatch: Plant) -> None:
    """A server whose reads use the writer's connection is found out."""

    def read(engine: Engine, work: Callable[[Transaction], Any]) -> object:
        return work(Transaction(engine._writer, engine.rising))

    monkeypatch.setattr(Engine, "read", read)
    monkeypatch.setattr(checks, "PATIENCE", 1.0)
    told = "status=500|timed out|before it was durable|no sync was asked for"
    with broken(tmp_path, told) as made:
        checks.check_answer_waits_for_sync(made)


def test_failed_commit_that_answers_success(tmp_path: Path, monkeypatch: Plant) -> None:
    """A server that swallows the error of a commit is found out."""
    commit = Group.commit

    def swallow(group: Group) -> None:
        try:
            commit(group)
        except InternalServerException:
            group._engine._failure = None

    monkeypatch.setattr(Group, "commit", swallow)
    with broken(tmp_path, "status=201") as made:
        checks.check_failed_commit_fails_all(made, FSYNC_ERROR)


class FailsTheFirstOnly(GroupCommit):
    """Plant: a failed commit is told to the first of its group alone."""

    def _refuse(self, places: list[Any], error: BaseException) -> None:
        super()._refuse(places[:1], error)
        for place in places[1:]:
            place.answered.set_result(self._service.health())


def test_failed_commit_that_fails_one(tmp_path: Path) -> None:
    """A server that fails only one call of a failed group is found out."""
    with broken(tmp_path, "status=200", open_writes=FailsTheFirstOnly) as made:
        checks.check_failed_commit_fails_all(made, FSYNC_ERROR)


class Remembering(Service):
    """Plant: answers are kept in memory as they are computed, and told again."""

    def perform_in(self, group: Group, call: Call | Chore) -> HttpResponse:
        """Answer from memory where there is something."""
        assert isinstance(call, Call)
        answers = self.__dict__.setdefault("answers", {})
        key = call.token and call.token.scope
        if key not in answers:
            answers[key] = super().perform_in(group, call)
        return answers[key]  # type: ignore[no-any-return] # the bug has no types


def test_rollback_that_leaves_answers_in_memory(tmp_path: Path, monkeypatch: Plant) -> None:
    """A server that remembers answers of a group that failed is found out."""
    monkeypatch.setattr(checks, "Service", Remembering)
    with broken(tmp_path, "answered without a write", SHORT_WAIT) as made:
        checks.check_failure_leaves_nothing(made)


def test_rollback_that_leaves_tokens_in_flight(tmp_path: Path, monkeypatch: Plant) -> None:
    """A server that forgets to release the tokens of a failed group is found out."""
    monkeypatch.setattr(idempotency.InFlight, "leave", lambda _in_flight, _scope: None)
    with broken(tmp_path, "still remembered", SHORT_WAIT) as made:
        checks.check_failure_leaves_nothing(made)


def test_check_then_insert(tmp_path: Path, monkeypatch: Plant) -> None:
    """A server that looks a token up before its transaction, and then inserts, is found out."""
    prepare, replay = Service._prepare, idempotency.replay
    seen: dict[int, str | None] = {}

    def prepare_and_look(service: Service, *arguments: Any) -> Call:
        call = prepare(service, *arguments)
        token = call.token
        if token is not None:
            row = service.engine.read(
                lambda tx: tx.row(idempotency.GET, idempotency._key(token.scope))
            )
            seen[id(token)] = None if row is None else row[1]
        return call

    def believe(tx: Transaction, use: idempotency.TokenUse, **more: Any) -> str | None:
        found = seen.pop(id(use))
        if found is None:
            tx.change(
                "DELETE FROM client_tokens WHERE token_hash = :hash", {"hash": use.scope.token_hash}
            )
            return replay(tx, use, **more)
        return found

    monkeypatch.setattr(Service, "_prepare", prepare_and_look)
    monkeypatch.setattr(idempotency, "replay", believe)
    with broken(tmp_path, "ConflictException") as made:
        checks.check_one_answer_for_each_token(made, tokens=20, callers=8)


def test_failed_sync_that_is_forgotten(tmp_path: Path, monkeypatch: Plant) -> None:
    """A server that goes on writing after a failed sync is found out."""
    monkeypatch.setattr(Engine, "note", lambda _engine, _error: None)
    with broken(tmp_path, "status=201") as made:
        checks.check_no_write_after_sync_failed(made)


def test_refused_request_that_leaves_rows(tmp_path: Path, monkeypatch: Plant) -> None:
    """A server that does not roll back to the savepoint of a refused request is found out."""
    monkeypatch.setattr(Group, "_undo", lambda group: group._connection.execute("RELEASE request"))
    with broken(tmp_path, "left behind") as made:
        checks.check_refusal_leaves_nothing(made)


@pytest.mark.parametrize("error", [FSYNC_ERROR, full], ids=["fsync", "full"])
def test_group_that_loses_its_error(
    tmp_path: Path, monkeypatch: Plant, error: Callable[[], Exception]
) -> None:
    """A queue that takes the answers though the commit failed is found out."""
    finish = GroupCommit._committed

    def committed(
        writes: GroupCommit,
        group: Group,
        error: BaseException | None,
        places: list[Any],
        answers: list[HttpResponse],
    ) -> None:
        del error
        finish(writes, group, None, places, answers)

    monkeypatch.setattr(GroupCommit, "_committed", committed)
    with broken(tmp_path, "status=201") as made:
        checks.check_failed_commit_fails_all(made, error)


def rewriting(plant: Plant, found: str, instead: str) -> None:
    """Plant: the engine sends another statement than it means to."""

    class Rewriting(apsw.Connection):
        def execute(self, statements: str, *more: Any, **named: Any) -> apsw.Cursor:
            return super().execute(statements.replace(found, instead), *more, **named)

    plant.setattr("larum.store.engine.apsw.Connection", Rewriting)


def lossy_cuts(directory: Path, runs: int = 6) -> Sequence[int]:
    """Return, for each power cut, how many promises it broke."""
    return [len(cut) for seed in range(runs) for cut in losses(seed, directory)]


def test_synchronous_normal_loses_acknowledged_writes(tmp_path: Path, monkeypatch: Plant) -> None:
    """With `synchronous = NORMAL` at least every sixth power cut loses something."""
    rewriting(monkeypatch, "synchronous = FULL", "synchronous = NORMAL")
    cuts = lossy_cuts(tmp_path)
    assert sum(cut > 0 for cut in cuts) >= len(cuts) / 6


def test_first_start_without_extra_loses_acknowledged_writes(
    tmp_path: Path, monkeypatch: Plant
) -> None:
    """Without `synchronous = EXTRA` at the first start, power cuts lose what came after it."""
    rewriting(monkeypatch, "synchronous = EXTRA", "synchronous = FULL")
    cuts = lossy_cuts(tmp_path)
    assert sum(cut > 0 for cut in cuts) >= len(cuts) / 20


def test_kill_finds_a_server_that_answers_first(tmp_path: Path) -> None:
    """The kill test finds lost writes in a server that answers before it commits."""
    result = kill_under_load(tmp_path / "data", seed=1, kills=6, command=HASTY)
    assert result.faults != []
