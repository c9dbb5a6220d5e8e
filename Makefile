# World-Threat Expeditions. `make` alone says what there is.
# The system's own Python, where it will do: distributions build it optimised, pyenv does not unless told to, and needs
# 1.4 times the CPU for everything here.
PYTHON ?= $(shell for each in /usr/bin/python3 python3; do \
	$$each -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2> /dev/null && echo $$each && exit; \
	done; echo python3)
NAME ?=
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# The lists are whole, so nothing is left to resolve: older pips, which do, would take `coverage[toml]`, which
# pytest-cov asks for, for another package than the pinned `coverage`, and refuse it once there is a newer one.
PINNED := --require-hashes --no-deps

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# PORT=9000 make run, make run PORT=9000. Every other setting goes by its own name: WORLDTHREAT_DATA_DIR=… make run.
ifdef PORT
export WORLDTHREAT_PORT := $(PORT)
endif

# Where no Node can be had (exit code 2), what needs the pages is left out, and tests say so; never in CI.
OR_WITHOUT_NODE := || { [ $$? -eq 2 ] && [ "$$CI" != true ]; }

# An environment whose Python was removed or moved is made again.
$(shell test -x $(BIN)/python || rm -f $(VENV)/.made $(VENV)/.run $(VENV)/.dev)

.PHONY: help
help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

.PHONY: run
run: $(VENV)/.run ## start everything on this machine, with a demo raid (PORT=9000 for another port; Ctrl-C stops it)
	@$(BIN)/python web/build.py || true # the API runs without its pages
	@$(BIN)/python -m worldthreat up --demo $(ARGS)

.PHONY: web
web: $(VENV)/.made ## build the pages (raid, overlay, GraphiQL) when their sources have changed
	@$(BIN)/python web/build.py

.PHONY: setup
setup: $(VENV)/.dev ## make .venv with all that running, testing and checking need

.PHONY: test
test: $(VENV)/.dev ## run the tests (ARGS="-k strike" for some of them)
	@$(BIN)/python web/build.py --dev $(OR_WITHOUT_NODE)
	@# Dozens of processes are started: they compile the modules once, whatever the environment says. Three at a time keep
	@# two cores busy, for many tests wait for what passes in real time.
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: soak
soak: $(VENV)/.dev ## an hour of raid over Discord in some minutes, while everything breaks: 2,000 strikes by 100 players
	@RAID_SOAK=full $(BIN)/python -m pytest -q -s -p no:xdist tests/bot/test_soak.py $(ARGS)

.PHONY: check
check: $(VENV)/.dev ## lint, format, types (the pages' too), import rule, migrations' SQL, pinned requirements, the rules' coverage
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python .ci/check_requirements.py
	@$(BIN)/python web/build.py --check $(OR_WITHOUT_NODE)
	@mkdir -p build
	@# Without Alembic's own table, whose column types are not ours to choose.
	@$(BIN)/alembic upgrade head --sql | sed '/^CREATE TABLE alembic_version/,/^);/d' > build/migrations.sql
	@$(BIN)/squawk build/migrations.sql
	@# Every line and branch of the rules has a test.
	@$(BIN)/python -m pytest -q -n 2 tests/services/rules --cov=services.rules --cov-branch --cov-fail-under=100 --cov-report=term-missing:skip-covered

MINUTES ?= 10
SEED ?=

.PHONY: chaos
chaos: $(VENV)/.dev ## kill and cut everything in the midst of raids, and audit them (MINUTES=10, SEED=… to repeat one)
	@$(BIN)/python -m tests.chaos --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

CASES ?= 2000

.PHONY: fuzz
fuzz: $(VENV)/.dev ## ask a server 2,000 questions that schemathesis made from the schema (CASES=2000, SEED=1)
	@$(BIN)/python -m tests.web.fuzz --cases $(CASES) $(if $(SEED),--seed $(SEED))

.PHONY: bench
bench: $(VENV)/.dev ## run one benchmark: make bench NAME=strikes [QUICK=1]
	@if [ ! -f "bench/$(NAME).py" ]; then \
		echo "Say which: make bench NAME=…  There are: $(sort $(basename $(notdir $(wildcard bench/[a-z]*.py))))"; exit 2; fi
	@$(BIN)/python -m bench.$(NAME) $(if $(QUICK),--quick) $(ARGS)

.PHONY: sdl
sdl: $(VENV)/.dev ## write schema/schema.graphql anew, after a change of the public API that is meant
	@mkdir -p build
	@# By way of another file: a schema that cannot be built leaves the committed one as it is.
	@$(BIN)/python -m schema.build > build/schema.graphql
	@mv build/schema.graphql schema/schema.graphql
	@$(BIN)/python web/build.py --types $(OR_WITHOUT_NODE)

.PHONY: lock
lock: build/lock/.made ## pin requirements.txt and requirements-dev.txt anew from pyproject.toml (needs the network)
	@build/lock/bin/uv pip compile $(LOCK) pyproject.toml --output-file requirements.txt
	@build/lock/bin/uv pip compile $(LOCK) pyproject.toml --group dev --output-file requirements-dev.txt

LOCK := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet

.PHONY: clean
clean: ## remove .venv, caches and what was built; .worldthreat (your raids) stays
	@rm -rf $(VENV) build dist web/dist web/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage .coverage.*
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---------------------------------------------------------------- environments: each stamp is the newest of what it needs
define find_python
	@command -v $(PYTHON) > /dev/null || \
		{ echo "There is no $(PYTHON) here: install Python 3.11 or newer, or say where it is: make PYTHON=/path/to/python3"; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed, $(PYTHON) is $$($(PYTHON) -V 2>&1 | head -n 1): make PYTHON=python3.11 takes another one."; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2> /dev/null || \
		{ echo "This Python cannot make environments (no venv or ensurepip). On Debian and Ubuntu: sudo apt-get install python3-venv"; exit 2; }
endef

$(VENV)/.made:
	$(find_python)
	@echo "Making $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.made requirements.txt
	@echo "Installing what running needs (once) ..."
	@$(PIP) install $(PINNED) -r requirements.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.made requirements-dev.txt pyproject.toml
	@echo "Installing what running, testing and checking need (once) ..."
	@$(PIP) install $(PINNED) -r requirements-dev.txt
	@$(PIP) check
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $(VENV)/.run $@

build/lock/.made:
	$(find_python)
	@$(PYTHON) -m venv build/lock
	@build/lock/bin/python -m pip --disable-pip-version-check --quiet install uv
	@touch $@
