"""Mood and wish of a call, judged by the analyser that the settings name."""

from django.conf import settings
from django.utils.module_loading import import_string

from crm.constraints import translated
from crm.context import audited
from telephony.analyser import Analyser
from telephony.enums import CallType
from telephony.models import CallLog

# A wish that is a type of call names that too, where nobody has.
_TYPES = frozenset(CallType.values)


def analyser() -> Analyser:
    """The analyser of the settings."""
    found: Analyser = import_string(settings.TELEPHONY.analyser)()
    return found


def analyse_call(*, call: CallLog) -> CallLog:
    """Judge the transcript of `call`. What a person has said about it stays."""
    with audited(), translated():
        fresh = CallLog.objects.select_for_update().get(pk=call.pk)
        judged_by_a_person = fresh.customer_sentiment is not None and not fresh.analysed_by
        if not fresh.transcript or judged_by_a_person:
            return fresh
        chosen = analyser()
        found = chosen.analyse(fresh.transcript)
        fresh.customer_sentiment = found.sentiment
        fresh.intent_detected = found.intent
        if fresh.call_type is None and found.intent in _TYPES:
            fresh.call_type = found.intent
        fresh.analysed_by = chosen.name
        fresh.save(
            update_fields=["customer_sentiment", "intent_detected", "call_type", "analysed_by"]
        )
    return fresh
