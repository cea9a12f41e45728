"""Several reads on one snapshot: each is answered as it would have been alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from larum.errors import InternalServerException

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from larum.calls import Call, Chore
    from larum.store.engine import Engine, Transaction
    from larum.wire.http import HttpResponse

    Perform = Callable[[Call, Transaction], HttpResponse]
    Alone = Callable[[Call], HttpResponse | Chore]


def answered(
    engine: Engine, perform: Perform, alone: Alone, calls: Sequence[Call]
) -> list[HttpResponse | Chore]:
    """Return what `perform` answers to `calls` on one snapshot that is begun now.

    Whatever raises is done once more by `alone`, which never does: there a refusal has its form.
    """

    def each(tx: Transaction) -> list[HttpResponse | None]:
        return [_tried(perform, call, tx) for call in calls]

    try:
        answers = engine.read(each) if calls else []
    except InternalServerException:
        answers = [None for _ in calls]
    return [
        alone(call) if answer is None else answer
        for call, answer in zip(calls, answers, strict=True)
    ]


def _tried(perform: Perform, call: Call, tx: Transaction) -> HttpResponse | None:
    try:
        return perform(call, tx)
    except Exception:  # noqa: BLE001 - done again alone, and refused there
        return None
