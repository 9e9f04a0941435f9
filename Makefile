# Every command of the project; each does its own set-up and needs Python 3.11+ with pip, no more.

PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && exit; done; echo python3)
PY := .venv/bin/python
READY = @command -v $(PYTHON) >/dev/null || \
	{ echo "Kinerja needs Python 3.11 or newer: install it, or say where: make … PYTHON=/path/to/it" >&2; \
	exit 1; }; \
	$(PYTHON) deploy/local/preflight.py
LOCK = .venv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-build \
	--no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
	--quiet $(if $(UPGRADE),--upgrade) pyproject.toml -

.PHONY: help run test check live chaos bench contracts lock fmt audit sbom clean ready ready-to-run
.NOTPARALLEL:
.DEFAULT_GOAL := help

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ready-to-run .venv/run.stamp ## start everything and do the main job (FILE=my.xlsx ONCE=1 SUMMARY=out.json)
	@exec $(PY) -m deploy.cli up $(if $(FILE),--file "$(FILE)") \
		$(if $(filter-out 0 no false,$(ONCE)),--once) $(if $(SUMMARY),--summary "$(SUMMARY)")

test: check live ## all there is to test: `check`, then `live`

check: ready .venv/dev.stamp ## lint, types, import contracts and fast tests
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy
	.venv/bin/lint-imports --no-logo
	$(PY) -m pytest -q -m "not live" --numprocesses auto --dist loadscope

live: ready .venv/dev.stamp ## tests with real processes, and where they ran
	$(PY) -m pytest -q -m live

chaos: ready .venv/dev.stamp ## kill, end, pause and cut whatever there is (MINUTES=10 SEED=7)
	KINERJA_CHAOS_MINUTES=$(MINUTES) KINERJA_CHAOS_SEED=$(SEED) $(PY) -m pytest -q -m live tests/live/chaos

bench: ready .venv/dev.stamp ## measure beside a floor, 20 minutes (ONLY=stage FULL=1 NATION=1 DOCS=1 N=50000 REPS=5)
	$(PY) -m tests.bench $(if $(NATION),--only nation --full,$(if $(ONLY),--only "$(ONLY)")) \
		$(if $(FULL),--full) $(if $(DOCS),--docs) $(if $(STACK),--stack $(STACK)) \
		$(if $(N),--n $(N) --n-embedded $(N) --nation $(N)) $(if $(REPS),--reps $(REPS)) $(WITH)

contracts: ready .venv/dev.stamp ## write shared/contracts anew from the code
	$(PY) -m shared.contracts

lock: ready .venv/bin/python ## pin all dependencies with hashes (UPGRADE=1: the newest ones)
	$(PY) -m pip install --quiet --disable-pip-version-check uv
	echo 'setuptools>=80' | $(LOCK) --extra embedded -o requirements.lock
	echo 'setuptools>=80' | $(LOCK) --extra embedded --extra tracing --extra bench --extra dev \
		-c requirements.lock -o requirements-dev.lock
	echo | $(LOCK) --extra tracing -c requirements-dev.lock -o requirements-image.lock

fmt: ready .venv/dev.stamp ## format, and mend what can be mended by itself
	$(PY) -m ruff check --fix
	$(PY) -m ruff format

audit: ready .venv/dev.stamp ## are weaknesses known of the locked packages? (3: PyPI's data cannot be reached)
	$(PY) -m deploy.audit

sbom: ready .venv/dev.stamp ## list what the images and the laptop run on: build/sbom.json (CycloneDX)
	@mkdir -p build
	$(PY) -W ignore -m cyclonedx_py requirements requirements.lock --pyproject pyproject.toml \
		--output-reproducible --output-file build/sbom.json

clean: ## remove the environment, all caches and the laptop's data
	rm -rf .venv .kinerja build *.egg-info .*_cache .hypothesis
	find services shared deploy tests -name __pycache__ -prune -exec rm -rf {} +

ready:
	$(READY)

ready-to-run:
	$(READY) --ports

# Debian's Python may lack ensurepip: then the pip beside it serves the environment.
.venv/bin/python:
	@$(PYTHON) -m venv .venv >/dev/null 2>&1 || $(PYTHON) -m venv --clear --without-pip .venv

define install
	@echo "Installing $< into .venv: only now and when it changes, takes a minute …"
	@if $(PY) -m pip --version >/dev/null 2>&1; then pip="$(PY) -m pip"; \
	else pip="$(PYTHON) -m pip --python $(PY)"; fi; \
	$$pip install --quiet --disable-pip-version-check --require-hashes -r $< && \
	$$pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation -e .
endef

.venv/run.stamp: requirements.lock pyproject.toml | .venv/bin/python
	$(install)
	@touch $@

.venv/dev.stamp: requirements-dev.lock pyproject.toml | .venv/bin/python
	$(install)
	@touch .venv/run.stamp $@
