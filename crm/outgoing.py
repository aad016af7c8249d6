"""Requests to addresses that people typed in: only to the public internet, and not for long.

The host is resolved once, every answer of the resolver is checked, and the connection goes to the
very address that was checked. A name that points elsewhere a moment later changes nothing.
Redirects are not followed.
"""

import ipaddress
import socket
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import certifi
import urllib3

TIMEOUT_SECONDS = 10.0
MAX_ANSWER_BYTES = 2_048
# Addresses that carry an IPv4 address inside and would be routed to it.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class Unreachable(Exception):  # noqa: N818  (an outcome of the attempt)
    """No answer came, or the address is not one that we call. The text is for people."""


@dataclass(frozen=True)
class Answer:
    """What the other side said: status and the beginning of the body as text."""

    status: int
    body: str

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


def check_url(url: str, *, allow_http: bool = False) -> SplitResult:
    """The parts of `url`; raises ValueError with a sentence when we would never call it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("This is not an address.") from None
    schemes = ("https", "http") if allow_http else ("https",)
    if parts.scheme not in schemes:
        raise ValueError(f"The address must begin with {schemes[0]}://.")
    if not parts.hostname or port == 0 or not url.isascii() or not url.isprintable():
        raise ValueError("This is not an address.")
    if any(sign in url for sign in " \\"):
        raise ValueError("The address must not have blanks or backslashes.")
    if parts.username is not None or parts.password is not None:
        raise ValueError("The address must not carry a password.")
    if parts.fragment:
        raise ValueError("The address must not have a part after “#”.")
    return parts


def is_public(text: str) -> bool:
    """Whether the IP address `text` lies in the public internet, in whatever form it is written."""
    address: IPAddress = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address.teredo is not None:
            return False
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            address = inner
    if getattr(address, "is_site_local", False):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def resolve(host: str, port: int, *, private_hosts: Collection[str] = ()) -> str:
    """One IP address of `host`; raises Unreachable when any of them is not public.

    `private_hosts` are names and addresses of ours that may be called all the same.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unreachable("The name of the host was not found.") from None
    addresses = [str(entry[4][0]) for entry in found]
    if host not in private_hosts and not all(is_public(address) for address in addresses):
        raise Unreachable("The host is not in the public internet.")
    return addresses[0]


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    allow_http: bool = False,
    private_hosts: Collection[str] = (),
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> Answer:
    """POST `body` and read the beginning of the answer; raises Unreachable.

    An answer of any status is an Answer, a redirect too.
    """
    deadline = time.monotonic() + timeout_seconds
    try:
        parts = check_url(url, allow_http=allow_http)
    except ValueError as error:
        raise Unreachable(str(error)) from None
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = resolve(host, port, private_hosts=private_hosts)
    pool = _pool(parts.scheme, host, address, port, timeout_seconds)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    try:
        with pool:
            response = pool.urlopen(
                "POST",
                target,
                body=body,
                headers={**headers, "Host": parts.netloc},
                redirect=False,
                retries=False,
                preload_content=False,
            )
            return Answer(response.status, _beginning(response, deadline))
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        raise Unreachable(_in_words(error)) from error


def _pool(
    scheme: str, host: str, address: str, port: int, timeout_seconds: float
) -> urllib3.HTTPConnectionPool:
    """Connects to `address`; TLS asks for, and checks, the certificate of `host`."""
    timeout = urllib3.Timeout(total=timeout_seconds)
    if scheme == "http":
        return urllib3.HTTPConnectionPool(address, port, timeout=timeout, maxsize=1)
    return urllib3.HTTPSConnectionPool(
        address,
        port,
        timeout=timeout,
        maxsize=1,
        server_hostname=host,
        assert_hostname=host,
        cert_reqs="CERT_REQUIRED",
        ca_certs=certifi.where(),
    )


def _beginning(response: urllib3.BaseHTTPResponse, deadline: float) -> str:
    """The first bytes of the body. A receiver that drips is cut off at the deadline."""
    body = b""
    try:
        while len(body) < MAX_ANSWER_BYTES and time.monotonic() < deadline:
            part = response.read1(MAX_ANSWER_BYTES - len(body))
            if not part:
                break
            body += part
    except urllib3.exceptions.HTTPError:
        pass  # the status has been said; the rest of the body changes nothing
    finally:
        response.close()
    return body.decode("utf-8", "replace").replace("\x00", "")


def _in_words(error: Exception) -> str:
    # Before the timeouts: urllib3 counts it among them.
    if isinstance(error, urllib3.exceptions.NewConnectionError):
        return "The connection was refused."
    if isinstance(error, urllib3.exceptions.TimeoutError):
        return "No answer in time."
    if isinstance(error, urllib3.exceptions.SSLError):
        return "The certificate is not valid."
    return f"The connection broke off ({type(error).__name__})."
