"""Synthetic dealership data: a pure generator (numpy) and a loader (COPY).

Real VIN structure means that a generated VIN may by chance belong to a real car. Telephone
numbers and e-mail addresses cannot belong to anybody: see `places` and `people`.
"""
