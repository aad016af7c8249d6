"""What the API shows (`...Rows`) and takes (`...Input`), by area."""
