"""Put the working parts together: who rings, who reconciles, who runs chunks here."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.dispatch import Dispatch
from jobs.errand_runner import ErrandRunners
from jobs.link import QueueLink, works_here
from jobs.local import LocalRunner
from jobs.reconcile import Reconciler
from jobs.workshop import Workshop, open_workshop
from store.condition import spooled_files
from store.config import Config
from store.installation import installation_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """The parts of one console process that do, or have done, the work."""

    workshop: Workshop
    dispatch: Dispatch
    link: QueueLink | None
    local: LocalRunner
    reconciler: Reconciler
    errands: ErrandRunners

    def start(self) -> None:
        """Begin to reconcile, and to run chunks here where that is wanted."""
        self.reconciler.start()
        self.local.start()
        self.errands.start()
        self.dispatch.ring()

    def stop(self) -> None:
        """End both; a chunk that runs here is left at its last batch."""
        self.errands.stop()
        self.reconciler.stop()
        self.local.stop()
        if self.link is not None:
            self.link.close()
        self.workshop.database.close()


def build(config: Config) -> Engine:
    """Build, without starting anything."""
    workshop = open_workshop(config)
    link = QueueLink(config.redis_url) if config.uses_redis and config.redis_url else None
    local = LocalRunner(workshop, wanted=lambda: works_here(config, link))
    dispatch = Dispatch(workshop, link=link, wake_local=local.wake)
    return Engine(
        workshop=workshop,
        dispatch=dispatch,
        errands=ErrandRunners(workshop, ring=dispatch.ring),
        link=link,
        local=local,
        reconciler=Reconciler(workshop, link),
    )


def claim_spool(workshop: Workshop) -> None:
    """Mark the spool as this database's, unless it may be a folder whose disk is not mounted."""
    with workshop.database.read() as connection:
        installation = installation_id(connection)
    stored = spooled_files(workshop.database)
    if installation and (not stored or any(map(workshop.spool.received, stored))):
        workshop.spool.mark(installation)
