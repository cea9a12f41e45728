"""Answers that leave together do not depend on one another."""

from __future__ import annotations

import asyncio
from typing import cast

from larum.edge import server
from larum.edge.whole_answer import Outgoing, WholeAnswer


def test_a_peer_that_left_takes_no_other_answer_with_it() -> None:
    """Of two answers of one turn the second arrives, though the first one's connection is gone."""

    async def arrived() -> bytes:
        loop = asyncio.get_running_loop()
        connected: asyncio.Queue[asyncio.Transport] = asyncio.Queue()

        class Keeping(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                connected.put_nowait(cast("asyncio.Transport", transport))

        listening = await loop.create_server(Keeping, "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        _, leaving = await asyncio.open_connection("127.0.0.1", port)
        left = await connected.get()
        reader, staying = await asyncio.open_connection("127.0.0.1", port)
        outgoing = Outgoing(loop)
        answers = [WholeAnswer(each, outgoing) for each in (left, await connected.get())]
        left.abort()
        await asyncio.sleep(0.05)
        for answer in answers:
            answer.write(b"head ")
            answer.write(b"body")
        try:
            return await asyncio.wait_for(reader.readexactly(9), 2.0)
        finally:
            for each in (leaving, staying):
                each.close()
            listening.close()

    with asyncio.Runner(loop_factory=server._loop_factory()) as runner:
        assert runner.run(arrived()) == b"head body"
