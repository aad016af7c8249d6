"""Settings of the telephone, read from the environment. docs/telephony.md explains each."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Telephony:
    """`provider` is "", "twilio" or "fake" (development and tests). Times are seconds or days.

    `auth_tokens` are all that are accepted on callbacks, the present one first, so that a token
    can be changed without losing a call. `agent_mode` is "off", "first" (the voice agent takes
    every call) or "no_answer" (it takes what nobody picks up). `countries` (ISO 3166) are those
    that numbers of nobody in the books may be called in.
    """

    provider: str
    account_sid: str
    auth_tokens: list[str]
    number: str
    shop_state: str
    shop_numbers: list[str]
    countries: list[str]
    ring_seconds: int
    recording: bool
    transcription: bool
    recording_hosts: list[str]
    agent_mode: str
    agent_address: str
    analyser: str
    recording_days: int
    transcript_days: int
    event_days: int

    @property
    def auth_token(self) -> str:
        return self.auth_tokens[0] if self.auth_tokens else ""


def read_telephony(env: Any) -> Telephony:
    """The settings as `env` (an environ.Env) has them."""
    tokens = [env("TWILIO_AUTH_TOKEN", default=""), env("TWILIO_AUTH_TOKEN_FORMER", default="")]
    return Telephony(
        provider=env("TELEPHONY_PROVIDER", default=""),
        account_sid=env("TWILIO_ACCOUNT_SID", default=""),
        auth_tokens=[token for token in tokens if token],
        number=env("TWILIO_NUMBER", default=""),
        shop_state=env("DEALERSHIP_STATE", default=""),
        shop_numbers=env.list("SHOP_RING_NUMBERS", default=[]),
        countries=env.list("CALL_COUNTRIES", default=["US", "CA"]),
        ring_seconds=env.int("CALL_RING_SECONDS", default=20),
        recording=env.bool("CALL_RECORDING", default=False),
        transcription=env.bool("CALL_TRANSCRIPTION", default=False),
        recording_hosts=env.list("RECORDING_HOSTS", default=["api.twilio.com"]),
        agent_mode=env("VOICE_AGENT_MODE", default="off"),
        agent_address=env("VOICE_AGENT_ADDRESS", default=""),
        analyser=env("CALL_ANALYSER", default="telephony.analyser.LexiconAnalyser"),
        recording_days=env.int("RECORDING_KEEP_DAYS", default=180),
        transcript_days=env.int("TRANSCRIPT_KEEP_DAYS", default=365),
        event_days=env.int("PROVIDER_EVENT_KEEP_DAYS", default=30),
    )
