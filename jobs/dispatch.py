"""The door to the work: new jobs, retry, cancel. What pages, API and commands call.

Every act is one transaction with its audit entry; the doorbell is rung after it, and a bell
that nobody hears is the reconciler's business.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from jobs import worker_wishes
from jobs.bell import UNHEARD, QueueUnreachable, ring_due
from jobs.link import QueueLink
from jobs.workshop import Workshop
from mail.sniff import Verdict
from store.audit import record, record_of_job
from store.chunk_names import chunk_in_log
from store.clock import utc_now
from store.errands import ErrandKind, add_errand, break_errand
from store.job_runs import end_so_far, end_so_far_by_chunk
from store.planning import settle
from store.retrying import name_what_was_reached, put_back
from store.states import EngineName
from store.trials import begin_trial
from store.uploads import Twin, Upload, UploadKind, complete_unless_twin, complete_upload
from store.wish_acts import Wish
from store.wishes import retry_chunk, stop_chunk
from store.wishes_inside import Begun, begin_wish

log = logging.getLogger(__name__)

# Chunks that one transaction takes back from a stopped errand.
PUT_BACK_AT_ONCE = 1000


class Dispatch:
    """Hands work over to whoever does it."""

    def __init__(
        self, workshop: Workshop, *, link: QueueLink | None, wake_local: Callable[[], None]
    ) -> None:
        self._workshop = workshop
        self._wake_local = wake_local
        self.link = link

    @property
    def engine(self) -> EngineName:
        """Who is expected to run chunks, as the settings say."""
        return EngineName.RQ if self.link is not None else EngineName.LOCAL

    def submit(
        self,
        upload: Upload,
        *,
        size: int,
        sha256: str,
        again: bool,
        verdict: Verdict,
    ) -> str | Twin:
        """The bytes of an upload are whole: make it a job, unless they are here already.

        Answers the job's id, or the earlier upload of the same bytes; then this one was broken
        off, and its file is to be removed. `again` takes the bytes in a second time.
        """
        now, kind = utc_now(), UploadKind.of(verdict)
        complete = partial(complete_upload, again=True) if again else complete_unless_twin
        with self._workshop.database.write() as connection:
            job_id = complete(connection, upload, size=size, sha256=sha256, now=now, kind=kind)
            if isinstance(job_id, Twin):
                return job_id
            record_of_job(
                connection,
                job_id,
                "upload.stored",
                actor=upload.created_by,
                now=now,
                filename=upload.filename,
                size=size,
                sha256=sha256,
                form=verdict.form,
            )
        self.ring()
        return job_id

    def retry(self, job_id: str, *, actor: str) -> Begun:
        """Let failed and cancelled chunks of a job go on; answers how many wait again.

        Of an archive with very many files those of the first, see `store.wishes_inside`.
        """
        begun = self._wish(job_id, Wish.RETRY, actor=actor)
        self.ring()
        return begun

    def _wish(self, job_id: str, wish: Wish, *, actor: str) -> Begun:
        now = utc_now()
        with self._workshop.database.write() as connection:
            ended = end_so_far(connection, job_id)
            begun = begin_wish(connection, job_id, wish, by=actor, now=now)
            if begun.is_heard:
                told = {"chunks": begun.did, **ended} if wish is Wish.RETRY else {}
                record_of_job(connection, job_id, f"job.{wish}", actor=actor, now=now, **told)
        return begun

    def retry_chunk(self, chunk_id: int, *, actor: str) -> bool:
        """Let one failed chunk go on; False when there was nothing to retry."""
        now = utc_now()
        with self._workshop.database.write() as connection:
            ended = end_so_far_by_chunk(connection, chunk_id)
            job_id = retry_chunk(connection, chunk_id)
            if job_id is not None:
                named = chunk_in_log(connection, chunk_id)
                record_of_job(
                    connection, job_id, "chunk.retry", actor=actor, now=now, **named, **ended
                )
        self.ring()
        return job_id is not None

    def stop_chunk(self, chunk_id: int, *, actor: str) -> bool:
        """Fail one running chunk where it is; False when it was not running."""
        now = utc_now()
        with self._workshop.database.write() as connection:
            job_id = stop_chunk(connection, chunk_id, by=actor, now=now)
            if job_id is None:
                return False
            named = chunk_in_log(connection, chunk_id)
            record_of_job(connection, job_id, "chunk.stop", actor=actor, now=now, **named)
        with self._workshop.database.write() as connection:
            settle(connection, job_id, now=now)
        return True

    def drain_workers(self, names: Sequence[str], *, actor: str) -> None:
        """Ask RQ workers to end after what they hold, as one act. Raises QueueUnreachable."""
        worker_wishes.drain(self._workshop, self._require_link(), names, actor=actor)

    def stop_workers(self, names: Sequence[str], *, actor: str) -> int:
        """End RQ workers at once, as one act; what they hold waits again. How many chunks do.

        Raises QueueUnreachable, and has changed nothing then unless Redis goes away midway.
        """
        chunks = worker_wishes.stop(self._workshop, self._require_link(), names, actor=actor)
        self.ring()
        return len(chunks)

    def _require_link(self) -> QueueLink:
        if self.link is None:
            raise QueueUnreachable("there is no REDIS_URL")
        return self.link

    def cancel(self, job_id: str, *, actor: str) -> bool:
        """Stop a job where it is; False when it was over already.

        One that is being read again stops as soon as its messages are gone.
        """
        return self._wish(job_id, Wish.CANCEL, actor=actor).is_heard

    def pause(self, job_id: str, *, actor: str) -> bool:
        """Begin no further chunk of a job; False when it is over or paused."""
        return self._wish(job_id, Wish.PAUSE, actor=actor).is_heard

    def resume(self, job_id: str, *, actor: str) -> bool:
        """Let a paused job go on; False when it was not paused."""
        resumed = self._wish(job_id, Wish.RESUME, actor=actor).is_heard
        self.ring()
        return resumed

    def ask(
        self,
        kind: ErrandKind,
        parameters: dict[str, Any],
        *,
        actor: str,
        subject: str | None = None,
    ) -> int:
        """Ask for an errand, see `store.errands` for the parameters; answers its id."""
        now = utc_now()
        with self._workshop.database.write() as connection:
            errand_id = add_errand(connection, kind, parameters, by=actor, now=now, subject=subject)
            job_id = parameters.get("job_id")
            ended = end_so_far(connection, job_id) if job_id else {}
            record(
                connection,
                actor=actor,
                action=f"errand.{kind}",
                subject=_subject(parameters, errand_id),
                now=now,
                detail={"errand": errand_id, **parameters, **ended},
            )
        return errand_id

    def try_one(self, cause_key: str, chunk_id: int, *, actor: str) -> bool:
        """Retry one chunk as a trial of its cause; False when it does not fail for it (now)."""
        now = utc_now()
        with self._workshop.database.write() as connection:
            ended = end_so_far_by_chunk(connection, chunk_id)
            begun = begin_trial(connection, cause_key, chunk_id, by=actor, now=now)
            if begun is None:
                return False
            errand_id, job_id = begun
            record_of_job(
                connection,
                job_id,
                "chunk.retry",
                actor=actor,
                now=now,
                **chunk_in_log(connection, chunk_id),
                cause=cause_key,
                errand=errand_id,
                **ended,
            )
        self.ring()
        return True

    def stop_errand(self, errand_id: int, *, actor: str) -> bool:
        """Take no further step of an errand, and let no worker begin what it has handed out.

        False when it was over already and nothing of it waits, and when it has begun what
        must not be left half done.
        """
        now = utc_now()
        with self._workshop.database.write() as connection:
            stopped = break_errand(connection, errand_id, now=now)
        back = self._put_back(errand_id)
        if not stopped and not back:
            return False
        with self._workshop.database.write() as connection:
            if back:
                name_what_was_reached(connection, errand_id)
            record(
                connection,
                actor=actor,
                action="errand.stop",
                subject=f"errand:{errand_id}",
                now=now,
                detail={"put_back": back} if back else None,
            )
        return True

    def _put_back(self, errand_id: int) -> int:
        """Chunks that the errand retried and nobody has begun are failed as before; how many."""
        number, jobs, now = 0, set[str](), utc_now()
        while True:
            with self._workshop.database.write() as connection:
                some = put_back(connection, errand_id, now=now, limit=PUT_BACK_AT_ONCE)
            number += len(some)
            jobs |= set(some)
            if len(some) < PUT_BACK_AT_ONCE:
                break
        for job_id in sorted(jobs):
            with self._workshop.database.write() as connection:
                settle(connection, job_id, now=now)
        return number

    def ring(self) -> None:
        """Tell the queue, or the local thread, that something waits.

        Raises nothing: what was asked for is done by now, and is not to look as if it were not.
        """
        self._wake_local()
        if self.link is None:
            return
        try:
            ring_due(self._workshop.database, self.link.redis)
        except UNHEARD as error:
            log.warning("no bell was rung, the work waits in the database: %s", error)


def _subject(parameters: dict[str, Any], errand_id: int) -> str:
    """What an errand is about, for the audit log: its job where it has one."""
    job_id = parameters.get("job_id")
    return f"job:{job_id}" if job_id else f"errand:{errand_id}"
