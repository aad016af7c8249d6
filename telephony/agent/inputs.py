"""What the tools take. The same classes check requests and make the manifest and OpenAPI."""

from typing import Any

from rest_framework import serializers

from telephony.enums import CallType, Direction, Provider, Sentiment
from telephony.verification import LONGEST_ANSWER, QUESTIONS

OPT_OUT_CHANNELS = ("call", "text", "email")
PARTS_OF_DAY = ("morning", "afternoon", "evening")
CALL_SYSTEMS = [choice for choice in Provider.choices if choice[0] != Provider.MANUAL]


def _text(limit: int, help_text: str, **options: Any) -> serializers.CharField:
    if not options.get("required", True):
        options["allow_blank"] = True
    return serializers.CharField(max_length=limit, help_text=help_text, **options)


def _phone() -> serializers.CharField:
    return _text(
        60,
        "A telephone number as the caller says it, only when it is not the calling one.",
        required=False,
    )


class Tool(serializers.Serializer[Any]):
    """What a tool of the voice agent takes from the model."""


class LookupInput(Tool):
    phone = _phone()


class StartVerificationInput(Tool):
    pass


class VerifyAnswerInput(Tool):
    factor = serializers.ChoiceField(
        choices=[factor.value for factor in QUESTIONS], help_text="The question that was asked."
    )
    # Longer answers are judged, as wrong; a refusal to read them would be another reply.
    answer = _text(10 * LONGEST_ANSWER, "What the caller answered, word for word.")


class ListSlotsInput(Tool):
    service = _text(100, "What is to be done, in the caller's words.", required=False)
    first_day = serializers.DateField(required=False, help_text="First day to look at.")
    last_day = serializers.DateField(required=False, help_text="Last day to look at.")
    part_of_day = serializers.ChoiceField(
        choices=PARTS_OF_DAY, required=False, help_text="When the caller can come."
    )


class BookInput(Tool):
    start = serializers.DateTimeField(help_text="One of the times that list_slots gave.")
    service = _text(100, "What is to be done, in the caller's words.")
    first_name = _text(100, "The caller's first name, as the caller gave it.")
    last_name = _text(100, "The caller's last name, as the caller gave it.")
    phone = _phone()
    vehicle = _text(100, "Year, make and model as the caller says.", required=False)
    concerns = _text(1000, "What the caller says is wrong with the vehicle.", required=False)


class _OneVisit(Tool):
    appointment = serializers.UUIDField(
        required=False, help_text="Key of the visit, when the caller has more than one."
    )


class RescheduleInput(_OneVisit):
    start = serializers.DateTimeField(help_text="One of the times that list_slots gave.")


class CancelInput(_OneVisit):
    reason = _text(200, "Why, in the caller's words.")


class ServiceStatusInput(Tool):
    pass


class OptOutInput(Tool):
    channel = serializers.ChoiceField(
        choices=OPT_OUT_CHANNELS,
        required=False,
        help_text="What the caller refuses; leave it out when it is every contact.",
    )


class LeaveMessageInput(Tool):
    message = _text(1000, "The message, without birth dates or other answers.")
    phone = _phone()


class HandOverInput(Tool):
    reason = _text(200, "Why the caller needs a person.", required=False)


class EndCallInput(Tool):
    summary = _text(
        2000, "What was said and agreed, without birth dates or other answers.", required=False
    )
    intent = _text(100, "What the caller wanted, in a few words.", required=False)
    resolved = serializers.BooleanField(
        required=False, allow_null=True, help_text="Whether the caller got it."
    )
    sentiment = serializers.ChoiceField(
        choices=Sentiment.values, required=False, help_text="How the caller sounded."
    )
    call_type = serializers.ChoiceField(
        choices=CallType.values, required=False, help_text="What kind of call it was."
    )
    model = _text(50, "The language model that led the call.", required=False)
    tokens = serializers.IntegerField(
        min_value=0, max_value=2_000_000_000, required=False, help_text="Tokens that it used."
    )


class CallContext(serializers.Serializer[Any]):
    """Which call a request belongs to. The phone system fills this in, never the model."""

    call_id = serializers.RegexField(
        r"^[\x21-\x7e]+$", max_length=100, help_text="The phone system's id of the call."
    )
    provider = serializers.ChoiceField(choices=CALL_SYSTEMS, default=Provider.OTHER)
    caller_phone = serializers.CharField(
        max_length=60, required=False, allow_blank=True, help_text="The calling number."
    )
    to_number = serializers.CharField(max_length=60, required=False, allow_blank=True)
    direction = serializers.ChoiceField(choices=Direction.choices, default=Direction.INBOUND)
    request_id = serializers.CharField(
        max_length=200,
        required=False,
        allow_blank=True,
        help_text="The same request sent again has the same id; verify_answer then counts once.",
    )


class Reply(serializers.Serializer[Any]):
    """What every tool answers: `say` can be read out, `next` is the tool or question that helps on.

    A refusal that can be spoken is an answer too (`ok` false), with a stable `code`.
    """

    ok = serializers.BooleanField()
    say = serializers.CharField()
    code = serializers.CharField(allow_blank=True)
    next = serializers.CharField(allow_blank=True)
    data = serializers.DictField()  # type: ignore[assignment]

    class Meta:
        ref_name = "AgentReply"
