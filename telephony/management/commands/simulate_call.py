import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from crm.exceptions import Refused
from crm.models import Customer
from telephony.agent.dialogue import Ask, Dialogue
from telephony.agent.line import Line, SimulatedCall
from telephony.agent.scenarios import Scenario, describe, play, said_by, scenarios
from telephony.agent.transport import (
    Post,
    ToolError,
    in_process,
    short_token,
    to_server,
    tools_over,
)
from telephony.models import CallLog
from telephony.services.agent_identity import spoken_phone
from telephony.services.simulation import demo_caller, stranger_number

WRONG = 1
LONGEST_PAUSE = 60


@dataclass(frozen=True)
class Server:
    """The Lanewise that is called. `base` is its address as it knows it, "" for this process."""

    post: Post
    token: str
    base: str = ""

    def connect(self, call: SimulatedCall) -> tuple[Ask, Line]:
        """What asks the tools in `call`, and its telephone line."""
        line = Line(call, self.post, base=self.base)
        return tools_over(self.post, self.token, call.context), line


class Command(BaseCommand):
    help = (
        "Lead a voice agent's call from the ring to the summary without a telephone, over the same "
        "HTTP addresses that a telephone provider and a real agent use: the advisor's screen shows "
        "who calls. Plays recorded scenarios, or takes what you type. "
        "It books, moves and cancels visits: of demonstration customers, unless you give a number. "
        "Ends with 1 when a scenario did not go as recorded."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        names = list(scenarios())
        parser.add_argument(
            "scenario", nargs="*", metavar="scenario", help=f"{', '.join(names)}; default: all"
        )
        parser.add_argument("--type", action="store_true", help="type the caller's words yourself")
        parser.add_argument("--phone", default="", help="the calling number")
        parser.add_argument(
            "--pause", type=float, default=0, help="seconds between two things said (default 0)"
        )
        parser.add_argument(
            "--url", default="", help="a running server with our SECRET_KEY; default: this process"
        )
        parser.add_argument("--token", default="", help="API token with agent:use, for --url")

    def handle(self, *args: Any, **options: Any) -> None:
        known = scenarios()
        unknown = sorted(set(options["scenario"]) - set(known))
        if unknown:
            raise CommandError(
                f"Unknown scenario: {', '.join(unknown)}. Known: {', '.join(known)}.", returncode=2
            )
        if bool(options["url"]) != bool(options["token"]):
            raise CommandError("--url and --token belong together.", returncode=2)
        if not 0 <= options["pause"] <= LONGEST_PAUSE:
            raise CommandError(f"--pause is 0 to {LONGEST_PAUSE} seconds.", returncode=2)
        self.pause = options["pause"]
        phone = self._phone(options["phone"])
        try:
            with self._server(options) as server:
                if options["type"]:
                    self._typed(server, phone or stranger_number())
                    return
                chosen = [known[name] for name in options["scenario"] or known]
                results = [self._play(scenario, server, phone) for scenario in chosen]
        except (Refused, ToolError) as error:
            raise CommandError(str(error), returncode=2) from error
        if not all(results):
            raise CommandError("A call did not go as recorded.", returncode=WRONG)

    @staticmethod
    def _phone(text: str) -> str:
        phone = spoken_phone(text) if text else ""
        if phone is None:
            raise CommandError(f"“{text}” is not a telephone number.", returncode=2)
        return phone

    @staticmethod
    @contextmanager
    def _server(options: dict[str, Any]) -> Iterator[Server]:
        if options["url"]:
            yield Server(to_server(options["url"]), options["token"], options["url"])
            return
        with short_token() as token:
            yield Server(in_process(), token)

    def _play(self, scenario: Scenario, server: Server, phone: str) -> bool:
        """Whether the call went as recorded, in the conversation and in the log."""
        customer = self._caller(scenario, phone)
        number = phone or (customer.phone if customer else stranger_number())
        self.stdout.write(self.style.MIGRATE_HEADING(f"\n{scenario.title}: {scenario.about}"))
        call = SimulatedCall(number)
        ask, line = server.connect(call)
        said = said_by(customer.date_of_birth if customer else None)
        fine, shop = True, settings.DEALERSHIP_NAME
        for turn, wrong in play(scenario, ask, shop=shop, said=said, phone=line):
            self.stdout.write(describe(turn))
            time.sleep(self.pause if turn.who != "tool" else 0)
            if wrong:
                self.stdout.write(self.style.ERROR(f"        not as recorded: {wrong}"))
            fine = fine and not wrong
        return self._logged(scenario, call.call_id) and fine

    @staticmethod
    def _caller(scenario: Scenario, phone: str) -> Customer | None:
        if phone:
            return Customer.objects.present().filter(phone=phone).first()
        if scenario.caller == "stranger":
            return None
        return demo_caller(with_visit=scenario.caller == "customer_with_visit")

    def _logged(self, scenario: Scenario, call_id: str) -> bool:
        call = CallLog.objects.filter(provider="simulator", call_sid=call_id).first()
        if call is None or call.outcome not in scenario.outcomes:
            found = call.outcome if call else "nothing"
            self.stdout.write(self.style.ERROR(f"        the log says {found}"))
            return False
        self.stdout.write(self.style.SUCCESS(f"        in the log: {call.get_outcome_display()}"))
        return True

    def _typed(self, server: Server, number: str) -> None:
        """The caller's words from the terminal, until the call or the input ends."""
        ask, line = server.connect(SimulatedCall(number))
        dialogue = Dialogue(ask, shop=settings.DEALERSHIP_NAME, phone=line)
        self.stdout.write(f"A call from {number}. An empty line hangs up.")
        dialogue.ring()
        shown = 0
        while True:
            for turn in dialogue.turns[shown:]:
                if turn.who != "caller":
                    self.stdout.write(describe(turn))
            shown = len(dialogue.turns)
            if dialogue.state.is_over:
                return
            words = self._words()
            if words:
                dialogue.hear(words)
            else:
                dialogue.hang_up()

    @staticmethod
    def _words() -> str:
        try:
            return input("Caller  ").strip()
        except EOFError:
            return ""
