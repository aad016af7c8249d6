"""Pages of `telephony`; `config.urls` gives them their prefix."""

from django.urls import URLPattern, path

from telephony.views import agent_hooks, calls, pop, recordings, simulator, verification, webhooks

app_name = "telephony"

# Callbacks of Twilio: signed, without a login.
_TWILIO = {
    "voice": webhooks.voice,
    "consent": webhooks.consent,
    "dial": webhooks.dial,
    "voicemail": webhooks.voicemail,
    "status": webhooks.status,
    "leg": webhooks.leg,
    "recording": webhooks.recording,
    "transcription": webhooks.transcription,
    "outbound": webhooks.outbound,
    "announce": webhooks.announce,
    "spoken": webhooks.spoken,
    "text": webhooks.text,
}
urlpatterns: list[URLPattern] = [
    path("", calls.call_list, name="calls"),
    path("new", calls.call_new, name="call_new"),
    path("place", calls.call_place, name="call_place"),
    path("ringing", pop.ringing, name="ringing"),
    path("ringing/<uuid:key>/put-away", pop.put_away, name="put_away"),
    path("of/<uuid:key>", calls.customer_calls, name="customer_calls"),
    path("verifications", verification.verifications, name="verifications"),
    path(
        "verifications/<uuid:key>/unlock",
        verification.verification_unlock,
        name="verification_unlock",
    ),
    path("verify/<uuid:key>", verification.customer_verify, name="customer_verify"),
    path("simulator", simulator.simulator, name="simulator"),
    path("<uuid:key>/", calls.call, name="call"),
    path("<uuid:key>/edit", calls.call_edit, name="call_edit"),
    path("<uuid:key>/customer", calls.call_match, name="call_match"),
    path("<uuid:key>/recording", recordings.recording, name="recording"),
    path("<uuid:key>/transcript", recordings.transcript, name="transcript"),
    path("webhooks/vapi", agent_hooks.vapi_hook, name="vapi"),
    path("webhooks/retell", agent_hooks.retell_hook, name="retell"),
    *(
        path(f"webhooks/twilio/{name}", view, name=f"twilio_{name}")
        for name, view in _TWILIO.items()
    ),
]
