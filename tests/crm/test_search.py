"""One box finds a customer by anything; the database never reads the whole table for it."""

import pytest
from django.db import connection

from crm import models, search
from crm.services import customers
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def jose():
    customer = factories.CustomerFactory(
        first_name="José", last_name="O'Brien", phone="+12055550142", email="jo.brien@mail.example"
    )
    vehicle = factories.VehicleFactory(
        customer=customer, vin="1FTFW1E51LFA67890", car=0, license_plate="ABC 123"
    )
    factories.ServiceRecordFactory(vehicle=vehicle, ro_number="RO77001")
    factories.CustomerFactory.create_batch(3)
    return customer


@pytest.mark.parametrize(
    ("text", "matched"),
    [
        ("jose", "name"),
        ("JOSÉ", "name"),
        ("brien", "name"),
        ("o'brien jose", "name"),
        ("OBrien", "name"),
        ("o\u2019brien", "name"),
        ("o", "name"),
        ("obrian", "similar"),
        ("josee obrein", "similar"),
        ("(205) 555-0142", "phone"),
        ("+1 205.555.0142", "phone"),
        ("555-0142", "phone"),
        ("jo.brien@", "email"),
        ("abc 123", "plate"),
        ("ABC-123", "plate"),
        ("abc123", "plate"),
        ("1FTFW1E51LFA67890", "vin"),
        ("LFA67890", "vin"),
        ("fw1e5", "vin"),
        ("RO77001", "ro"),
        ("jose 0142", "name"),
    ],
)
def test_search_by_any_notation_finds_the_customer_first(jose, text, matched):
    hits = search.search_customers(text)
    assert hits[0].customer_id == jose.pk
    assert hits[0].matched == matched
    assert hits[0].vehicles == "2020 Ford F-150"


@pytest.mark.parametrize(
    "text",
    ["", " ", "%", "%%%", "__ _", "@@@", "a@", "x/y/z", "zzzzzz", "\x00", "'; DROP", "a" * 5000],
)
def test_search_for_nothing_or_nonsense_finds_nobody(jose, text):
    assert search.search_customers(text) == []


def test_search_whole_words_come_before_parts():
    part = factories.CustomerFactory(last_name="Smithers")
    whole = factories.CustomerFactory(last_name="Smith")
    assert [hit.customer_id for hit in search.search_customers("smith")] == [whole.pk, part.pk]


def test_search_follows_every_change(jose):
    customers.update_customer(customer=jose, data={"last_name": "Ramirez"})
    assert search.search_customers("obrien") == []
    assert search.search_customers("ramirez")
    models.Vehicle.objects.update(license_plate="NEW 9")
    assert search.search_customers("new9") and not search.search_customers("abc123")
    models.ServiceRecord.objects.all().delete()
    assert not search.search_customers("RO77001")
    customers.erase_customer(customer=jose, reason="asked")
    assert search.search_customers("ramirez") == []


def test_search_vehicle_sold_to_another_customer_is_found_there(jose):
    other = factories.CustomerFactory()
    models.Vehicle.objects.update(customer=other, is_primary_vehicle=True)
    assert [h.customer_id for h in search.search_customers("LFA67890")] == [other.pk]


@pytest.mark.parametrize(
    ("text", "queries"),
    [
        ("(205) 555-0142", 1),  # a unique index knows
        ("abc123", 1),
        ("jose obrien", 1),
        ("rien", 1),  # inside of a word
        ("xqzvw", 1),  # nowhere, and like no name
        ("obrian", 1),  # nowhere: the words that it may have been meant to be
        ("(205) 555-0143", 2),  # nobody's whole number, perhaps something else
    ],
)
def test_search_asks_as_few_queries_as_it_can(jose, django_assert_num_queries, text, queries):
    with django_assert_num_queries(queries):
        search.search_customers(text)


def test_search_common_last_name_fills_the_page():
    factories.CustomerFactory.create_batch(2, last_name="Smithers")
    whole = factories.CustomerFactory(last_name="Smith")
    hits = search.search_customers("smith", limit=2)
    assert [hits[0].customer_id, hits[0].name] == [whole.pk, whole.name]
    assert hits[1].name.endswith("Smithers")


def test_search_page_of_last_names_like_a_mistyped_one():
    factories.CustomerFactory.create_batch(2, last_name="Smithers")
    hits = search.search_customers("smihters", limit=2)
    assert [(hit.matched, hit.rank) for hit in hits] == [("similar", 3)] * 2
    assert {hit.name.split()[-1] for hit in hits} == {"Smithers"}


@pytest.mark.parametrize(
    "text",
    [
        "mary lou van der meer-smith",
        "mary smith",
        "smith mary",
        "smi mar",
        "lou meer",
        "meer-smith",
        "mary jones",  # two words of the e-mail address
        "ary smi",  # inside of a word
        "mary smyth",  # mistyped
    ],
)
def test_search_two_words_of_a_name_in_either_order(text):
    mary = factories.CustomerFactory(
        first_name="Mary Lou", last_name="van der Meer-Smith", email="mary.jones@mail.example"
    )
    factories.CustomerFactory(first_name="Mary", last_name="Whitfield", email="a@mail.example")
    factories.CustomerFactory(first_name="Lou", last_name="Smithers", email="b@mail.example")
    assert [hit.customer_id for hit in search.search_customers(text)] == [mary.pk]


def test_search_two_words_that_hundreds_of_names_begin_with():
    """Too many known names to pair each with the other word: the words are looked for alone."""
    models.NameWord.objects.bulk_create(models.NameWord(word=f"mar{n}") for n in range(60))
    mary = factories.CustomerFactory(first_name="Mary", last_name="Smith")
    assert [hit.customer_id for hit in search.search_customers("mar smi")] == [mary.pk]


@pytest.mark.parametrize(
    "text",
    [
        "whitfeld",  # a letter missing
        "whittfield",  # one too many
        "whitfoeld",  # another one
        "whitfeild",  # in another place
        "whatfeld",  # two slips
    ],
)
def test_search_guesses_what_a_mistyped_name_meant(text):
    dana = factories.CustomerFactory(first_name="Dana", last_name="Whitfield")
    factories.CustomerFactory(first_name="Robert", last_name="Smith", email="r@mail.example")
    assert [hit.customer_id for hit in search.search_customers(text)] == [dana.pk]


@pytest.mark.parametrize("text", ["67890", "7001", "obri 0142", "j o'bri"])
def test_search_finds_what_stands_inside_of_words(jose, text):
    assert [hit.customer_id for hit in search.search_customers(text)] == [jose.pk]


@pytest.mark.parametrize(
    "text", ["whitfield", "obrian", "obrien", "2055550", "LFA67890", "dana whit"]
)
def test_search_never_scans_the_documents(jose, text):
    factories.CustomerFactory.create_batch(20)
    reads = _sequential_reads()
    search.search_customers(text)
    assert _sequential_reads() == reads


def test_plan_of_a_search_uses_the_trigram_index(jose):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT customer_id FROM customer_search"
            " WHERE document LIKE '%obrien%' LIMIT 200"
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "customer_search_trigrams" in plan
    assert "Seq Scan" not in plan


def test_plan_of_a_search_for_words_uses_their_index(jose):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT customer_id FROM customer_search WHERE words @@ 'obrien:*'")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "customer_search_words" in plan
    assert "Seq Scan" not in plan


def _sequential_reads() -> int:
    """Sequential scans of the search tables so far, this transaction's included."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(seq_scan) FROM pg_stat_xact_user_tables"
            " WHERE relname IN ('customer_search', 'name_words')"
        )
        return int(cursor.fetchone()[0])
