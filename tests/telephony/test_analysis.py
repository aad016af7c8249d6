"""Mood and wish of transcripts: the lexicon and rules, their measured figures, who decides."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.core.management.base import CommandError

from telephony.analyser import Analysis, LexiconAnalyser, customer_lines
from telephony.evaluation import evaluate, read_utterances
from telephony.management.commands.evaluate_analyser import table
from telephony.services.analysis import analyse_call
from tests.telephony.factories import CallLogFactory

LABELLED = Path(__file__).parent / "data" / "utterances.csv"


class HostedModel:
    """Stands for a model behind the same interface."""

    name = "hosted-7"

    def analyse(self, transcript: str) -> Analysis:
        return Analysis("positive", "sales")


def test_only_the_customer_is_judged() -> None:
    transcript = "Advisor: This is awful, terrible.\nCustomer: Thank you, that is great."
    assert list(customer_lines(transcript)) == ["Thank you, that is great."]
    assert LexiconAnalyser().analyse(transcript).sentiment == "positive"


@pytest.mark.parametrize("transcript", ["", "Advisor: Hello?", "\n\n", "🙂" * 10, "x" * 50_000])
def test_odd_transcript_is_judged_too(transcript: str) -> None:
    assert LexiconAnalyser().analyse(transcript).intent == "inquiry"


def test_labelled_set_has_sixty_utterances_of_every_kind() -> None:
    utterances = read_utterances(LABELLED)
    assert len(utterances) == 60
    assert {u.sentiment for u in utterances} == {"positive", "neutral", "negative"}
    assert len({u.intent for u in utterances}) == 9


def test_docs_show_the_figures_that_are_measured() -> None:
    docs = (django_settings.BASE_DIR / "docs" / "telephony.md").read_text()
    for name, found in evaluate(LexiconAnalyser(), read_utterances(LABELLED)).items():
        assert table(name, found) in docs


def test_command_prints_figures_and_mistakes(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("evaluate_analyser", LABELLED, "--wrong")
    printed = capsys.readouterr().out
    assert "lexicon-1, 60 utterances" in printed and " -> " in printed


@pytest.mark.parametrize("content", [None, "a,b\n1,2\n", "sentiment,intent,text\n"])
def test_command_refuses_what_it_cannot_read(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "labelled.csv"
    if content is not None:
        file.write_text(content)
    with pytest.raises(CommandError) as error:
        call_command("evaluate_analyser", file)
    assert error.value.returncode == 2


@pytest.mark.django_db
class TestAnalyseCall:
    def test_judgement_names_its_judge(self) -> None:
        call = CallLogFactory(transcript="Customer: Please cancel my visit, this is awful.")
        analyse_call(call=call)
        call.refresh_from_db()
        assert (call.customer_sentiment, call.intent_detected, call.call_type) == (
            "negative", "cancel", "cancel",
        )  # fmt: skip
        assert call.analysed_by == "lexicon-1"

    def test_judgement_of_a_person_stays(self) -> None:
        call = CallLogFactory(transcript="Awful!", customer_sentiment="positive", analysed_by="")
        assert analyse_call(call=call).customer_sentiment == "positive"

    def test_call_type_that_somebody_gave_stays(self) -> None:
        call = CallLogFactory(transcript="cancel it", call_type="complaint")
        assert analyse_call(call=call).call_type == "complaint"

    def test_hosted_model_takes_over_by_setting(self, settings: Any) -> None:
        path = f"{HostedModel.__module__}.{HostedModel.__name__}"
        settings.TELEPHONY = replace(settings.TELEPHONY, analyser=path)
        call = analyse_call(call=CallLogFactory(transcript="whatever"))
        assert (call.customer_sentiment, call.analysed_by) == ("positive", "hosted-7")

    def test_call_without_transcript_is_left_alone(self) -> None:
        assert analyse_call(call=CallLogFactory()).customer_sentiment is None
