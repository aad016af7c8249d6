"""Which addresses may be asked for a recording."""

from urllib.parse import urlsplit

from django.conf import settings

from telephony.providers.base import ProviderError


def allowed_host(url: str) -> str:
    """The host of `url`, which must be https on its own port at a host of the settings.

    Raises ProviderError otherwise: an address from a callback or the API must not make us ask
    a server of somebody's choice, least of all with our credentials.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ProviderError("The recording's address cannot be read.") from None
    host = (parts.hostname or "").lower()
    plain = parts.username is None and parts.password is None and "\\" not in url
    if parts.scheme != "https" or port not in (None, 443) or not plain:
        raise ProviderError("The recording's address is not an https address of the provider.")
    if host not in settings.TELEPHONY.recording_hosts:
        raise ProviderError("The recording is at a host that RECORDING_HOSTS does not list.")
    return host
