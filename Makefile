# make help lists what there is.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help reproduce archive test nightly check schema bench lock clean

PYTHON ?= python3
VENV ?= .venv
# Which studies `make reproduce` makes: quick, all, or names and paths separated by blanks.
STUDY ?= quick
CORES ?= all
BIN := $(VENV)/bin
# Tests of one file share a process: it has one NEURON, and fixtures that take a while to make.
SHARED := --numprocesses auto --dist loadfile

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

reproduce: $(VENV)/.runtime ## make the quick set of studies and their reports (STUDY=all, STUDY=quickstart, CORES=2)
	$(BIN)/lfptools run $(STUDY) --cores $(CORES)
	@echo "To use lfptools in this shell: source $(BIN)/activate"

archive: $(VENV)/.runtime ## pack a study that was made, its results and source into one zip file (STUDY=quickstart)
	$(BIN)/lfptools archive $(STUDY)

test: $(VENV)/.dev ## run the tests, except the slow ones
	$(BIN)/python -m pytest -m "not slow" $(SHARED)

nightly: $(VENV)/.dev ## run all tests
	$(BIN)/python -m pytest $(SHARED)

slurm-test: $(VENV)/.dev ## run quickstart through a Slurm of one node (root, slurm-wlm, munge)
	bash tests/slurm/run.sh $(abspath $(BIN))

check: $(VENV)/.dev ## style, layers, the schema and reference of study files, the workflow's form
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python -m lfptools.study.schema --check config/study.schema.json
	$(BIN)/python -m lfptools.study.reference --check docs/reference.md
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint

schema: $(VENV)/.dev ## write the schema of study files for editors, and docs/reference.md
	$(BIN)/python -m lfptools.study.schema config/study.schema.json
	$(BIN)/python -m lfptools.study.reference docs/reference.md

bench: $(VENV)/.dev ## run the benchmarks
	for file in benchmarks/*.py; do $(BIN)/python $$file; done

lock: $(VENV)/.dev ## resolve the dependencies anew
	$(BIN)/uv pip compile $(LOCK) --output-file requirements.lock pyproject.toml
	$(BIN)/uv pip compile $(LOCK) --all-extras --output-file requirements-dev.lock pyproject.toml

clean: ## remove results and caches, not the environment
	rm -rf results .snakemake .cache .pytest_cache .ruff_cache

# Names, versions and hashes only; the build backend for the editable install is among them.
LOCK := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --upgrade \
	--group build

# An environment has the runtime's or the developers' packages; the stamps say which, and from which lock.
$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	test -f $(VENV)/.dev || $(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-dev.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@ $(VENV)/.runtime

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed, $(PYTHON) is older: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
