"""Who is on the other end of a connection, when proxies of ours stand between."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str:
    """The caller's address; "" when the server was reached over a unix socket.

    Each of our `TRUSTED_PROXY_COUNT` proxies appends the address it was called from to
    `X-Forwarded-For`, so the caller's is that many places from the end. What stands further
    left was written by the caller and can be anything.
    """
    count = settings.TRUSTED_PROXY_COUNT
    if count > 0:
        hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if len(hops) >= count and (found := _readable(hops[-count])):
            return found
    return _readable(request.META.get("REMOTE_ADDR", ""))


def throttle_address(request: HttpRequest) -> str | None:
    """`client_ip` for counting: one IPv6 customer owns a whole /64 of addresses."""
    found = client_ip(request)
    if ":" not in found:
        return found or None
    return str(ipaddress.ip_network(f"{found}/64", strict=False).network_address)


def _readable(text: str) -> str:
    """`text` as a plain address without port or brackets; "" when it is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
