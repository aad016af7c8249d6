"""What a chart hands to the page: one payload and the same figures as a table."""

import json

from django.template import Context, Template

from crm.charts import Chart, Series

BANDS = Chart("Leads by band", [Series("Leads", [30, None, (1, 2.4)])], ["High", "Medium", "Low"])


def test_rows_of_numbers_gaps_and_floating_bars_read_as_text() -> None:
    assert BANDS.rows() == [
        ("High", [("30", "")]),
        ("Medium", [("n/a", "")]),
        ("Low", [("1 to 2", "")]),
    ]


def test_rows_with_texts_and_unit_use_them() -> None:
    series = [Series("A", [1.25]), Series("B", [2], texts=["two"])]
    assert Chart("x", series, ["a"], unit=" %", decimals=2).rows() == [
        ("a", [("1.25 %", ""), ("two", "")])
    ]


def test_chart_tag_hostile_label_is_escaped_in_payload_and_table() -> None:
    chart = Chart("Leads", [Series("</script><b>", [1])], ["<i>"], label_heading="Band")
    page = Template("{% chart chart name='one' number=1 %}").render(Context({"chart": chart}))
    assert "<b>" not in page
    assert "<i>" not in page
    assert 'data-chart="one-1"' in page
    start = page.index(">", page.index('<script id="one-1"')) + 1
    payload = json.loads(page[start : page.index("</script>")])
    assert payload["series"][0]["label"] == "</script><b>"
