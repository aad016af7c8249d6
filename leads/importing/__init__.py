"""A dealer's list of vehicles: what its columns say about batteries, beside what `crm` reads."""
