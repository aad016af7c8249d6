"""A plain stand-in for the language model of a voice agent, to try the tools without a telephone.

It knows a dozen phrases, no language: enough to lead a caller from the ring to the summary
through the same requests that a real agent makes. What it decides comes from the tools' answers.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from telephony import speech
from telephony.verification import kinds_of_work

Ask = Callable[[str, dict[str, Any]], Mapping[str, Any]]


class Phone(Protocol):
    """The telephone on which a conversation is held."""

    def ring(self) -> list[str]:
        """The call comes in; what is announced to the caller."""

    def hang_up(self) -> None: ...


GREETING = "Thank you for calling {shop}, this is the automated assistant."
_INTENTS = (
    ("opt_out", r"stop (calling|texting|contacting)|do not (call|contact)|don't (call|contact)"
                r"|take me off|opt out|unsubscribe"),
    ("hand_over", r"\b(person|human|somebody|someone|representative|operator)\b"),
    ("leave_message", r"\bmessage\b"),
    ("cancel", r"\bcancel"),
    ("reschedule", r"\breschedule\b|another (day|time)"
                   r"|(move|change) (my|the) (visit|appointment|time)"),
    ("service_status", r"\b(status|ready|finished|when is my)\b"),
    ("book", r"\b(book|appointment|schedule|need|bring)\b"),
    ("end_call", r"\b(bye|goodbye|that's all|that is all|nothing else|hang up)\b"),
)  # fmt: skip
_ASKING = re.compile(r"\b(?:need|want|like|book|schedule|bring|for)\b(?: (?:an?|the|my|some))? ")
_CHOICES = {"first": 0, "second": 1, "third": 2, "last": -1}
_NAME_FILLERS = frozenset(str.split("my name is it's its this i am im yes sure the"))


@dataclass
class Turn:
    """One thing that happened: somebody spoke (agent, caller, or the line announced something), or
    a tool was asked (`tool` and its `reply`)."""

    who: str
    text: str = ""
    tool: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    reply: dict[str, Any] = field(default_factory=dict)


@dataclass
class State:
    """Where the conversation stands. `waits_for` names what the caller's next words answer."""

    wants: str = ""
    waits_for: str = ""
    factor: str = ""
    service: str = ""
    slots: list[str] = field(default_factory=list)
    start: str = ""
    visit: str = ""
    reason: str = ""
    did: list[str] = field(default_factory=list)
    is_over: bool = False


