"""Where browsers report what the content security policy has stopped."""

import json
import logging
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

log = logging.getLogger(__name__)
MAX_BYTES = 16 * 1024


@csrf_exempt  # browsers send reports without cookies and tokens
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    """Log the directive and the blocked host, not the page's address, which names customers."""
    if len(request.body) <= MAX_BYTES:
        for report in _reports(request.body):
            log.warning(
                "Content security policy stopped %s", _origin(report), extra=_directive(report)
            )
    return HttpResponse(status=204)


def _reports(body: bytes) -> list[dict[str, Any]]:
    try:
        data = json.loads(body)
    except ValueError:
        return []
    items = data if isinstance(data, list) else [data]
    found = [
        item.get("csp-report") or item.get("body") for item in items[:5] if isinstance(item, dict)
    ]
    return [item for item in found if isinstance(item, dict)]


def _origin(report: dict[str, Any]) -> str:
    """Scheme and host of what was blocked, or a keyword such as `inline`."""
    blocked = str(report.get("blocked-uri") or report.get("blockedURL") or "unknown")
    try:
        parts = urlsplit(blocked[:500])
    except ValueError:
        return "unreadable"
    return f"{parts.scheme}://{parts.hostname}" if parts.hostname else parts.path[:20]


def _directive(report: dict[str, Any]) -> dict[str, str]:
    name = report.get("effective-directive") or report.get("effectiveDirective") or "unknown"
    return {"directive": str(name)[:40]}
