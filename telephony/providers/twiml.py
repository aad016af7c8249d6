"""What callers hear, in TwiML (https://www.twilio.com/docs/voice/twiml)."""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

# name of a callback, its parameters -> address
Address = Callable[..., str]

LONGEST_MESSAGE_SECONDS = 180
LEG_EVENTS = "initiated ringing answered completed"
DISCLOSURE = "This call may be recorded and transcribed so that we can serve you better."


@dataclass(frozen=True)
class Script:
    """How a call is handled. `numbers` ring together; `record` needs nobody's refusal;
    `announce` plays the disclosure first; `agent` is the voice agent's SIP address or number."""

    numbers: tuple[str, ...] = ()
    record: bool = False
    announce: bool = False
    agent: str = ""


def greeting(script: Script, address: Address, *, stage: str) -> str:
    """A call comes in: greet, disclose, then connect to `stage` ("people", "agent", "voicemail").

    The disclosure listens for a 9, which leads to the callback `consent`; who says nothing
    stays on and goes on here.
    """
    response = VoiceResponse()
    response.say(f"Thank you for calling {settings.DEALERSHIP_NAME}.")
    if script.announce:
        gather = Gather(num_digits=1, timeout=2, action=address("consent", stage=stage))
        gather.say(f"{DISCLOSURE} If you do not want that, press 9.")
        response.append(gather)
    _connect(response, script, address, stage=stage, refused=False)
    return str(response)


def connect(script: Script, address: Address, *, stage: str, refused: bool) -> str:
    """Go on with `stage`; `refused` follows the caller through the further callbacks."""
    response = VoiceResponse()
    _connect(response, script, address, stage=stage, refused=refused)
    return str(response)


def _connect(
    response: VoiceResponse, script: Script, address: Address, *, stage: str, refused: bool
) -> None:
    if stage == "voicemail":
        _voicemail(response, address, refused=refused)
        return
    carried = {"stage": stage} | ({"refused": "1"} if refused else {})
    record = script.record and not refused
    if record and settings.TELEPHONY.transcription:
        _transcribe(response, address)
    dial = _dial(address, record=record, **carried)
    if stage == "agent" and script.agent.startswith("sip:"):
        dial.sip(
            script.agent,
            status_callback=address("leg", stage=stage),
            status_callback_event=LEG_EVENTS,
        )
    else:
        for number in (script.agent,) if stage == "agent" else script.numbers:
            dial.number(
                number,
                status_callback=address("leg", stage=stage),
                status_callback_event=LEG_EVENTS,
            )
    response.append(dial)


def to_customer(script: Script, address: Address, *, number: str, call: str) -> str:
    """Somebody of ours has picked up: now ring the customer."""
    response = VoiceResponse()
    if script.record and settings.TELEPHONY.transcription:
        _transcribe(response, address, call=call)
    dial = _dial(
        address,
        record=script.record,
        caller_id=settings.TELEPHONY.number,
        stage="customer",
        call=call,
    )
    callbacks = {
        "status_callback": address("leg", stage="customer", call=call),
        "status_callback_event": LEG_EVENTS,
    }
    if script.announce:
        callbacks["url"] = address("announce", stage="customer", call=call)
    dial.number(number, **callbacks)
    response.append(dial)
    return str(response)


def announcement() -> str:
    """What the customer hears before an outgoing call is connected."""
    response = VoiceResponse()
    response.say(f"This is {settings.DEALERSHIP_NAME}. {DISCLOSURE}")
    return str(response)


def message(text: str, address: Address, **carried: str) -> str:
    """A message that a machine speaks: who calls, what, and how to have no more such calls."""
    response = VoiceResponse()
    gather = Gather(num_digits=1, timeout=4, action=address("spoken", **carried))
    gather.say(f"This is an automated call from {settings.DEALERSHIP_NAME}. {text}")
    gather.say("If you do not want such calls, press 9.")
    response.append(gather)
    response.hangup()
    return str(response)


def goodbye(text: str = "") -> str:
    """The end of a call."""
    response = VoiceResponse()
    if text:
        response.say(text)
    response.hangup()
    return str(response)


def _dial(address: Address, *, record: bool, caller_id: str = "", **carried: str) -> Dial:
    """Dial what is put into it, and go on at the callback `dial`; `carried` comes back there."""
    recorded = {
        "record": "record-from-answer-dual",
        "recording_status_callback": address("recording", **carried),
    }
    return Dial(
        timeout=settings.TELEPHONY.ring_seconds,
        action=address("dial", **carried),
        **(recorded if record else {}),
        **({"caller_id": caller_id} if caller_id else {}),
    )


def _voicemail(response: VoiceResponse, address: Address, *, refused: bool) -> None:
    """A message after the beep; who refused to be recorded is called back instead."""
    if refused:
        response.say("Nobody is free right now. We will call you back. Goodbye.")
        response.hangup()
        return
    response.say("Nobody is free right now. Please leave a message after the tone.")
    response.record(
        max_length=LONGEST_MESSAGE_SECONDS,
        play_beep=True,
        action=address("voicemail"),
        recording_status_callback=address("recording", stage="voicemail"),
        transcribe=True,
        transcribe_callback=address("transcription", stage="voicemail"),
    )
    response.hangup()


def _transcribe(response: VoiceResponse, address: Address, **carried: str) -> None:
    start = response.start()
    start.transcription(
        status_callback_url=address("transcription", **carried), track="both_tracks"
    )
