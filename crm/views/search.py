"""Suggestions under the search box of every page."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from crm.search import search_customers
from crm.views.common import allowed, is_fragment
from crm.views.customers import prefill

SUGGESTIONS = 8


@allowed("customers:read")
def search(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()
    if not is_fragment(request):
        return HttpResponseRedirect(f"{reverse('customers')}?{urlencode({'q': text})}")
    hits = search_customers(text, limit=SUGGESTIONS + 1) if text else []
    context = {
        "text": text,
        "hits": hits[:SUGGESTIONS],
        "more": len(hits) > SUGGESTIONS,
        "all_url": f"{reverse('customers')}?{urlencode({'q': text})}",
        "new_url": f"{reverse('customer_new')}?{urlencode(prefill(text))}",
    }
    return render(request, "crm/_suggestions.html", context)
