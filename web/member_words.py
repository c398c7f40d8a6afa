"""What became of a member of an archive, and why, in words."""

from __future__ import annotations

from store.archives import Fate
from store.job_view import JobView
from web.language import N_
from web.words import Word

FATES = {
    Fate.IMPORTED: Word(N_("Taken in"), "good", "check"),
    Fate.SAME: Word(N_("Same bytes as before"), "calm", "twin"),
    Fate.DAMAGED: Word(N_("Damaged"), "bad", "broken"),
    Fate.SKIPPED: Word(N_("Not taken in"), "calm", "bar"),
}
REASONS = {
    "directory": N_("a folder"),
    "link": N_("a link to another file"),
    "device": N_("a device or a pipe, not a file"),
    "system": N_("left by the desktop, no mail"),
    "encrypted": N_("encrypted: it needs a password"),
    "method": N_("packed in a way that is not known here"),
    "overlaps": N_("shares its bytes with another member"),
    "empty": N_("empty"),
    "no_mail": N_("no mail at its beginning"),
    "form": N_("a kind of mailbox or archive that is not read here"),
    "too_deep": N_("an archive, deeper than is opened here"),
    "cut": N_("cut off; what came before is kept"),
    "broken": N_("its packed data is damaged; what came before is kept"),
    "checksum": N_("its checksum does not match; what came out is kept"),
    "length": N_("its length does not match; what came out is kept"),
    "header": N_("its header makes no sense"),
}


def damage_in_words(job: JobView) -> str | None:
    """What is wrong with the file in the archive it came out of; None when nothing is."""
    return None if job.damage is None else REASONS.get(job.damage, job.damage)
