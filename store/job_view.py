"""One job as people see it. A plain value, which `store.jobs` finds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from store.causes import is_lasting
from store.files_reread import FileReading
from store.held import Held
from store.job_progress import Progress
from store.outer import Outer
from store.overall import AT_WORK, PAUSED, own_standing, status_with_files, with_files
from store.states import EngineName, JobState
from store.uploads import UploadKind


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """One job as people see it.

    `state` is that of its own chunks, of an archive therefore of the unpacking; where it stands
    with its files is `status`, or `standing` in the words of lists. `paused_at`: nothing of it is
    begun; of an archive that is over, nothing of what came out of it. While its messages are being
    taken away to be read again (`reading`), the state of its own is cancelled, which is no end.
    """

    id: str
    upload_id: int
    filename: str
    size: int
    sha256: str
    state: JobState
    engine: EngineName | None  # of the latest attempt; None before the first
    progress: Progress
    error: str | None
    created_at: datetime
    created_by: str
    started_at: datetime | None
    finished_at: datetime | None
    paused_at: datetime | None
    detection: dict[str, Any] | None
    rule: dict[str, Any] | None
    kind: UploadKind
    archive: Outer | None
    damage: str | None  # of the file in that archive: only a part of it could be had
    held: Held | None  # what an archive holds; None for what is none
    lost: int  # members of an archive whose mail went with a file that came before it
    retry_is_vain: bool  # it failed, and a retry with this version comes to the same end
    reading: FileReading | None  # the errand that reads its file again, or waits to

    @property
    def is_archive(self) -> bool:
        """True when it unpacks a file, False when it reads mail."""
        return self.kind is UploadKind.ARCHIVE

    @property
    def may_see_more(self) -> bool:
        """True when no mail was found in it, but by other versions only than this one."""
        return self.state is JobState.FAILED and is_lasting(self.error) and not self.retry_is_vain

    @property
    def is_reread(self) -> bool:
        """True while its messages are being taken away, to be read again."""
        return self.reading is not None and self.reading.has_begun

    @property
    def is_being_planned(self) -> bool:
        """True while it is looked for where its messages begin, and none of them is read yet."""
        return (
            self.state is JobState.PLANNING and not self.is_archive and not self.progress.bytes_done
        )

    @property
    def goes_on(self) -> bool:
        """True while its own part is not over, or is to be begun again."""
        return not self.state.is_over or self.reading is not None

    @property
    def standing(self) -> str:
        """The word for where it stands, "paused" while nothing of it is begun."""
        own = own_standing(
            self.state,
            is_archive=self.is_archive,
            is_paused=self.paused_at is not None,
            is_reread=self.is_reread,
        )
        return with_files(own, self.held.inside) if self.held else own

    @property
    def status(self) -> JobState:
        """Where it stands with its files."""
        if self.is_reread:
            return JobState.RUNNING
        return status_with_files(self.state, self.held.inside) if self.held else self.state

    @property
    def is_settled(self) -> bool:
        """True when it is over, with all its files. What is paused is not."""
        return self.status.is_over

    @property
    def waits_for_a_person(self) -> bool:
        """True while it is not over and nothing of it goes on before somebody lets it."""
        return self.standing == PAUSED

    @property
    def waits_for_worker(self) -> bool:
        """True while it was begun and could go on, but no worker has any of it in hand."""
        return self.standing in AT_WORK and not self.progress.chunks_running

    @property
    def waits_for_others(self) -> int:
        """Paused files that came before an archive, when it waits for nothing else; 0 otherwise."""
        if self.held is None or not self.state.is_over or self.held.open_here:
            return 0
        return self.held.paused_before if self.held.paused_before == self.held.open else 0

    @property
    def ended_at(self) -> datetime | None:
        """When all of it was over; None while something is not."""
        if self.is_reread:
            return None
        if self.held is None or self.finished_at is None:
            return self.finished_at
        if not self.is_settled:
            return None
        return max(self.finished_at, self.held.last_end or self.finished_at)
