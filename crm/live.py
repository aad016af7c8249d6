"""Where a page listens for live events (`jobs.live`)."""

from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest

from jobs.live import ticket


def live_url(request: HttpRequest) -> str:
    """The address of the signed-in user's own stream; "" for strangers.

    Leaves on the request which origin the content policy has to let the page talk to.
    """
    if not request.user.is_authenticated:
        return ""
    address = settings.LIVE_URL or f"{_neighbour(request)}/events"
    parts = urlsplit(address)
    request.live_origin = f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""  # type: ignore[attr-defined]
    return f"{address}?{urlencode({'ticket': ticket(request.user.pk)})}"


def _neighbour(request: HttpRequest) -> str:
    """The live process on this very host, beside the web server."""
    host = urlsplit(f"//{request.get_host()}").hostname or "localhost"
    shown = f"[{host}]" if ":" in host else host
    return f"{request.scheme}://{shown}:{settings.LIVE_PORT}"
