"""Whatever reached a job is told by its report, as JSON, and by the audit log of the job."""

from __future__ import annotations

import re

from tests.jobs.asked import carry_out, look_up
from tests.jobs.floor import Floor
from tests.mboxes import letters
from tests.web.test_pages_failures import fail_jobs
from tests.web.visiting import Visit


def retry_all(here: Visit, floor: Floor) -> int:
    """A retry of all failures, carried out; the errand's number."""
    at = here.visitor().post("/failures/retry").headers["Location"]
    number = int(at.rpartition("/")[2])
    carry_out(floor, look_up(floor, number))
    return number


def test_a_group_retry_is_an_act_on_each_job_that_it_reached(here: Visit) -> None:
    untouched = here.take_in(letters(3), filename="other.mbox")
    floors = fail_jobs(here, 5)
    errand, visitor = retry_all(here, floors[0]), here.visitor()

    for floor in floors:
        acts = visitor.get(f"/api/jobs/{floor.job_id}/report").json()["acts"]
        asked = [one for one in acts if one["action"] == "errand.retry_failed"]
        assert [(one["subject"], one["reached_here"]) for one in asked] == [(f"errand:{errand}", 1)]
        report = visitor.get(f"/jobs/{floor.job_id}/report").text
        assert f'href="/errands/{errand}"' in report
        assert "1 chunk of this job" in report
        assert f"/errands/{errand}" in visitor.get(f"/audit?subject=job:{floor.job_id}").text
    for at in ("/api/jobs/{}/report", "/jobs/{}/report", "/audit?subject=job:{}"):
        said = visitor.get(at.format(untouched.job_id)).text
        assert not re.search(rf"errands?[:/]{errand}\b", said)


def test_the_api_tells_what_became_of_what_an_errand_retried(here: Visit) -> None:
    floors = fail_jobs(here, 2)
    errand = retry_all(here, floors[0])
    told = here.visitor().get(f"/api/errands/{errand}").json()

    assert told["came_to"]["waiting"] == 2
    assert (told["came_to"]["succeeded"], told["came_to"]["taken_back"]) == (0, 0)
