# Larum's commands. `make` alone lists them. They need make, Python 3.11 or newer and a package index;
# interop, faults and browser need more, and say what.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

ARGS ?=
BIN := .venv/bin
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --no-input
LARUM_INTO := $(PIP_INSTALL) --no-deps --no-build-isolation --editable .
PYTEST := $(BIN)/python -m pytest
SLOW_SUITES := tests/interop tests/faults tests/browser
TYPED := $(wildcard src tests scripts bench)

# Tools that run beside larum, and boto3 releases that run with larum: each in an environment of its own.
TOOLS_READY := .envs/bench/.ready .envs/interop-awscli/.ready .envs/interop-aiobotocore/.ready
CLIENTS_READY := .envs/interop-oldest/.ready .envs/interop-newest/.ready
MUTATION_READY := .envs/mutation/.ready
NODE_LOCK := $(wildcard tests/interop/package-lock.json)
NODE_READY := $(NODE_LOCK:package-lock.json=node_modules/.package-lock.json)

.PHONY: help setup serve test check lint types interop faults browser soak mutation bench lock clean

help: ## List these commands
	@echo 'usage: make COMMAND [ARGS="..."]   (ARGS goes to the program that the command runs)'
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 12

setup: .venv/.dev ## Build .venv with everything that the tests and checks need

serve: .venv/.run ## Run the server:  make serve ARGS="--port 8181 --data ./larum-data"
	@exec $(BIN)/larum serve $(ARGS)

test: .venv/.dev ## Run the tests that need nothing else
	$(PYTEST) tests $(SLOW_SUITES:%=--ignore=%) --numprocesses=auto --dist=worksteal $(ARGS)

check: lint types test ## Run lint, types and test

lint: .venv/.dev ## Check style and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo

types: .venv/.dev ## Check the types
	$(BIN)/mypy $(TYPED)

interop: .venv/.dev $(CLIENTS_READY) $(filter .envs/interop-%,$(TOOLS_READY)) $(NODE_READY) ## Run the oldest and newest boto3, the AWS CLI and other SDKs (needs node 20, npm)
	$(PYTEST) tests/interop $(ARGS)

faults: .venv/.dev ## Kill the server and break its disk while it works (needs strace, Linux)
	$(PYTEST) tests/faults $(ARGS)

browser: .venv/.dev ## Attack a server from a page in a real browser (needs chromium, chromedriver)
	$(PYTEST) tests/browser $(ARGS)

soak: .venv/.dev ## Run the fault tests for much longer
	LARUM_SOAK=1 $(PYTEST) tests/faults --timeout=7200 $(ARGS)

mutation: $(MUTATION_READY) ## Change the policy evaluator in every small way; its tests must notice nine of ten
	.envs/mutation/bin/mutmut run $(ARGS) | tail -c 100
	.envs/mutation/bin/mutmut export-cicd-stats
	.envs/mutation/bin/python -m scripts.mutation_score

bench: .venv/.dev .envs/bench/.ready ## Measure speed and memory against the peers, in one run
	$(BIN)/python -m bench.run $(ARGS)

clean: ## Remove what these commands built; larum-data stays
	rm -rf .venv .envs .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	rm -rf build dist mutants tests/interop/node_modules .coverage .coverage.*
	find src tests bench scripts -name __pycache__ -type d -prune -exec rm -rf {} +

# The interpreter is looked for only when .venv is missing. What is named python3 comes first.
.venv/bin/python:
	@for python in $${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "Building .venv with $$($$python --version)"; \
	    $$python -m venv .venv && exit 0; \
	    echo 'larum: that Python cannot make a virtual environment;' \
	      'on Debian and Ubuntu: apt-get install python3-venv' >&2; rm -rf .venv; exit 1; \
	  fi; \
	done; \
	echo 'larum: no Python 3.11 or newer found; name one: make setup PYTHON=/path/to/python3' >&2; exit 1

.venv/.run: requirements/run.txt requirements/tools.txt pyproject.toml | .venv/bin/python
	@echo 'Installing larum and what it runs on'
	@$(BIN)/python $(PIP_INSTALL) --require-hashes -r requirements/run.txt -r requirements/tools.txt
	@$(BIN)/python $(LARUM_INTO)
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.run
	@echo 'Installing the tools of the tests and checks'
	@$(BIN)/python $(PIP_INSTALL) --require-hashes -r requirements/dev.txt
	@touch $@

$(TOOLS_READY): .envs/%/.ready: requirements/%.txt | .venv/bin/python
	@echo 'Building .envs/$*'
	@$(BIN)/python -m venv --clear .envs/$*
	@.envs/$*/bin/python $(PIP_INSTALL) --require-hashes -r $<
	@touch $@

$(CLIENTS_READY) $(MUTATION_READY): .envs/%/.ready: requirements/%.txt pyproject.toml | .venv/bin/python
	@echo 'Building .envs/$*'
	@$(BIN)/python -m venv --clear .envs/$*
	@.envs/$*/bin/python $(PIP_INSTALL) --require-hashes -r $<
	@.envs/$*/bin/python $(LARUM_INTO)
	@touch $@

tests/interop/node_modules/.package-lock.json: tests/interop/package-lock.json
	npm ci --prefix tests/interop --ignore-scripts --no-audit --no-fund
	@touch $@

# Pins stay unless asked for:  make lock ARGS=--upgrade
COMPILE = .envs/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --custom-compile-command 'make lock' $(ARGS)

lock: .venv/bin/python ## Write requirements/*.txt anew from pyproject.toml and requirements/*.in
	@$(BIN)/python -m venv --clear .envs/lock
	@.envs/lock/bin/python $(PIP_INSTALL) uv
	$(COMPILE) -o requirements/run.txt pyproject.toml
	$(COMPILE) -o requirements/tools.txt --group build -c requirements/run.txt
	$(COMPILE) -o requirements/dev.txt pyproject.toml --group dev -c requirements/run.txt
	$(COMPILE) -o requirements/bench.txt --group bench
	$(COMPILE) -o requirements/interop-oldest.txt pyproject.toml requirements/interop-oldest.in --group build --group test
	$(COMPILE) -o requirements/interop-newest.txt pyproject.toml requirements/interop-newest.in --group build --group test
	$(COMPILE) -o requirements/mutation.txt pyproject.toml requirements/mutation.in --group build --group test
	$(COMPILE) -o requirements/interop-awscli.txt requirements/interop-awscli.in
	$(COMPILE) -o requirements/interop-aiobotocore.txt requirements/interop-aiobotocore.in
