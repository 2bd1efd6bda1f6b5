# Every target sets up its own .venv from hash-pinned requirements; nothing but Python 3.11 and make is needed.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PROTOS := $(sort $(shell find proto/socsec -name "*.proto"))
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo run test lint types proto proto-check breaking contracts reference bench bench-openfisca register campaign engines lock clean

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: .venv/.installed  ## Make .venv from the pinned requirements

.venv/.installed: requirements/dev.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

demo: setup  ## 20,000 people, six months: duplicates flagged live, then the report
	ssctl demo --people 20000 --months 6 --dir var/demo/stack --report var/demo/report.json

run: setup  ## Start the embedded stack in var/stack and stay with it (Ctrl-C drains)
	ssctl stack up --dir var/stack

test: setup  ## All tests, on real parts, a process a core
	pytest -n logical --maxprocesses 4 --dist worksteal

lint: setup  ## Style, layering, contracts' style
	ruff check .
	ruff format --check .
	lint-imports
	$(MAKE) --no-print-directory contracts

types: setup  ## Types, strict
	mypy

IMAGE := var/proto/current.binpb
PROTOC = python -m grpc_tools.protoc -I"$$(python -c 'import site; print(site.getsitepackages()[0])')"

proto: setup  ## Generate the stubs beside their sources
	$(PROTOC) -Iproto --python_out=proto --grpc_python_out=proto --mypy_out=quiet:proto --mypy_grpc_out=quiet:proto $(PROTOS:proto/%=%)

proto-check: proto  ## The committed stubs are those of the sources
	@test -z "$$(git status --porcelain -- proto)" || { git status --short -- proto; echo 'The stubs are out of date: commit what make proto wrote.'; exit 1; }

$(IMAGE): $(PROTOS) .venv/.installed
	mkdir -p $(@D)
	$(PROTOC) -Iproto --include_imports --include_source_info --descriptor_set_out=$@ $(PROTOS:proto/%=%)

contracts: $(IMAGE)  ## Lint the contracts, and look for breaking changes against main
	buf lint $(IMAGE) --config proto/buf.yaml
	@base=$$(git rev-parse --verify --quiet origin/main || git rev-parse --verify --quiet HEAD || true); \
	if [ -n "$$base" ] && git cat-file -e "$$base:proto/socsec" 2>/dev/null; then \
	  rm -rf var/proto/base && mkdir -p var/proto/base && git archive "$$base" proto | tar -x -C var/proto/base && \
	  (cd var/proto/base/proto && $(PROTOC) -I. --include_imports --descriptor_set_out=../../base.binpb $$(find socsec -name '*.proto')) && \
	  buf breaking $(IMAGE) --against var/proto/base.binpb --config proto/buf.yaml; \
	fi

reference: setup  ## Write docs/rules-reference.md from the rule book, and the table of verbs into docs/ssctl.md
	python -m services.eligibility.reference > docs/rules-reference.md
	python -m services.admin.reference docs/ssctl.md

bench: setup  ## Ratios against baselines measured in the same run, to var/bench/report.json
	python -m tests.bench

PEER := var/openfisca/bin

bench-openfisca: setup $(PEER)/.installed  ## Beside OpenFisca on the same rules, which runs in an environment of its own
	python -m tests.bench.against_openfisca $(PEER)/python

$(PEER)/.installed: requirements/openfisca.txt
	test -x $(PEER)/python || $(PYTHON) -m venv var/openfisca
	$(PEER)/pip install --quiet --require-hashes -r requirements/openfisca.txt
	touch $@

COUNT ?= 9500000
DATABASE ?= sqlite
register: setup  ## A city's register of COUNT cards in DATABASE (sqlite, postgresql): rate, memory, reads; goes on when run again
	python -m tests.bench.register --count $(COUNT) --database $(DATABASE)

campaign: setup  ## The long fault campaign
	pytest tests/campaign tests/system -m campaign

ENGINES := var/engines/bin

engines: $(ENGINES)/.installed  ## Jobs over a population on ClickHouse and Spark, in an environment of their own (downloads 700 MB)
	$(ENGINES)/python -m pytest tests/engines -m engines

$(ENGINES)/.installed: requirements/engines.txt
	test -x $(ENGINES)/python || $(PYTHON) -m venv var/engines
	$(ENGINES)/pip install --quiet --require-hashes -r requirements/engines.txt
	$(ENGINES)/pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

lock:  ## (needs uv on the PATH) Pin the requirements again, with hashes and without addresses
	uv pip compile --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-strip-extras --extra dev --extra local --extra parquet -q -o requirements/dev.txt pyproject.toml
	uv pip compile --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-strip-extras --all-extras -q -o requirements/engines.txt pyproject.toml
	uv pip compile --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-strip-extras -q -o requirements/openfisca.txt requirements/openfisca.in
	uv pip compile --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-strip-extras --extra local -q -o requirements/runtime.txt pyproject.toml

clean:  ## Remove everything that was made here
	rm -rf .venv var .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .coverage .coverage.* htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
