"""The pure part of importing: a file in, resolved rows out. No database, no clock.

`reading` gives rows of text, `matching` guesses which column is which field, `parsing` and
`dates` turn text into values, `rows` puts one line's values together, `planning` decides what
each line does to the books. `crm.services.imports` runs it against the database.
"""
