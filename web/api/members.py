"""Members of an archive for programs: each with what became of it, and their sum."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from store.found_inside import FoundInside, found_inside
from store.job_view import JobView
from store.member_lists import MemberOrder, MemberView, members_of
from store.members import MembersSum, sum_of_members
from web.api.parameters import whole_parameter
from web.errors import BadRequest
from web.house import house_of

PAGE = 1000


def members_json(request: Request, job: JobView) -> Response:
    """A page of an archive's members, from `?after=` (a place in the archive) on.

    `?name=` is a piece of their name, `?order=` place, name or -size.
    """
    after = whole_parameter(request, "after", default=-1, low=-1, high=(1 << 31) - 1)
    with house_of(request).database.read() as connection:
        found = members_of(
            connection,
            job.upload_id,
            name=request.query_params.get("name", ""),
            order=_order(request),
            after=after,
            limit=PAGE,
        )
    return JSONResponse(
        {
            "job_id": job.id,
            "sum": members_sum_json(request, job),
            "members": [member_json(one) for one in found],
            "next": found[-1].ordinal if len(found) == PAGE else None,
        }
    )


def _order(request: Request) -> MemberOrder:
    try:
        return MemberOrder(request.query_params.get("order", MemberOrder.PLACE))
    except ValueError:
        raise BadRequest("order is place, name or -size.") from None


def members_sum_json(request: Request, job: JobView) -> dict[str, Any] | None:
    """An archive's members added up; None for a job that is no archive."""
    if job.held is None:
        return None
    with house_of(request).database.read() as connection:
        added_up = sum_of_members(connection, job.upload_id, held=job.held)
        # Counted one by one: with a million messages too long for whoever asks again and again.
        found = found_inside(connection, job.upload_id) if job.is_settled else None
    return sum_json(added_up, found)


def sum_json(added_up: MembersSum, found: FoundInside | None) -> dict[str, Any]:
    """Members added up, as the API tells it; `found` is None while they still change."""
    held = added_up.held
    return {
        "number": added_up.members,
        "by_fate": added_up.by_fate,
        "skipped_by_reason": added_up.by_reason,
        "jobs_by_status": added_up.by_state,
        "paused_jobs": held.paused_here,
        "deleted": added_up.deleted,
        "lost": added_up.lost,
        "files": held.files,
        "files_that_came_before": held.came_before,
        "messages": held.messages,
        "duplicates": held.duplicates,
        "quarantined": held.quarantined,
        "all_messages": added_up.messages,
        "different": found.different if found else None,
        "hidden": found.hidden if found else None,
        "bytes": added_up.bytes,
        "bytes_unpacked": added_up.unpacked_bytes,
        "bytes_here_before": added_up.same_bytes,
        "same_as_another_member": added_up.twice,
    }


def member_json(one: MemberView) -> dict[str, Any]:
    """A member as the API tells it."""
    return {
        "ordinal": one.ordinal,
        "name": one.name,
        "fate": one.fate,
        "reason": one.reason,
        "size": one.size,
        "claimed_size": one.claimed_size,
        "packed_bytes": one.packed_bytes,
        "sha256": one.sha256,
        "upload_id": one.upload_id,
        "job_id": one.job_id,
        "status": one.job_state,
        "all_messages": one.messages,
        "deleted": one.gone,
        "lost": one.gone and one.lies_elsewhere,
    }
