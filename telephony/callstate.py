"""What is known of a call, folded from the callbacks that came so far. No Django.

`fold` looks at the set of events only: their order, repetition or lateness change nothing. Field
names are those of Twilio's callbacks (https://www.twilio.com/docs/voice/twiml).
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

# Twilio's words and ours, in the order in which a call moves. Others are kept but mean nothing.
STATUSES = {
    "queued": "queued",
    "initiated": "queued",
    "ringing": "ringing",
    "in-progress": "in_progress",
    "answered": "in_progress",
    "canceled": "canceled",
    "failed": "failed",
    "no-answer": "no_answer",
    "busy": "busy",
    "completed": "completed",
}
ORDER = list(dict.fromkeys(STATUSES.values()))
TERMINAL = frozenset(ORDER[3:])
ANSWERED = ("in-progress", "answered", "completed")
LONGEST_SECONDS = 7 * 24 * 3600


@dataclass(frozen=True)
class Event:
    """One callback: its `kind` (an EventKind), the provider's fields, when we got it, and the
    `stage` of the call that we put into the address ("people", "agent", "customer", "spoken" for a
    message that a machine speaks, or "")."""

    kind: str
    fields: Mapping[str, str]
    received_at: datetime
    stage: str = ""
    disclosed: bool = False

    @property
    def at(self) -> datetime:
        """When it happened: the provider's own time where it gives one."""
        try:
            told = parsedate_to_datetime(self.fields.get("Timestamp", ""))
        except ValueError:
            return self.received_at
        return told if told.tzinfo else told.replace(tzinfo=UTC)

    def seconds(self, name: str) -> int | None:
        """The field `name` as a duration; None when it is missing or absurd."""
        text = self.fields.get(name, "")
        if not (text.isascii() and text.isdigit() and len(text) < 8):
            return None
        return int(text) if int(text) <= LONGEST_SECONDS else None


@dataclass(frozen=True)
class CallFacts:
    """The state of one call. Times are instants, None where nothing is known."""

    status: str = "queued"
    provider_status: str = ""
    from_number: str = ""
    to_number: str = ""
    direction: str = "inbound"
    started_at: datetime | None = None
    answered_at: datetime | None = None
    answered_by: str | None = None
    ended_at: datetime | None = None
    duration_seconds: int | None = None
    is_voicemail: bool = False
    recording_url: str | None = None
    recording_seconds: int | None = None
    transcript: str | None = None
    disclosed_at: datetime | None = None
    consent: str = "unknown"
    consent_at: datetime | None = None
    is_spoken: bool = False

    @property
    def is_terminal(self) -> bool:
        return self.status in TERMINAL


def fold(events: Iterable[Event]) -> CallFacts:
    """The one state that these events mean. A refusal to be recorded beats every recording."""
    known = sorted(events, key=lambda event: (event.received_at, _identity(event)))
    calls = [event for event in known if event.kind in ("voice", "status", "dial", "voicemail")]
    facts = _recorded(_consented(_parties(CallFacts(), calls), known), known)
    spoken = any(event.stage == "spoken" for event in known)
    facts = _answered(replace(facts, is_spoken=spoken), known)
    return _timed(_moved(facts, calls), known)


def _identity(event: Event) -> str:
    return json.dumps([event.kind, event.stage, sorted(event.fields.items())])


def _parties(facts: CallFacts, calls: list[Event]) -> CallFacts:
    """Who calls whom; the first event that says so, and they all say the same."""
    for event in calls:
        told = event.fields
        if told.get("From") or told.get("To"):
            outbound = told.get("Direction", "inbound").startswith("outbound")
            return replace(
                facts,
                from_number=told.get("From", ""),
                to_number=told.get("To", ""),
                direction="outbound" if outbound else "inbound",
            )
    return facts


def _consented(facts: CallFacts, known: list[Event]) -> CallFacts:
    """Disclosure and consent: pressing 9 refuses, staying on after the announcement agrees."""
    disclosed = min((event.at for event in known if event.disclosed), default=None)
    refused = [e.at for e in known if e.kind == "consent" and e.fields.get("Digits") == "9"]
    if refused:
        return replace(facts, disclosed_at=disclosed, consent="refused", consent_at=min(refused))
    if disclosed is None:
        return facts
    return replace(facts, disclosed_at=disclosed, consent="implied", consent_at=disclosed)


