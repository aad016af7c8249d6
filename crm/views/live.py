"""A new ticket for a page that has been open for longer than its own lasts."""

from django.http import HttpRequest, JsonResponse

from crm.live import live_url
from crm.views.common import allowed


@allowed("customers:read")
def live(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"url": live_url(request)})
