# Two commands set everything up: `make demo` and `make test`. The others: check, bench, docs.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

.PHONY: demo test check bench docs clean

demo: .venv/base
	$(BIN)/idiolect demo

test: .venv/dev
	$(BIN)/pytest

check: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check

bench: .venv/dev
	for run in benchmarks/*.py; do $(BIN)/python $$run || exit 1; done

docs: .venv/dev
	$(BIN)/python docs/generate.py

clean:
	rm -rf .venv demo dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Found no python3.11 or python3; install Python 3.11 or newer."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Found $$($(PYTHON) --version); Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/base: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

.venv/dev: .venv/base
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@