def _recorded(facts: CallFacts, known: list[Event]) -> CallFacts:
    """The longest finished recording and all that was understood, none of it after a refusal."""
    if facts.consent == "refused":
        return facts
    best = max(
        (
            (event.seconds("RecordingDuration") or 0, event.fields.get("RecordingUrl", ""))
            for event in known
            if event.kind in ("recording", "voicemail")
            and event.fields.get("RecordingUrl")
            and event.fields.get("RecordingStatus", "completed") == "completed"
        ),
        default=None,
    )
    spoken = sorted(set(_utterances(known)))
    transcript = "\n".join(text for _number, text in spoken) or None
    seconds, url = best or (None, None)
    return replace(facts, recording_url=url, recording_seconds=seconds, transcript=transcript)


def _utterances(known: list[Event]) -> Iterable[tuple[int, str]]:
    """(number, text) of everything transcribed, live or afterwards."""
    for event in known:
        if event.kind != "transcription":
            continue
        if event.fields.get("TranscriptionText"):
            yield 0, event.fields["TranscriptionText"].strip()
        elif event.fields.get("TranscriptionEvent") == "transcription-content":
            text = _live_text(event.fields)
            if text:
                yield event.seconds("SequenceId") or 0, text


def _live_text(fields: Mapping[str, str]) -> str:
    """One sentence of the live transcription with its speaker; "" for drafts of a sentence."""
    if fields.get("Final", "true") != "true":
        return ""
    try:
        data = json.loads(fields.get("TranscriptionData", ""))
    except ValueError:
        return ""
    text = str(data.get("transcript", "")).strip() if isinstance(data, dict) else ""
    who = "Customer" if fields.get("Track") == "inbound_track" else "Advisor"
    return f"{who}: {text}" if text else ""


def _answered(facts: CallFacts, known: list[Event]) -> CallFacts:
    """Who took the call, and when: told by the line that was rung and by the end of dialling."""
    taken: list[tuple[datetime, str]] = []
    for event in known:
        who = "agent" if event.stage in ("agent", "spoken") else "person"
        if _is_pick_up(event) and event.fields.get("CallStatus") in ANSWERED[:2]:
            taken.append((event.at, who))
        elif event.kind == "dial" and event.fields.get("DialCallStatus") in ANSWERED:
            spoken = timedelta(seconds=event.seconds("DialCallDuration") or 0)
            taken.append((event.at - spoken, who))
    people = [at for at, who in taken if who == "person"]
    voicemail = any(_is_message(event) for event in known)
    if not taken:
        return replace(facts, is_voicemail=voicemail)
    return replace(
        facts,
        # A call that the agent handed over was answered by a person in the end.
        answered_by="person" if people else "agent",
        answered_at=min(at for at, _who in taken),
        is_voicemail=voicemail,
    )


def _is_pick_up(event: Event) -> bool:
    """Whether its status is that of a line which was rung, not of the provider's own answering."""
    return event.kind == "leg" or event.stage == "spoken"


def _is_message(event: Event) -> bool:
    """Whether this is a message left after the beep, not a beep and a hang-up."""
    return (event.kind == "voicemail" or event.stage == "voicemail") and bool(
        event.seconds("RecordingDuration")
    )


def _moved(facts: CallFacts, calls: list[Event]) -> CallFacts:
    """The furthest status; the last unknown one is kept beside it."""
    said = [(event.at, event.fields.get("CallStatus", "")) for event in calls]
    reached = [ORDER.index(STATUSES[word]) for _at, word in said if word in STATUSES]
    if facts.answered_by:
        reached.append(ORDER.index("in_progress"))
    unknown = sorted((at, word) for at, word in said if word and word not in STATUSES)
    return replace(
        facts,
        status=ORDER[max(reached, default=0)],
        provider_status=unknown[-1][1][:40] if unknown else "",
    )


def _timed(facts: CallFacts, known: list[Event]) -> CallFacts:
    """Start, end and length. The end says how long the call was, and so when it began."""
    ends = [
        e
        for e in known
        if e.kind != "leg" and STATUSES.get(e.fields.get("CallStatus", "")) in TERMINAL
    ]
    lengths = [seconds for e in ends if (seconds := e.seconds("CallDuration")) is not None]
    starts = [e.at for e in known if e not in ends]
    starts += [e.at - timedelta(seconds=e.seconds("CallDuration") or 0) for e in ends]
    started = min(starts, default=None)
    ended = min((e.at for e in ends), default=None)
    answered = facts.answered_at
    return replace(
        facts,
        started_at=started,
        ended_at=ended if facts.is_terminal else None,
        duration_seconds=max(lengths, default=None),
        answered_at=max(started, answered) if started and answered else answered,
    )
