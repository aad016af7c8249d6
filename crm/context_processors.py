from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from crm.enums import BatchKind
from crm.live import live_url
from crm.models import DataBatch
from crm.navigation import url_or_empty, visible_items
from crm.prepared import prepared
from crm.shell import widgets_for


@prepared()
def demo_batch() -> QuerySet[DataBatch, Any]:
    return DataBatch.objects.filter(kind=BatchKind.DEMO, reverted_at=None).values_list("pk")[:1]


def page(request: HttpRequest) -> dict[str, Any]:
    """What the shell of every page shows.

    All of it is lazy: a fragment that htmx asks for pays nothing, a whole page one small query.
    """
    return {
        "shop": {
            "name": settings.DEALERSHIP_NAME,
            "zone": settings.DEALERSHIP_TIME_ZONE,
            "currency": settings.DEALERSHIP_CURRENCY,
        },
        "nav": SimpleLazyObject(lambda: visible_items(request)),
        "demo_rows": SimpleLazyObject(lambda: bool(demo_batch.rows())),
        "search": {"page_url": url_or_empty("customers"), "suggest_url": url_or_empty("search")},
        "live_url": SimpleLazyObject(lambda: live_url(request)),
        "widgets": SimpleLazyObject(lambda: widgets_for(request.user)),
        # django-htmx looks for the nonce in the context, django-csp keeps it on the request.
        "csp_nonce": getattr(request, "csp_nonce", ""),
    }