class Dialogue:
    """One conversation; `turns` grows with it. `state` can be stored between two turns."""

    def __init__(
        self, ask: Ask, *, shop: str, state: State | None = None, phone: Phone | None = None
    ) -> None:
        self._ask = ask
        self._shop = shop
        self._phone = phone
        self.state = state or State()
        self.turns: list[Turn] = []

    def ring(self) -> None:
        """The call comes in."""
        for text in self._phone.ring() if self._phone else []:
            self.turns.append(Turn("line", text))
        self._say(GREETING.format(shop=self._shop))
        reply = self._use("lookup")
        self.state.waits_for = "" if reply["ok"] else "phone"
        self._say(reply["say"])

    def hear(self, text: str) -> None:
        """The caller says `text`; the answer stands in `turns`."""
        self.turns.append(Turn("caller", text))
        waiting, self.state.waits_for = self.state.waits_for, ""
        wanted = _intent(text)
        # Whatever is being asked, these three come first.
        if wanted in ("opt_out", "hand_over", "end_call"):
            self._begin(wanted, text)
        elif waiting:
            getattr(self, f"_take_{waiting}")(text)
        else:
            self._begin(wanted, text)

    def hang_up(self) -> None:
        """The call ends, whoever ended it."""
        if self.state.is_over:
            return
        done = ", ".join(self.state.did) or "nothing"
        self.state.is_over = True
        self._say(
            self._use(
                "end_call",
                summary=f"Simulated call. Done: {done}.",
                intent=self.state.wants,
                resolved=bool(self.state.did),
                model="scripted",
            )["say"]
        )
        if self._phone:
            self._phone.hang_up()

    def _begin(self, wanted: str, text: str) -> None:
        if wanted == "end_call":
            return self.hang_up()
        if not wanted:
            return self._say("I can book, move or cancel a visit, or get a person. What is it?")
        self.state.wants = wanted
        return getattr(self, f"_want_{wanted}")(text)

    def _want_opt_out(self, text: str) -> None:
        self._finish(self._use("opt_out"))

    def _want_hand_over(self, text: str) -> None:
        reply = self._use("hand_over", reason=text[:200])
        self._finish(reply)
        if reply["ok"]:
            self.hang_up()

    def _want_leave_message(self, text: str) -> None:
        self._wait("message", "What shall I pass on?")

    def _take_message(self, text: str) -> None:
        self._finish(self._use("leave_message", message=text[:1000]))

    def _want_book(self, text: str) -> None:
        if kinds_of_work([text]):
            return self._take_service(text)
        return self._wait("service", "What does your vehicle need?")

    def _take_service(self, text: str) -> None:
        self.state.service = _work_in(text)[:100]
        self._offer(self._use("list_slots", service=self.state.service))

    def _want_reschedule(self, text: str) -> None:
        # First of all: which times fit depends on the visit, and whose visit it is on that.
        self._told(self._use("start_verification"))

    def _want_cancel(self, text: str) -> None:
        self._wait("reason", "May I ask why?")

    def _take_reason(self, text: str) -> None:
        self.state.reason = text[:200]
        self._go_on()

    def _want_service_status(self, text: str) -> None:
        self._go_on()

    def _offer(self, reply: Mapping[str, Any]) -> None:
        # Those that were spoken.
        self.state.slots = reply["data"].get("slots", [])[:3]
        self._wait("slot" if self.state.slots else "", f"{reply['say']} Which one suits you?")

    def _take_slot(self, text: str) -> None:
        chosen = next((at for word, at in _CHOICES.items() if word in text.lower()), 0)
        self.state.start = self.state.slots[min(chosen, len(self.state.slots) - 1)]
        if self.state.wants == "book":
            return self._wait("name", "What is your first and last name?")
        return self._go_on()

    def _take_name(self, text: str) -> None:
        names = [
            w
            for w in re.findall(r"[^\W\d_]+(?:['-][^\W\d_]+)*", text)
            if w.lower() not in _NAME_FILLERS
        ]
        if len(names) < 2:
            return self._wait("name", "I need your first and your last name, please.")
        reply = self._use(
            "book", start=self.state.start, service=self.state.service,
            first_name=names[0], last_name=names[-1],
        )  # fmt: skip
        if reply["data"].get("slots"):
            return self._offer(reply)
        return self._finish(reply)

    def _go_on(self) -> None:
        """Do what the caller wants, as far as the tools let us."""
        wants, state = self.state.wants, self.state
        if wants == "reschedule" and not state.start:
            return self._offer(self._use("list_slots"))
        arguments = {
            "reschedule": {"start": state.start},
            "cancel": {"reason": state.reason},
        }.get(wants, {})
        if state.visit and wants in ("reschedule", "cancel"):
            arguments["appointment"] = state.visit
        reply = self._use(wants, **arguments)
        if reply["code"] == "not_verified":
            self._say(reply["say"])
            return self._told(self._use("start_verification"))
        if reply["code"] == "which_appointment":
            state.slots = [visit["appointment"] for visit in reply["data"]["appointments"]]
            return self._wait("visit", reply["say"])
        if reply["data"].get("slots"):
            return self._offer(reply)
        return self._finish(reply)

    def _take_visit(self, text: str) -> None:
        chosen = next((at for word, at in _CHOICES.items() if word in text.lower()), 0)
        self.state.visit = self.state.slots[min(chosen, len(self.state.slots) - 1)]
        self._go_on()

    def _take_answer(self, text: str) -> None:
        self._told(self._use("verify_answer", factor=self.state.factor, answer=text))

    def _told(self, reply: Mapping[str, Any]) -> None:
        """What a verification says: go on, ask the next question, or get a person."""
        if reply["data"].get("verified"):
            self._say(reply["say"])
            return self._go_on()
        if reply["code"] == "number_needed":
            return self._wait("phone", reply["say"])
        if not reply["ok"]:
            self._say(reply["say"])
            return self._want_hand_over("The caller could not be verified")
        self.state.factor = reply["data"]["factor"]
        return self._wait("answer", reply["say"])

    def _take_phone(self, text: str) -> None:
        reply = self._use("lookup", phone=speech.digits(text) or text[:60])
        self._wait("" if reply["ok"] else "phone", reply["say"])

    def _finish(self, reply: Mapping[str, Any]) -> None:
        if reply["ok"]:
            self.state.did.append(self.state.wants)
        if reply["code"] == "number_needed":
            self._wait("phone", reply["say"])
        else:
            self._say(reply["say"])

    def _wait(self, for_what: str, question: str) -> None:
        self.state.waits_for = for_what
        self._say(question)

    def _say(self, text: str) -> None:
        self.turns.append(Turn("agent", text))

    def _use(self, tool: str, **arguments: Any) -> Mapping[str, Any]:
        reply = self._ask(tool, arguments)
        self.turns.append(Turn("tool", tool=tool, arguments=arguments, reply=dict(reply)))
        return reply


def _intent(text: str) -> str:
    plain = text.lower().replace("’", "'")  # noqa: RUF001 (what telephones' keyboards write)
    return next((name for name, pattern in _INTENTS if re.search(pattern, plain)), "")


def _work_in(text: str) -> str:
    """What is to be done, without the words before it: "Hi, I need an oil change" is "oil change".
    Of a sentence that names no work we know, all."""
    kinds = kinds_of_work([text])
    parts = [text, *(text[asking.end() :] for asking in _ASKING.finditer(text))]
    return [part for part in parts if kinds_of_work([part]) == kinds][-1] if kinds else text


def stored(state: State) -> dict[str, Any]:
    """`state` as plain data, for `State(**data)`."""
    return asdict(state)
