"""The members of an archive: what became of each, where its job stands, and their sum."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from store.archives import Fate
from store.errands import OPEN_ERRAND_STATES, list_errands
from store.found_inside import FoundInside, found_inside
from store.job_view import JobView
from store.member_lists import MemberOrder, MemberView, members_of
from store.members import MembersSum, sum_of_members
from web.asked import address, chosen, text_of, whole
from web.errand_lines import ErrandLine, lines_of
from web.fragments.progress import require_job
from web.house import house_of
from web.language import N_
from web.member_words import FATES, REASONS
from web.moment import at_one_moment
from web.pace import MOVING, pace_of
from web.render import render
from web.words import Word

PAGE = 50
# So many are seen at a glance.
FEW = 5
LONGEST_NAME = 200
# The highest place of a member that a database knows.
HIGHEST = (1 << 31) - 1

DELETED = N_("deleted since, with its mail")
LOST = N_("its mail lay with another file that was deleted since; a retry takes it in from here")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMember:
    """A member with its fate in words; `whys` say more where the fate does not say enough."""

    member: MemberView
    fate: Word
    whys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FateChip:
    """A choice of which members are listed; `word` is None for all of them."""

    word: Word | None
    fate: Fate | None
    number: int
    address: str
    is_here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MembersView:
    """A page of members, and all of them added up; nothing for a job that is no archive."""

    job: JobView
    sum: MembersSum | None
    chips: tuple[FateChip, ...]
    members: tuple[ShownMember, ...]
    found: FoundInside | None  # by a search in it; None while that changes
    under_way: tuple[ErrandLine, ...]  # acts on it that have not reached all of them yet
    is_narrowed: bool
    is_long: bool  # long enough to be searched and put in another order
    name: str
    order: MemberOrder
    here: str
    first: str | None
    next: str | None
    every: int | None


@at_one_moment
def members_fragment(request: Request) -> Response:
    """`GET /fragments/members/{id}`."""
    return render(request, "fragments/members.html", members_in(request, require_job(request)))


def members_in(request: Request, job: JobView) -> MembersView:
    """A page of an archive's members, narrowed by `?fate=` and `?file=`, a piece of the name.

    `?by=` orders them, `?member=` is the last one seen.
    """
    after, fate = whole(request, "member"), chosen(request, "fate", Fate)
    name = text_of(request, "file", at_most=LONGEST_NAME)
    order = chosen(request, "by", MemberOrder) or MemberOrder.PLACE
    by = None if order is MemberOrder.PLACE else order
    page, so = f"/jobs/{job.id}", {"file": name or None, "by": by}
    here = address(f"/fragments/members/{job.id}", fate=fate, **so, member=after)
    if not job.is_archive:
        return MembersView(
            job=job,
            sum=None,
            chips=(),
            members=(),
            found=None,
            under_way=(),
            is_narrowed=False,
            is_long=False,
            name="",
            order=order,
            here=here,
            first=None,
            next=None,
            every=None,
        )
    with house_of(request).database.read() as connection:
        added_up = sum_of_members(connection, job.upload_id, held=job.held)
        moves = not job.is_settled
        in_it = None if moves else found_inside(connection, job.upload_id)
        found = members_of(
            connection,
            job.upload_id,
            fate=fate,
            name=name,
            order=order,
            after=-1 if after is None else min(after, HIGHEST),
            limit=PAGE + 1,
        )
        acts = list_errands(connection, subject=f"job:{job.id}", states=OPEN_ERRAND_STATES)
    last = found[PAGE - 1].ordinal if len(found) > PAGE else None
    more = None if last is None else address(page, fate=fate, **so, member=last)
    return MembersView(
        job=job,
        sum=added_up,
        chips=_chips(added_up, page, so, chosen=fate),
        members=shown(found[:PAGE]),
        found=in_it,
        under_way=lines_of(house_of(request).database, acts),
        is_narrowed=fate is not None or name != "",
        is_long=added_up.members > FEW,
        name=name,
        order=order,
        here=here,
        first=None if after is None else f"{address(page, fate=fate, **so)}#members",
        next=f"{more}#members" if more else None,
        every=MOVING if acts else pace_of(job, quick=MOVING * 2) if moves else None,
    )


def _chips(
    added_up: MembersSum, page: str, so: Mapping[str, str | None], *, chosen: Fate | None
) -> tuple[FateChip, ...]:
    """All members, and those of each fate that occurs."""
    numbers: list[tuple[Fate | None, int]] = [(None, added_up.members)]
    numbers += [
        (one, added_up.by_fate.get(one, 0))
        for one in Fate
        if one in added_up.by_fate or one is chosen
    ]
    return tuple(
        FateChip(
            word=None if fate is None else FATES[fate],
            fate=fate,
            number=number,
            address=f"{address(page, fate=fate, **so)}#members",
            is_here=fate is chosen,
        )
        for fate, number in numbers
    )


def fates_of(added_up: MembersSum) -> tuple[tuple[Word, int], ...]:
    """How many members came to what end, in words."""
    return tuple((FATES[fate], added_up.by_fate[fate]) for fate in Fate if fate in added_up.by_fate)


def shown(members: list[MemberView]) -> tuple[ShownMember, ...]:
    """Members with their fates in words."""
    return tuple(
        ShownMember(
            member=one,
            fate=FATES[one.fate],
            whys=tuple(_whys(one)),
        )
        for one in members
    )


def _whys(one: MemberView) -> Iterator[str]:
    if one.reason is not None:
        yield REASONS.get(one.reason, one.reason)
    if one.gone:
        yield LOST if one.lies_elsewhere else DELETED
