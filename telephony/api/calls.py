"""The call log: read it, log a call, say more about one."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from crm.rest.inputs import validated
from crm.rest.views import RowViewSet
from telephony.filters import CallFilter
from telephony.models import CallLog
from telephony.serializers.calls import CallDecisions, CallInput, CallRows, Transcript
from telephony.services import calls as services
from telephony.services.recordings import read_transcript


@extend_schema(tags=["calls"])
class CallViewSet(RowViewSet):
    """Calls, the latest first. Recordings are played on the pages only."""

    queryset = CallLog.objects.all()
    rows = CallRows
    input_class = CallDecisions
    filterset_class = CallFilter
    orderings = {"started_at": ("started_at",), "updated_at": ("updated_at",)}
    default_ordering = "-started_at"
    capability = {"GET": "calls:read", "POST": "calls:write", "PATCH": "calls:write"}

    @extend_schema(request=CallInput)
    def create(self, request: Request) -> Response:
        """Log a call that Lanewise did not see. 409 when its `call_sid` is in the log already."""
        call = services.log_call(data=validated(CallInput, request))
        return self.answer(call.pk, status=201)

    def partial_update(self, request: Request, pk: Any) -> Response:
        call = self.target()
        data = validated(CallDecisions, request, partial=True)
        return self.answer(services.update_call(call=call, data=data).pk)

    @action(
        detail=True,
        methods=["post"],
        capability={"POST": "calls:listen"},
        input_class=None,
        answers=Transcript,
    )
    def transcript(self, request: Request, pk: Any) -> Response:
        """Read what was said. By POST, because each reading is noted."""
        user: Any = request.user
        call = get_object_or_404(self.get_queryset(), pk=pk)
        return Response({"transcript": read_transcript(call=call, user=user)})
