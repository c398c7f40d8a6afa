"""The shop floor of a test: hand an mbox in, run attempts one by one, look at what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Table, func, select

from jobs.attempts import Surroundings, run_attempt
from jobs.guard import arm_cpu_limit
from jobs.workshop import Workshop, this_worker
from mail.sniff import sniff
from store import tables, tables_mail
from store.chunks import ChunkView, chunks_of
from store.claims import Claim, claim_next
from store.clock import utc_now
from store.job_view import JobView
from store.jobs import find_job
from store.ledger import Balance, balance
from store.planning import settle
from store.recovery import Trouble, record_trouble
from store.states import ChunkKind, EngineName, Outcome
from store.uploads import UploadKind, complete_upload, open_upload


@dataclass(slots=True)
class Floor:
    """A workshop and one job in it."""

    workshop: Workshop
    job_id: str = ""
    upload_id: int = 0
    spool_name: str = ""

    def hand_in(self, mbox: bytes, *, filename: str = "letters.mbox", again: bool = False) -> None:
        """Put a file into the spool and make it a job."""
        with self.workshop.database.write() as connection:
            upload = open_upload(
                connection, filename=filename, declared_size=None, by="test", now=utc_now()
            )
        writer = self.workshop.spool.writer(upload.spool_name)
        writer.write(mbox)
        sha256 = writer.finish()
        with self.workshop.database.write() as connection:
            self.job_id = complete_upload(
                connection,
                upload,
                size=len(mbox),
                sha256=sha256,
                now=utc_now(),
                kind=UploadKind.of(sniff(mbox, filename)),
                again=again,
            )
        self.upload_id, self.spool_name = upload.id, upload.spool_name

    def claim(self) -> Claim | None:
        """Claim what is due."""
        with self.workshop.database.write() as connection:
            return claim_next(
                connection,
                worker=this_worker(EngineName.LOCAL, "test"),
                now=utc_now(),
                lease_seconds=self.workshop.config.lease_seconds,
            )

    def must_claim(self) -> Claim:
        """Claim what is due; it is an error when nothing is."""
        claimed = self.claim()
        assert claimed is not None, "nothing is due"
        return claimed

    def step(self) -> Outcome | None:
        """Run one attempt on whatever is due; None when nothing is."""
        claimed = self.claim()
        return None if claimed is None else self.finish_claimed(claimed)

    def finish_claimed(self, claimed: Claim) -> Outcome:
        """Run the attempt that was claimed."""
        arm_cpu_limit()
        return run_attempt(self.workshop, claimed, surroundings=Surroundings())

    def run(self, *, most: int = 200) -> list[Outcome]:
        """Run attempts until nothing is due; how each ended."""
        outcomes: list[Outcome] = []
        for _ in range(most):
            outcome = self.step()
            if outcome is None:
                return outcomes
            outcomes.append(outcome)
        raise AssertionError(f"still work to do after {most} attempts")

    def plan(self) -> None:
        """Run the plan only."""
        assert self.step() is Outcome.DONE

    def lose(self, claimed: Claim) -> None:
        """Declare an attempt lost, as the reconciler does when its lease has run out."""
        trouble = Trouble(outcome=Outcome.LOST, error_type="WorkerLost", error="silent")
        with self.workshop.database.write() as connection:
            record_trouble(
                connection,
                claimed.attempt_id,
                trouble=trouble,
                policy=self.workshop.policy,
                now=utc_now() - timedelta(seconds=1),
            )
        with self.workshop.database.write() as connection:
            settle(connection, self.job_id, now=utc_now())

    def job(self) -> JobView:
        """The job as it stands."""
        with self.workshop.database.read() as connection:
            found = find_job(connection, self.job_id, now=utc_now())
        assert found is not None
        return found

    def chunks(self) -> list[ChunkView]:
        """Its parse chunks."""
        with self.workshop.database.read() as connection:
            return [
                one for one in chunks_of(connection, self.job_id) if one.kind is ChunkKind.PARSE
            ]

    def books(self) -> Balance:
        """The ledger's sum."""
        with self.workshop.database.read() as connection:
            return balance(connection, self.upload_id, size=self.job().size)

    def rows(self, table: Table, *columns: str) -> list[tuple[Any, ...]]:
        """Columns of a table, in a stable order."""
        wanted = [table.c[name] for name in columns]
        with self.workshop.database.read() as connection:
            return sorted((tuple(row) for row in connection.execute(select(*wanted))), key=repr)

    def stored_offsets(self) -> list[int]:
        """Where the stored messages begin, one per row."""
        mask = (1 << tables_mail.OFFSET_BITS) - 1
        return sorted(key & mask for (key,) in self.rows(tables_mail.message, "id"))

    def attempts(self) -> int:
        """How many attempts there were."""
        with self.workshop.database.read() as connection:
            return int(
                connection.execute(select(func.count()).select_from(tables.attempt)).scalar_one()
            )
