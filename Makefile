# `make help` lists what there is. Python 3.11 and make are all that a machine needs; uv makes the installation faster.
.DEFAULT_GOAL := help
export OPENBLAS_NUM_THREADS ?= 1
# Without them each process compiles all of its modules anew, for some three seconds.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help validate chaos fuzz bench audit install install-dev install-mcp demo serve backup restore test test-sqlite test-postgresql check requirements clean

PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV := $(shell command -v uv)
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
PYTEST := $(BIN)/python -m pytest -q -n 2 --durations 15 --durations-min 5

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort | awk -F'\t' '{printf "make %-16s %s\n", $$1, $$2}'

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
ifdef UV
	@uv venv --quiet --python $(PYTHON) .venv
else
	@$(PYTHON) -m venv .venv
endif

.venv/%.installed: %.txt | .venv/bin/python
	@echo "Installing $< ..."
ifdef UV
	@uv pip install --quiet --python .venv/bin/python -r $<
else
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r $<
endif
	@touch $@

install: .venv/requirements.installed ## what running the product needs, in .venv
install-dev: .venv/requirements-dev.installed ## what checking and testing it needs as well
install-mcp: install .venv/requirements-mcp.installed ## what `manage.py mcp` needs as well

demo: install ## set everything up and run the main job: import three clients' history, learn, print the patterns
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) demo

serve: install ## migrate and run everything: web, senders, schedules (PORT=8000; without REDIS_URL no broker is needed)
	@$(MANAGE) serve

backup: install ## write the whole database to a new file (FILE=...)
	@$(MANAGE) backup "$(or $(FILE),var/agency-$(shell date -u +%Y%m%dT%H%M%SZ).backup)"

restore: install ## read a backup into an empty database (FILE=...); docs/operations.md says what to stop first
	@$(MANAGE) restore "$(FILE)"

test: install-dev check test-sqlite ## all checks and tests, on SQLite, and on PostgreSQL where TEST_DATABASE_URL names one
ifneq ($(strip $(TEST_DATABASE_URL)),)
	@$(MAKE) --no-print-directory test-postgresql
else
	@echo "PostgreSQL was not tested: TEST_DATABASE_URL is not set."
endif

test-sqlite: install-dev ## the tests on SQLite
	@echo "== SQLite"
	@DATABASE_URL= $(PYTEST)

test-postgresql: install-dev ## the tests on the PostgreSQL that TEST_DATABASE_URL names
	@echo "== PostgreSQL"
	@DATABASE_URL=$(TEST_DATABASE_URL) SECRET_KEY=test ALLOWED_HOSTS=localhost $(PYTEST)

check: install-dev ## lint, types and the directions of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

validate: install-dev ## every statistical claim on simulated worlds whose truth is known (SEEDS=200 FIRST_SEED=1)
	@$(BIN)/python -m benchmarks.validate --seeds $(or $(SEEDS),200) --first-seed $(or $(FIRST_SEED),1) --report docs/validation.md

chaos: install-dev ## faults injected into real workers, PostgreSQL and Redis while messages go out (MESSAGES=500 ONLY=1,12,sms)
	@$(BIN)/python -m benchmarks.chaos --messages $(or $(MESSAGES),500) --only "$(ONLY)"

fuzz: install-dev ## hostile calls, webhooks and files, thousands of each (CASES=5000 SEED=1 ONLY=api,doors,files; DATABASE_URL for PostgreSQL)
	@$(BIN)/python -m benchmarks.fuzz --cases $(or $(CASES),5000) --seed $(or $(SEED),1) --only "$(ONLY)"

bench: install-dev ## time, memory and rates beside their budgets, in one table, within 25 minutes (ONLY=import,planning JSON=var/bench.json)
	@$(BIN)/python -m benchmarks.bench --only "$(ONLY)" --json "$(or $(JSON),var/bench.json)"

pictures: install-dev ## take the README's pictures from the running demo (Chromium)
	@$(BIN)/python -m tests.browser.pictures

audit: install-dev ## ask for known vulnerabilities of every pinned package (docs/dependencies.md)
	@$(BIN)/pip-audit --no-deps --disable-pip -r requirements.txt -r requirements-mcp.txt

requirements: install-dev ## compile the .in files into pinned .txt files
	@uv pip compile --quiet --upgrade --python-version 3.11 --no-emit-find-links --no-emit-index-url --custom-compile-command "make requirements" requirements.in -o requirements.txt
	@uv pip compile --quiet --upgrade --python-version 3.11 --no-emit-find-links --no-emit-index-url --custom-compile-command "make requirements" requirements-dev.in -o requirements-dev.txt
	@uv pip compile --quiet --upgrade --python-version 3.11 --no-emit-find-links --no-emit-index-url --custom-compile-command "make requirements" requirements-mcp.in -o requirements-mcp.txt

clean: ## remove the environment and the embedded data
	rm -rf .venv var .mypy_cache .ruff_cache .pytest_cache .hypothesis
