"""`email-parser serve`: the console as one process of uvicorn.

Binds the address itself, so that a taken port is one clear line, and so that PORT=0 is known
before the application starts. The application is named, not imported: web stays out of ops.
"""

from __future__ import annotations

import argparse
import errno
import os
import socket

import uvicorn

from jobs.link import QueueLink
from ops.premises import require_premises, settings
from ops.refusal import Refusal
from store.config import Config, ConfigError
from store.database import DatabaseAway
from store.masking import without_password

APPLICATION = "web.app:from_environment"
# An upload under way is cut off after that, and nothing of it is kept: it has to be sent again.
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
    """Folder, database and Redis can be used. Raises ConfigError naming the setting at fault.

    A Redis that is away is none: the console starts without it.
    """
    try:
        require_premises(config)
    except DatabaseAway as error:
        shown = without_password(config.database_url)
        raise ConfigError(f"DATABASE_URL={shown!r} {error}") from None
    if config.uses_redis and config.redis_url:
        try:
            QueueLink(config.redis_url).close()
        except (ValueError, TypeError):
            shown = without_password(config.redis_url)
            raise ConfigError(f"REDIS_URL={shown!r} has an option that is none") from None


def listening_socket(config: Config) -> socket.socket:
    """A socket bound to HOST and PORT. Raises ConfigError, or Refusal when it is taken."""
    try:
        found = socket.getaddrinfo(
            config.host, config.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, _, _, _, where = found[0]
        return socket.create_server(where[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            why = error.strerror if isinstance(error, socket.gaierror) else "not of this machine"
            raise ConfigError(f"HOST={config.host!r} cannot be listened on: {why}") from None
        # create_server adds the address to the reason.
        reason = os.strerror(error.errno or 0)
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
