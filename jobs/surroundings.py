"""Tell trouble around the work from trouble in it: a full disk is no chunk's fault.

Only says which is which; what follows from it is `jobs.endings`.
"""

from __future__ import annotations

import errno

from store.outage import in_one_line, is_outage
from store.spool import SpoolAway

# No room, no right to write, a disk that was taken away, a process that may open no more files.
_ERRNOS = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EROFS,
        errno.ESTALE,
        errno.ENOTCONN,
        errno.ENODEV,
        errno.EMFILE,
        errno.ENFILE,
    }
)


def trouble_around(error: BaseException) -> str | None:
    """Why no work can be done here just now, in one line; None when the work itself went wrong."""
    if is_outage(error):
        return f"the database cannot be used: {in_one_line(error)}"
    if isinstance(error, SpoolAway):
        return str(error)
    if isinstance(error, OSError) and error.errno in _ERRNOS:
        return f"this machine cannot work: {error.strerror}"
    return None
