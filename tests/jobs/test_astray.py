"""Workers with other settings than the console: they need little, and say what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from redis import Redis

from jobs.astray import KEY_PREFIX, Astray
from jobs.bell import ring_due
from jobs.health_view import Health
from jobs.link import QueueLink
from jobs.record import word_of
from jobs.standing import WorkerState
from jobs.strays import AstrayWorker, look_with_strays
from jobs.tasks import ASTRAY_SECONDS
from store.clock import utc_now
from store.config import load
from store.database import Database
from store.installation import installation_id
from store.migrate import migrate
from store.states import JobState
from tests.harness.processes import Process
from tests.harness.waiting import wait_until
from tests.jobs.floor import Floor
from tests.mboxes import letters, offsets_in

Start = Callable[..., Process]


def look(floor: Floor, link: QueueLink) -> tuple[Health, tuple[AstrayWorker, ...]]:
    config = floor.workshop.config
    return look_with_strays(floor.workshop.database, config=config, link=link, now=utc_now())


def ring(floor: Floor, redis_url: str) -> None:
    ring_due(floor.workshop.database, Redis.from_url(redis_url))


def test_a_plain_worker_needs_no_redis_url_whatever_queue_is_set(
    floor: Floor, redis_url: str, rq_worker: Start
) -> None:
    mbox = letters(20, body_lines=10)
    floor.hand_in(mbox)
    config = floor.workshop.config
    environ = {"DATABASE_URL": config.database_url, "DATA_DIR": str(config.data_dir)}

    rq_worker({**environ, "QUEUE": "redis", "CHUNK_BYTES": "4096"}, url=redis_url)
    ring(floor, redis_url)

    wait_until(lambda: floor.job().state.is_over, what="the job is over", timeout_seconds=60)
    assert floor.job().state is JobState.FINISHED
    assert floor.stored_offsets() == offsets_in(mbox)


def strayed(floor: Floor, redis_url: str, rq_worker: Start, environ: Mapping[str, str]) -> Process:
    floor.hand_in(letters(3))
    worker = rq_worker({**environ, "REDIS_URL": redis_url})
    ring(floor, redis_url)
    return worker


def test_a_worker_at_another_database_says_so_and_is_seen_to_take_no_work(
    floor: Floor, redis_url: str, rq_worker: Start, tmp_path: Path
) -> None:
    other = load({"DATA_DIR": str(tmp_path / "other")})
    other.data_dir.mkdir()
    migrate(Database(other.database_url))
    link = QueueLink(redis_url)

    worker = strayed(floor, redis_url, rq_worker, {"DATA_DIR": str(other.data_dir)})

    (stray,) = wait_until(lambda: look(floor, link)[1], what="the console knows of it")
    assert stray.how is Astray.OTHER_DATABASE
    assert look(floor, link)[0].queue.is_stuck
    assert [one.state for one in look(floor, link)[0].workers] == [WorkerState.ASTRAY]
    wait_until(lambda: "another database than the console" in worker.log(), what="it says so")
    assert "console's DATABASE_URL and DATA_DIR?" in worker.log()
    assert set(failures_kept(redis_url)) == {ASTRAY_SECONDS}


def failures_kept(redis_url: str) -> list[int]:
    """For how long RQ keeps each of its failures, in seconds."""
    redis = Redis.from_url(redis_url)
    failed: list[Any] = list(redis.zrange("rq:failed:default", 0, -1))
    keys = [f"rq:job:{word_of(one)}" for one in failed]
    return [int(redis.hget(key, "failure_ttl") or 0) for key in keys]


def test_a_worker_without_any_settings_is_astray_too(
    floor: Floor, redis_url: str, rq_worker: Start
) -> None:
    worker = strayed(floor, redis_url, rq_worker, {})

    (stray,) = wait_until(lambda: look(floor, QueueLink(redis_url))[1], what="it is known")

    assert stray.how is Astray.NO_DATABASE
    wait_until(lambda: "this worker cannot use its database" in worker.log(), what="it says so")
    # Its own would lie in ./var; it makes none, and does nothing to the console's.
    assert not (worker.log_path.parent / "var").exists()
    assert floor.attempts() == 0


def test_a_worker_whose_database_is_out_of_reach_is_told_apart(
    floor: Floor, redis_url: str, rq_worker: Start
) -> None:
    url = "postgresql+psycopg://somebody:secret@127.0.0.1:1/nowhere"

    worker = strayed(floor, redis_url, rq_worker, {"DATABASE_URL": url})

    (stray,) = wait_until(lambda: look(floor, QueueLink(redis_url))[1], what="it is known")
    assert stray.how is Astray.NO_DATABASE
    assert "secret" not in worker.log()


def test_a_worker_with_the_spool_of_another_installation_is_told_apart(
    floor: Floor, redis_url: str, rq_worker: Start
) -> None:
    floor.workshop.spool.mark("somebody-elses")

    strayed(floor, redis_url, rq_worker, floor.workshop.config.environment())

    (stray,) = wait_until(lambda: look(floor, QueueLink(redis_url))[1], what="it is known")
    assert stray.how is Astray.OTHER_SPOOL


def test_a_note_is_gone_once_its_worker_looks_at_the_right_house(
    floor: Floor, redis_url: str, rq_worker: Start
) -> None:
    spool, link = floor.workshop.spool, QueueLink(redis_url)
    spool.mark("somebody-elses")
    strayed(floor, redis_url, rq_worker, floor.workshop.config.environment())
    wait_until(lambda: look(floor, link)[1], what="it is known")
    (spool.folder / ".installation").unlink()

    with floor.workshop.database.read() as connection:
        spool.mark(str(installation_id(connection)))
    floor.hand_in(letters(4))
    ring(floor, redis_url)

    wait_until(lambda: floor.job().state is JobState.FINISHED, what="it works")
    assert look(floor, link)[1] == ()


def test_a_worker_stays_astray_also_while_it_gets_no_more_bells(
    floor: Floor, redis_url: str, rq_worker: Start
) -> None:
    strayed(floor, redis_url, rq_worker, {})
    link = QueueLink(redis_url)
    (stray,) = wait_until(lambda: look(floor, link)[1], what="it is known")

    kept_seconds = link.redis.ttl(f"{KEY_PREFIX}{stray.name}")

    assert isinstance(kept_seconds, int)
    assert kept_seconds > 6 * 86400


def test_a_note_does_not_hold_for_a_later_worker_of_the_same_name(
    floor: Floor, redis_url: str, rq_worker: Start
) -> None:
    link, right = QueueLink(redis_url), floor.workshop.config.environment()
    floor.hand_in(letters(3))
    wrong = rq_worker({"REDIS_URL": redis_url}, "--name", "w1")
    ring(floor, redis_url)
    wait_until(lambda: look(floor, link)[1], what="it is known")
    wrong.stop()
    link.redis.delete("rq:queue:default")

    rq_worker({**right, "REDIS_URL": redis_url}, "--name", "w1")

    health, strays = look(floor, link)
    assert strays == ()
    assert [one.state for one in health.workers] == [WorkerState.IDLE]
    assert link.redis.exists(f"{KEY_PREFIX}w1")


def test_nothing_but_ids_passes_through_redis(floor: Floor, redis_url: str) -> None:
    floor.hand_in(letters(3))
    ring(floor, redis_url)
    redis = Redis.from_url(redis_url)

    (bell,) = redis.lrange("rq:queue:default", 0, -1)
    told = str(redis.hgetall(f"rq:job:{bell.decode()}"))  # type: ignore[union-attr]

    assert floor.workshop.database.url not in told
    assert str(floor.workshop.config.data_dir) not in told
