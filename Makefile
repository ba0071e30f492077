# `make demo` and `make test` need only Python 3.11 or newer: the rest goes into .venv.

PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,$(shell \
	$(name) -c 'import sys; print("$(name)" if sys.version_info >= (3, 11) else "")' 2>/dev/null)))
BIN := .venv/bin
INSTALLED := .venv/installed
CATALOGUES := $(patsubst %,kfconsole/locale/%/LC_MESSAGES/kfconsole,zh_CN en)
# Half of the time tests wait for each other's processes and terminals.
WORKERS ?= $(shell expr 2 '*' $$(getconf _NPROCESSORS_ONLN))

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test test-browser format soak bench screenshots catalogues docs clean

help:  ## this list
	@awk -F ':.*##' '/^[a-z-]+:.*##/ { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(INSTALLED) $(CATALOGUES:=.mo)  ## the console on a simulated shop
	$(BIN)/kfconsole demo

test: $(INSTALLED) $(CATALOGUES:=.mo)  ## format, lint, types and tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -n $(WORKERS) --dist worksteal tests/wechat tests/simulator tests/clients --cov
	$(BIN)/pytest -n $(WORKERS) --dist worksteal --ignore=tests/wechat --ignore=tests/simulator --ignore=tests/clients

test-browser: $(INSTALLED) $(CATALOGUES:=.mo)  ## pages in a real browser; PICTURE=FILE keeps what it showed
	@command -v chromium >/dev/null && fc-list :lang=zh 2>/dev/null | grep -q . || { \
		echo 'A browser and a Chinese font are needed: apt-get install chromium fontconfig fonts-noto-cjk' >&2; exit 1; }
	$(BIN)/pytest -m browser tests/browser $(if $(PICTURE),--picture $(PICTURE))

format: $(INSTALLED)  ## put the source in order
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

soak: $(INSTALLED) $(CATALOGUES:=.mo)  ## the long seeded rounds
	$(BIN)/pytest -m "soak or hypothesis" --hypothesis-profile=random

bench: $(INSTALLED) $(CATALOGUES:=.mo)  ## measure what README promises
	$(BIN)/python -m tests.bench

screenshots: $(INSTALLED) $(CATALOGUES:=.mo)  ## make screenshots/ anew from the demo
	@command -v rsvg-convert >/dev/null && fc-list :lang=zh 2>/dev/null | grep -q . || { \
		echo 'Pictures need a converter and a Chinese font: apt-get install librsvg2-bin fontconfig fonts-noto-cjk' >&2; \
		exit 1; }
	$(BIN)/python -m tests.screenshots

catalogues: $(INSTALLED)  ## collect the texts of the source, update and compile the catalogues
	$(BIN)/python -m tools.catalogues

docs: $(INSTALLED)  ## bring docs/ up to date with commands and simulator
	$(BIN)/python -m tools.schemas
	$(BIN)/python -m tools.commands
	$(BIN)/python -m tools.keys
	$(BIN)/python -m tools.simulator_page

clean:  ## remove what was made
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage htmlcov snapshot_report.html
	rm -f $(CATALOGUES:=.mo)
	find kfconsole tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

%.mo: %.po | $(INSTALLED)
	$(BIN)/python -m tools.catalogues compile
	@touch $(CATALOGUES:=.mo)

$(INSTALLED): pyproject.toml hatch_build.py
	@test -n "$(PYTHON)" || { echo 'kfconsole needs Python 3.11 or newer; none was found.' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo 'Python lacks venv: apt-get install $(notdir $(PYTHON))-venv' >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable . --group dev
	@touch $@
