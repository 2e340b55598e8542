# `make help` lists what there is to do. Nothing here needs more than Python 3.11, make and a package index.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PORT ?= 8000
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	$$python -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-compile

# Where the environment forbids it, too: tests start dozens of processes, and each would compile everything anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help run test nightly faults e2e bench check format lock clean
help: ## This list
	@sed -n 's/^\([a-z0-9]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 15

run: .venv/.product ## Serve on 127.0.0.1:$(PORT) with demo data, kept in ./var
	@$(BIN)/socialfeed migrate && exec $(BIN)/socialfeed serve --demo --port $(PORT)

test: .venv/.dev ## Run every test, against a real Postgres and a real Valkey
	@$(BIN)/pytest -n 2 --dist worksteal $(ARGS)

nightly: .venv/.dev ## Run the tests that take minutes and are left out of `make test`
	@$(BIN)/pytest -m nightly $(ARGS)

faults: .venv/.dev ## Kill and freeze servers under load, and print what came of it (ARGS="-k fault_4" for one)
	@$(BIN)/pytest -q -m faults --show-capture=no --tb=short tests/integration/faults $(ARGS)

e2e: .venv/.dev ## Try the pages in a browser, and Apollo, urql and Relay against a server (needs chromium, node, npm)
	@$(BIN)/pytest tests/e2e $(ARGS)

bench: .venv/.dev .venv/.bench ## Measure `userFeed` over HTTP against ceilings and peers, ten minutes (ARGS=--quick for one)
	@$(BIN)/python -m bench.serving $(ARGS)

check: .venv/.dev ## Formatting, lint, types, import contracts and unit tests: under a minute
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet . && $(BIN)/mypy && $(BIN)/lint-imports && $(BIN)/pytest -q tests/unit $(ARGS)

format: .venv/.dev ## Format the code and mend what the linter can
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lock: .venv/.dev ## Write requirements*.txt from pyproject.toml (ARGS=--upgrade takes newer versions)
	@scripts/lock.sh $(ARGS)

clean: ## Remove the virtual environment and caches; ./var stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis && find . -name __pycache__ -prune -exec rm -rf {} +

# Stamps: an installation is repeated only when a lock or the package's own description changed.
$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "socialfeed needs Python 3.11 or newer with venv: install one, or name it: make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "Making a virtual environment with $$($(PYTHON) --version)" && $(PYTHON) -m venv .venv

.venv/.product: requirements.txt requirements-build.txt pyproject.toml | $(BIN)/python
	@echo "Installing the product" && $(INSTALL) --require-hashes -r requirements.txt -r requirements-build.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable . && touch $@

.venv/.dev: requirements-dev.txt .venv/.product
	@echo "Installing the tools of development" && $(INSTALL) --require-hashes -r requirements-dev.txt && touch $@

# Elsewhere: what peers need and what we need exclude each other.
.venv/.bench: requirements-bench.txt | $(BIN)/python
	@echo "Installing the peers of the bench" && $(BIN)/python -m venv .venv/peers
	@.venv/peers/bin/python -m pip install -qq --disable-pip-version-check --no-compile --require-hashes -r requirements-bench.txt && touch $@
