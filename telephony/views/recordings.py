"""Recordings and transcripts, for those who may listen. What is heard comes through us: nobody
sees the provider's address."""

import re
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render

from crm.exceptions import Refused
from crm.views.common import WRITE, allowed, is_fragment
from telephony.services import recordings as service
from telephony.views.calls import call_or_404, show

# One range, as players ask for it; whatever else is asked is answered with the whole.
_RANGE = re.compile(r"bytes=(\d{1,12}-\d{0,12}|-\d{1,12})")


@allowed("calls:listen")
def recording(request: HttpRequest, key: UUID) -> HttpResponseBase:
    """The sound, in whole or the part that the player asks for."""
    found = call_or_404(key)
    wanted = request.headers.get("Range", "")
    user: Any = request.user
    try:
        opened = service.open_recording(
            call=found, user=user, byte_range=wanted if _RANGE.fullmatch(wanted) else ""
        )
    except Refused as refused:
        if refused.status == 404:
            raise Http404 from refused
        return HttpResponse(str(refused), status=refused.status, content_type="text/plain")
    response = StreamingHttpResponse(
        opened.content, status=206 if opened.content_range else 200, content_type="audio/mpeg"
    )
    response["Accept-Ranges"] = "bytes"
    response["Content-Disposition"] = f'inline; filename="call-{found.pk}.mp3"'
    if opened.content_range:
        response["Content-Range"] = opened.content_range
    if opened.length is not None:
        response["Content-Length"] = str(opened.length)
    return response


@allowed("calls:listen", WRITE)
def transcript(request: HttpRequest, key: UUID) -> HttpResponse:
    """The words; by POST, because reading them is noted."""
    found = call_or_404(key)
    user: Any = request.user
    try:
        words = service.read_transcript(call=found, user=user)
    except Refused as refused:
        raise Http404 from refused
    if is_fragment(request):
        return render(request, "telephony/_transcript.html", {"transcript": words})
    return show(request, found, transcript=words)
