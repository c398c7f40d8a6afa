"""The chunk map of a job with so many chunks that one cell stands for several."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import update

from store.database import Database
from store.states import ChunkState
from store.tables import chunk
from tests.jobs.floor import Floor
from tests.mboxes import letters
from tests.web.visiting import Visit, visit


@pytest.fixture
def here(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Visit:
    """A console that makes many small chunks and draws four cells."""
    monkeypatch.setattr("web.fragments.progress.CELLS", 4)
    return visit(database, tmp_path, CHUNK_BYTES="1024")


def read_but_for(here: Visit, failed: int) -> Floor:
    """A job that is done but for its first `failed` chunks."""
    floor = here.take_in(letters(60, body_lines=10))
    with here.house.database.write() as connection:
        mine = update(chunk).where(chunk.c.seq.between(1, failed))
        connection.execute(mine.values(state=ChunkState.FAILED))
    return floor


def cells(page: str) -> list[str]:
    """The cells of the map, as they stand in a page."""
    return re.findall(r'<li><a class="cell.*?</li>', page, re.DOTALL)


def test_one_failed_chunk_of_many_does_not_colour_the_cell_as_if_all_had_failed(
    here: Visit,
) -> None:
    page = here.visitor().get(f"/jobs/{read_but_for(here, 1).job_id}").text

    first, second = cells(page)[:2]
    total = int(re.findall(r"Chunks 1 to (\d+)", first)[0])
    assert total > 3
    assert 'class="cell tone-bad partly"' in first
    assert f'<rect class="fill-bad" width="{max(8, round(100 / total))}"' in first
    told = f"Failed: 1 of {total}, "
    assert f'aria-label="Chunks 1 to {total}: {told}' in first
    assert f'title="1–{total}: {told}' in first
    assert "partly" not in second
    assert "gauge" not in second
    assert f"Each cell stands for {total} chunks." in page


def test_a_cell_whose_chunks_have_all_failed_is_filled(here: Visit) -> None:
    page = here.visitor().get(f"/jobs/{read_but_for(here, 40).job_id}").text

    assert "partly" not in cells(page)[0]
    assert re.search(r"Failed: (\d+) of \1, ", cells(page)[0])


def test_a_cell_for_one_chunk_says_its_number_and_no_share_of_others(
    here: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.fragments.progress.CELLS", 1000)
    page = here.visitor().get(f"/jobs/{read_but_for(here, 1).job_id}").text

    assert 'aria-label="Chunk 1: Failed, ' in page
    assert "Each cell stands for" not in page
    assert "gauge" not in page
