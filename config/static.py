"""Headers of static files. Stands alone, because the settings name it."""

from collections.abc import MutableMapping


def add_headers(headers: MutableMapping[str, str], path: str, url: str) -> None:
    """WhiteNoise answers before `HeadersMiddleware` is asked."""
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
