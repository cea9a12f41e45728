"""The thread that does what evidence waits for: it looks, asks the scanner, deletes bytes."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from larum.edge.scanner import scanner_of
from larum.evidence import RETRY_SECONDS

if TYPE_CHECKING:
    from larum.service import Service

log = logging.getLogger("larum.edge")


class Inspector:
    """One thread beside a service, from `start` to `stop`."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; what an earlier process left is done first."""
        self._thread = threading.Thread(target=self._live, name="larum-inspector", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End once the running piece of work is done."""
        if self._thread is not None:
            self._stopped.set()
            self._service.evidence.stir.set()
            self._thread.join()
            self._thread = None

    def _live(self) -> None:
        evidence = self._service.evidence
        scan = scanner_of(self._service.settings.scanner, self._stopped)
        while not self._stopped.is_set():
            evidence.stir.clear()
            try:
                wait = evidence.work(scan)
            except Exception as error:  # noqa: BLE001 - tried again, as what failed may be well then
                log.warning("evidence could not be inspected: %s", type(error).__name__)
                wait = RETRY_SECONDS
            if not self._stopped.is_set():
                evidence.stir.wait(wait)
