# Two commands from a bare machine with Python 3.11, pip and make: `make run` and `make test`.
# The environment is .venv, made from hash-pinned lock files that name no host.

PYTHON ?= python3
# One more than there are cores: a test that waits for a process or a disk leaves its core to another.
JOBS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2) + 1)
PROFILE ?=
COVERAGE ?=
ROWS ?= 1000000
YEAR ?= 2026
TURNS ?= 3

export UV_SYSTEM_CERTS := 1
export UV_PYTHON_DOWNLOADS := never
export UV_NO_PROGRESS := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Empty is "do keep them": a machine that forbids compiled modules would compile every library anew
# in each of the many processes that the tests start (3.4 s instead of 1.5 s for one of them).
export PYTHONDONTWRITEBYTECODE :=

BIN := .venv/bin
UV := .tools/bin/uv
PYTEST := $(BIN)/python -m pytest -n $(JOBS) --dist worksteal --durations 20 $(if $(PROFILE),--hypothesis-profile=$(PROFILE))
# Rooms where a branch that no test takes is a fault.
EXACT_ROOMS := engine/machine/*,engine/definition/*,engine/audit/*,engine/calendars/*

.PHONY: install run test test-fast test-long bench tour lint format lock

# `make run` alone needs no development tools; where they are installed, they stay.
install: .venv/development.stamp
run: $(if $(wildcard .venv/development.stamp),.venv/development.stamp,.venv/runtime.stamp)

run:
	@for name in PORT DATABASE_URL EVIDENCE_URL S3_ENDPOINT DEMO; do \
		eval "value=\$${$$name:-}"; \
		if [ -n "$$value" ]; then export "QUYTRINH_$$name=$$value"; fi; \
	done; \
	exec $(BIN)/quytrinh demo

# Counting branches doubles the time: COVERAGE=1 asks for it, and for the floors below.
test: install
	@$(in_memory); $(PYTEST) $(if $(COVERAGE),--cov --cov-report=)
ifneq ($(COVERAGE),)
	$(BIN)/coverage report --skip-covered --fail-under=95
	$(BIN)/coverage report --skip-covered --fail-under=100 --include='$(EXACT_ROOMS)'
endif

# Thousands of small databases and files, each synced to its disk: where memory holds 2 GB (a run was
# seen to take 0.45), they lie there, and go with the run.
define in_memory
if [ "$$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $$4 }')" -gt 2000000 ] 2>/dev/null; then \
	TMPDIR="$$(mktemp -d /dev/shm/quytrinh.XXXXXX)"; export TMPDIR; trap 'rm -rf "$$TMPDIR"' EXIT; \
fi
endef

test-fast: install
	$(PYTEST) -m 'not slow and not postgres and not browser'

test-long: install
	$(BIN)/python -m pytest -n $(JOBS) --hypothesis-profile=nightly

# Measures and prints, passes and fails nothing: contenders take turns over what was made up for them.
bench: install
	$(BIN)/python -m tests.bench.dossiers $(ROWS) $(TURNS)
	$(BIN)/python -m tests.bench.import_dossiers --rows $(ROWS) --database sqlite
	$(BIN)/python -m tests.bench.papers
	$(BIN)/python -m tests.bench.log publish
	$(BIN)/python -m tests.bench.verify_log

# A whole year is lived and looked at with a browser: docs/tour.md and its pictures, some five minutes.
tour: install
	$(BIN)/python -m tests.browser.tour $(YEAR)

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# A stamp is newer than its lock: a second call does nothing, a changed lock installs again.
.venv/development.stamp: requirements-dev.lock pyproject.toml
	$(call sync,requirements-dev.lock)
	@touch .venv/runtime.stamp $@

.venv/runtime.stamp: requirements.lock pyproject.toml
	$(call sync,requirements.lock)
	@touch $@

# uv where it can be had, else the standard venv and pip, which are slower and need python3-venv.
define sync
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
@if $(get_uv); then set -e; \
	[ -x $(BIN)/python ] || $(UV) venv --quiet --python "$$(command -v $(PYTHON))" .venv; \
	$(UV) pip sync --quiet --require-hashes $(1); \
	$(UV) pip install --quiet --no-deps --no-build-isolation -e .; \
else set -e; \
	echo "uv cannot be had here: installing with pip"; \
	[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv; \
	$(BIN)/python -m pip install --quiet --require-hashes -r $(1); \
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .; \
fi
endef

get_uv = { [ $(UV) -nt requirements-tools.lock ] || { \
	$(PYTHON) -m pip install --quiet --root-user-action=ignore --upgrade --require-hashes \
		--target .tools -r requirements-tools.lock && touch $(UV); }; }

# uv.lock names the host of every file, so it stays here; what is committed are names, versions, hashes.
lock:
	@$(get_uv)
	$(UV) lock $(if $(UPGRADE),--upgrade)
	$(call export,--group build,requirements.lock)
	$(call export,--group dev,requirements-dev.lock)
	$(call export,--only-group tools,requirements-tools.lock)
	@! grep -nE '://|file:|^ *(-i|-f|--index-url|--extra-index-url|--find-links)|@ ' requirements*.lock

export = $(UV) export --quiet --frozen --no-emit-project --no-header --format requirements-txt $(1) --output-file $(2)
