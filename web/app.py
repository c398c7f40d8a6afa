"""The console as an ASGI application: assembles the rooms and starts what runs beside them."""

from __future__ import annotations

import gc
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool

from jobs.engine import Engine, build, claim_spool
from jobs.workshop import set_up_logging
from store.accounts import Role, add_account, find_account, has_accounts, make_link
from store.audit import record
from store.clock import utc_now
from store.config import Config, QueueChoice
from store.config import from_environment as config_from_environment
from store.database import Database
from store.masking import without_password
from store.migrate import migrate
from web import routes
from web.api import api_routes
from web.errors import exception_handlers
from web.house import House
from web.security import middlewares

FIRST_ACCOUNT = "admin"


def from_environment() -> Starlette:
    """The application with the settings of this process; what uvicorn is pointed at."""
    config = config_from_environment(os.environ, Path.cwd())
    set_up_logging(config.log_level)
    app = create_app(config)
    # What is there now stays: looking through it again and again would hold up a request by
    # some 30 ms each time.
    gc.collect()
    gc.freeze()
    return app


def create_app(config: Config) -> Starlette:
    """The application; nothing runs before its lifespan begins."""
    engine = build(config)
    app = Starlette(
        routes=[*api_routes, *routes.routes],
        middleware=middlewares(config),
        exception_handlers=exception_handlers,
        lifespan=_lifespan(config, engine),
    )
    app.state.house = House(
        config=config,
        workshop=engine.workshop,
        dispatch=engine.dispatch,
        link=engine.link,
        local=engine.local,
        reconciler=engine.reconciler,
        errands=engine.errands,
    )
    return app


def _lifespan(
    config: Config, engine: Engine
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await run_in_threadpool(open_house, config, engine)
        yield
        await run_in_threadpool(engine.stop)

    return lifespan


def open_house(config: Config, engine: Engine) -> None:
    """Migrate, make sure somebody can sign in, start the work."""
    database = engine.workshop.database
    migrate(database)
    claim_spool(engine.workshop)
    with database.write() as connection:
        record(
            connection,
            actor="system",
            action="console.start",
            subject="console",
            now=utc_now(),
            detail={"version": version("email-parser")},
        )
    link = first_link(database, password=config.admin_password)
    if link is not None:
        print(f"\n  Sign in once with: {config.address()}/sign-in/{link}\n", flush=True)
    if (away := queue_away(engine)) is not None:
        print(f"\n  {away}\n", flush=True)
    engine.start()


def queue_away(engine: Engine) -> str | None:
    """One line for whoever starts the console, when the queue cannot be reached."""
    state = engine.link.state() if engine.link is not None else None
    if state is None or state.reachable:
        return None
    shown = without_password(engine.workshop.config.redis_url or "")
    itself = engine.workshop.config.queue is QueueChoice.AUTO
    until = "this console reads by itself" if itself else "uploads wait"
    return f"Redis at {shown} cannot be reached ({state.error}). Until it can, {until}."


def first_link(database: Database, *, password: str | None) -> str | None:
    """Make the first account; answers a one-time secret as long as it has no password."""
    now = utc_now()
    with database.write() as connection:
        if not has_accounts(connection):
            add_account(connection, name=FIRST_ACCOUNT, role=Role.ADMIN, password=password, now=now)
        first = find_account(connection, FIRST_ACCOUNT)
        if first is None or first.has_password:
            return None
        return make_link(connection, first.id, now=now)
