"""`larum` with a bug planted in it: an upload is acknowledged before its bytes are in their place.

The kill test must notice that this server has Verified attachments without bytes; see
`test_evidence.py`.
"""

from __future__ import annotations

import os
import threading
import time
from hashlib import sha256
from typing import TYPE_CHECKING

from larum.edge.cli import main
from larum.store.blobs import Incoming, Received

if TYPE_CHECKING:
    from pathlib import Path

LATE_SECONDS = 0.2


def finish_later(incoming: Incoming) -> Received:
    """Tell that all is well, and publish a moment later."""
    whole, key, store = incoming._temporary.read_bytes(), incoming._key, incoming._store
    late: Path = incoming._temporary.with_suffix(".late")
    late.write_bytes(whole)

    def publish() -> None:
        time.sleep(LATE_SECONDS)
        if late.exists():
            os.sync()
            store.publish(late, key)

    threading.Thread(target=publish, daemon=True).start()
    return Received(len(whole), sha256(whole).digest())


if __name__ == "__main__":
    Incoming.finish = finish_later  # type: ignore[method-assign, assignment] # this is the bug
    main()
