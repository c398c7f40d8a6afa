"""For `RQ_CONFIG=jobs.rq_settings rq worker`: loads the work's modules once, in the parent.

Without it a plain `rq worker` imports them anew in every work-horse, some 0.3 s a job.
"""

from __future__ import annotations

import jobs.tasks  # noqa: F401
