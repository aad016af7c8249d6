"""What a transcript tells about mood and wish: a kept lexicon and plain rules. No Django.

The interface is `Analyser`; a hosted model takes over by a class with the same method, named in
the setting CALL_ANALYSER. docs/telephony.md has the figures measured on the labelled set, and what
this way cannot do.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

# Cut-offs of the lexicon's authors for its compound score (Hutto and Gilbert 2014).
POSITIVE_FROM, NEGATIVE_UNTIL = 0.05, -0.05
# Forms of courtesy and of the trade that the lexicon takes for moods ("please", "is it ready").
FORMULAS = ("please", "like", "want", "interested", "yes", "sure", "ready", "missed", "number")
# Speakers as our own transcripts name them; who is not one of ours is the customer.
OURS = ("advisor:", "agent:", "ai:", "assistant:")


@dataclass(frozen=True)
class Analysis:
    """`sentiment` is positive, neutral or negative, `intent` one of INTENTS' names or "inquiry"."""

    sentiment: str
    intent: str


class Analyser(Protocol):
    """`name` and version stand beside the result, so that a better one can tell what to redo."""

    name: str

    def analyse(self, transcript: str) -> Analysis: ...


# The first rule that matches wins, so the more specific wishes stand first.
INTENTS: tuple[tuple[str, str], ...] = (
    ("opt_out", r"stop (calling|texting)|do(n't| not) call|take me off|remove (me|my number)"
                r"|unsubscribe|opt(ing)? out|quit calling"),
    ("complaint", r"complain|speak to (a|your|the) manager|talk to (a|your|the) manager"
                  r"|still (not fixed|broken|making|leaking)|overcharg|rip(ped)?[ -]?off|refund"
                  r"|not happy|unacceptable|you (broke|scratched|damaged)|came back worse"),
    ("reschedule", r"reschedul|(move|change|push|switch) (my|the|our|that) (appointment|visit|time"
                   r"|service)|(different|another|later|earlier) (day|time|slot|date)"
                   r"|(can't|cannot|won't) make (it|my)|move (it|me) to|push it (back|to)"),
    ("cancel", r"cancel|call (it|that|off)|don't need (the|my) appointment"),
    ("status", r"(is|are) (my|the) (car|truck|vehicle|van|suv|\w+) (ready|done|finished)"
               r"|ready (yet|for pick)|status of|how('s| is) (my|the) (car|truck|repair)"
               r"|how much longer|when can i pick|checking (on|in on) my"),
    ("new_appointment", r"(make|book|set up|schedule|get) (an?|my|the)? ?(appointment|service|oil"
                        r"|slot|visit|time)|bring (it|her|him|(my|the) \w+) in|come in (for|on)"
                        r"|get (it|my \w+|the \w+) (in|serviced|looked at|checked)|do you have"
                        r" (any )?(openings?|anything)|due for|needs? an? (oil|tire|brake|service)"
                        r"|fit me in|squeeze me in"),
    ("sales", r"(buy|buying|lease|leasing|trade[ -]?in|test drive|financ\w+|new (car|truck|suv)"
              r"|(price|quote) (on|for) (a|the) (new|used)|sell my|in stock)"),
    ("callback", r"call me back|return my call|give me a call|returning (a|your|the) (call|message"
                 r"|voicemail)|missed (a|your) call"),
)  # fmt: skip


class LexiconAnalyser:
    """VADER's lexicon for the mood, regular expressions for the wish."""

    name = "lexicon-1"

    def analyse(self, transcript: str) -> Analysis:
        said = " ".join(customer_lines(transcript))
        return Analysis(sentiment=_sentiment(said), intent=_intent(said))


def customer_lines(transcript: str) -> Iterable[str]:
    """What the customer said; everything when the transcript does not tell who speaks."""
    for line in transcript.splitlines():
        bare = line.strip()
        if bare.lower().startswith(OURS):
            continue
        yield re.sub(r"^(customer|caller|user):\s*", "", bare, flags=re.IGNORECASE)


def _sentiment(text: str) -> str:
    score = _lexicon().polarity_scores(text)["compound"]
    if score >= POSITIVE_FROM:
        return "positive"
    return "negative" if score <= NEGATIVE_UNTIL else "neutral"


def _intent(text: str) -> str:
    plain = text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return next((name for name, rule in _rules() if rule.search(plain)), "inquiry")


@cache
def _lexicon() -> SentimentIntensityAnalyzer:
    lexicon = SentimentIntensityAnalyzer()
    for word in FORMULAS:
        lexicon.lexicon.pop(word, None)
    return lexicon


@cache
def _rules() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, re.compile(rf"\b(?:{rule})")) for name, rule in INTENTS)
