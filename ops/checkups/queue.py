"""Redis and the workers: reached, fit for a queue, and somebody there to take the work."""

from __future__ import annotations

from collections.abc import Iterator

from jobs.astray import SENTENCES
from jobs.bell import QueueUnreachable
from jobs.engine import Engine
from jobs.health_view import Health
from jobs.redis_condition import RedisCondition, redis_condition
from jobs.standing import WorkerState
from jobs.strays import look_with_strays
from ops.checkups.finding import Finding, Verdict, judged
from store.clock import utc_now

OLDEST = (6, 2)
SLOW_SECONDS = 0.05
SKEW_SECONDS = 5
FULL_SHARE = 0.9
WAKING = (
    "A frozen process hears no drain and no stop: on its host, kill -CONT PID lets it go on "
    "and kill -KILL PID ends it."
)
SUSPICIOUS = (
    WorkerState.LATE,
    WorkerState.STUCK,
    WorkerState.UNREGISTERED,
    WorkerState.PRESUMED_DEAD,
    WorkerState.ORPHANED_HORSE,
)


def look_at_redis(engine: Engine) -> Iterator[Finding]:
    """Redis alone; nothing to find where it is not used."""
    if engine.link is None:
        what = "no REDIS_URL: the console's local thread does the work"
        yield Finding(check="redis", verdict=Verdict.OK, what=what)
        return
    try:
        condition = redis_condition(engine.link)
    except QueueUnreachable as error:
        remedy = "Start it, or mend REDIS_URL; until then work waits in the database."
        yield judged("redis", f"cannot be reached: {error}", fine=False, remedy=remedy)
        return
    yield from judge(condition)


def judge(condition: RedisCondition) -> Iterator[Finding]:
    """Whether a Redis is fit to hold a queue."""
    yield from _fitness(condition)
    yield from _surroundings(condition)


def _fitness(condition: RedisCondition) -> Iterator[Finding]:
    yield judged(
        "redis",
        f"version {condition.version}",
        fine=_numbers(condition.version) >= OLDEST,
        remedy="RQ needs Redis 6.2 or newer.",
    )
    yield judged(
        "eviction",
        f"the policy is {condition.eviction}, {condition.evicted_keys} keys were evicted",
        fine=condition.eviction == "noeviction" and condition.evicted_keys == 0,
        remedy="Set maxmemory-policy noeviction: any other throws jobs away when memory is full.",
    )
    yield judged(
        "persistence",
        "an append-only file is kept" if condition.appends else "no append-only file is kept",
        fine=condition.appends and condition.last_save_worked,
        remedy="Set appendonly yes, and see to its disk; without it a restart forgets the queue "
        "(the console rings again, but late).",
        otherwise=Verdict.WARNING,
    )


def _surroundings(condition: RedisCondition) -> Iterator[Finding]:
    share = condition.used_bytes / condition.max_bytes if condition.max_bytes else 0.0
    yield judged(
        "redis memory",
        f"{condition.used_bytes >> 20} MiB used"
        + (f" of {condition.max_bytes >> 20} MiB" if condition.max_bytes else ", no limit set"),
        fine=share < FULL_SHARE,
        remedy="Give Redis more memory, and nothing but this queue to hold.",
    )
    yield judged(
        "redis distance",
        f"an answer took {condition.answer_seconds * 1000:.1f} ms",
        fine=condition.answer_seconds < SLOW_SECONDS,
        remedy="Workers ask often: bring Redis nearer, or find out what slows it down.",
        otherwise=Verdict.WARNING,
    )
    yield judged(
        "clocks",
        f"Redis's clock differs by {abs(condition.clock_ahead_seconds):.1f} s",
        fine=abs(condition.clock_ahead_seconds) < SKEW_SECONDS,
        remedy="Let both machines follow a time server: leases and beats compare times.",
        otherwise=Verdict.WARNING,
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def look_at_workers(engine: Engine) -> Iterator[Finding]:
    """Who is there, and whether work waits for nobody."""
    workshop = engine.workshop
    health, strays = look_with_strays(
        workshop.database, config=workshop.config, link=engine.link, now=utc_now()
    )
    yield _consumers(health)
    for stray in strays:
        what = f"{stray.name}: {SENTENCES[stray.how]}"
        remedy = "Give it the console's DATABASE_URL and DATA_DIR, and restart it."
        yield Finding(check="worker", verdict=Verdict.WRONG, what=what, remedy=remedy)
    for worker in health.workers:
        if worker.state in SUSPICIOUS:
            yield Finding(
                check="worker",
                verdict=Verdict.WARNING,
                what=f"{worker.name} on {worker.host or 'an unknown host'} is {worker.state}",
                remedy=WAKING
                if worker.unmoved_since
                else "Restart it; its chunk goes to another by itself.",
            )


def _consumers(health: Health) -> Finding:
    waiting, consumers = health.queue.backlog.waiting, health.queue.consumers
    if consumers is None:
        what = f"unknown while Redis does not answer; {waiting} chunks wait"
        return Finding(check="workers", verdict=Verdict.WARNING, what=what)
    if health.queue.is_unmoved:
        what = f"{waiting} chunks wait, {consumers} could take them, and nobody has for a minute"
        remedy = f"A worker may be frozen. {WAKING} Or start others."
        return Finding(check="workers", verdict=Verdict.WRONG, what=what, remedy=remedy)
    return judged(
        "workers",
        f"{consumers} to do the work, {waiting} chunks wait",
        fine=consumers > 0,
        remedy="Start one: email-parser worker"
        if health.queue.link is not None
        else "Start the console: email-parser serve",
        otherwise=Verdict.WRONG if health.queue.is_stuck else Verdict.WARNING,
    )
