from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from crm.models.people import Customer


class CustomerSearch(models.Model):
    """What a customer can be found by, in one text under two indexes: words and trigrams.

    Triggers keep it: name, e-mail, phone digits, plates, VINs and RO numbers in lower case,
    one blank before and after each.
    """

    customer = models.OneToOneField(
        Customer, models.CASCADE, primary_key=True, related_name="search"
    )
    document = models.TextField()
    # Stored: the index alone would have each candidate's words cut anew to be compared.
    words = models.GeneratedField(
        expression=models.Func(models.F("document"), function="search_words"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        db_table = "customer_search"
        indexes = [
            GinIndex(
                name="customer_search_trigrams",
                fields=["document"],
                opclasses=["gin_trgm_ops"],
                # Each search would first walk the list of postponed entries.
                fastupdate=False,
            ),
            GinIndex(fields=["words"], name="customer_search_words", fastupdate=False),
        ]

    def __str__(self) -> str:
        return str(self.customer_id)


class NameWord(models.Model):
    """Words that occur in customers' names, to guess what a mistyped one meant.

    Not unique: two transactions may add the same new word at once, and waiting for each other
    (a page for a long import) would be worse than a word that stands twice.
    """

    word = models.TextField(db_index=False)

    class Meta:
        db_table = "name_words"
        indexes = [
            models.Index(OpClass("word", name="text_pattern_ops"), name="name_words_prefix"),
            GinIndex(
                models.Func("word", function="one_letter_less"),
                name="name_words_one_letter_less",
                fastupdate=False,
            ),
            GinIndex(name="name_words_trigrams", fields=["word"], opclasses=["gin_trgm_ops"]),
        ]

    def __str__(self) -> str:
        return self.word
