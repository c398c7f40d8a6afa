"""What the running console is made of; `request.app.state.house` in every handler."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from jobs.dispatch import Dispatch
from jobs.errand_runner import ErrandRunners
from jobs.link import QueueLink
from jobs.local import LocalRunner
from jobs.reconcile import Reconciler
from jobs.workshop import Workshop
from store.config import Config
from store.database import Database
from store.spool import Spool


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The parts a handler may need. `link` is None without REDIS_URL (or with QUEUE=local)."""

    config: Config
    workshop: Workshop
    dispatch: Dispatch
    link: QueueLink | None
    local: LocalRunner
    reconciler: Reconciler
    errands: ErrandRunners

    @property
    def database(self) -> Database:
        """The database."""
        return self.workshop.database

    @property
    def spool(self) -> Spool:
        """The spool."""
        return self.workshop.spool


def house_of(request: Request) -> House:
    """The house that answers this request."""
    house: House = request.app.state.house
    return house
