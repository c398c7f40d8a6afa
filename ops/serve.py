"""`email-parser serve`: the console as one process of uvicorn.

Binds the address itself, so that a taken port is one clear line, and so that PORT=0 is known
before the application starts. The application is named, not imported: web stays out of ops.
"""

from __future__ import annotations

import argparse
import os
import socket

import uvicorn

from ops.premises import settings
from ops.refusal import Refusal
from store.config import Config, ConfigError
from store.database import OUTAGES, Database

APPLICATION = "web.app:from_environment"
# An upload under way is cut off after that; it can be resumed, and nothing of it is lost.
GRACE_SECONDS = 10
BACKLOG = 512


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """serve"""
    parser.add_argument(
        "--proxy",
        metavar="ADDRESSES",
        help="proxies whose X-Forwarded-For and -Proto are believed, comma-separated, or *",
    )


def run(args: argparse.Namespace) -> int:
    """Serve until told to stop. Raises Refusal for an address that cannot be had."""
    config = settings()
    check_premises(config)
    with listening_socket(config) as listener:
        port = listener.getsockname()[1]
        # The application reads its settings itself; it is to know the port that was given.
        os.environ["PORT"] = str(port)
        print(f"email-parser listens on {config.address(port)}/", flush=True)
        server = uvicorn.Server(_server_settings(config, proxies=args.proxy))
        server.run(sockets=[listener])
    return 0 if server.started else 1


def check_premises(config: Config) -> None:
    """Folder and database can be used. Raises ConfigError naming the setting at fault."""
    try:
        config.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(
            f"DATA_DIR={str(config.data_dir)!r} cannot be used: {error.strerror}"
        ) from None
    database = Database(config.database_url)
    try:
        with database.read():
            pass
    except OUTAGES as error:
        first_line = str(error).partition("\n")[0]
        raise ConfigError(f"DATABASE_URL cannot be reached: {first_line}") from None
    finally:
        database.close()


def listening_socket(config: Config) -> socket.socket:
    """A socket bound to HOST and PORT. Raises Refusal with the reason."""
    try:
        found = socket.getaddrinfo(
            config.host, config.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, _, _, _, where = found[0]
        return socket.create_server(where[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        # create_server adds the address to the reason; a name that does not resolve has its own.
        number = error.errno or 0
        reason = os.strerror(number) if number > 0 else error.strerror
        raise Refusal(f"cannot listen on {config.host}:{config.port}: {reason}") from None


def _server_settings(config: Config, *, proxies: str | None) -> uvicorn.Config:
    return uvicorn.Config(
        APPLICATION,
        factory=True,
        host=config.host,
        port=config.port,
        log_level="warning" if config.log_level == "INFO" else config.log_level.lower(),
        access_log=config.log_level == "DEBUG",
        proxy_headers=proxies is not None,
        forwarded_allow_ips=proxies,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
