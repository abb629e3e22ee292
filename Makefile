# `make` alone lists what there is. Everything installs itself into .venv on first use.

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

# The first Python that is new enough; `make test PYTHON=/path/to/python3.12` takes another.
PYTHON = $(shell for python in python3.13 python3.12 python3.11 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)

# `make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu` takes the build of torch for CPUs, which spares
# a machine without an NVIDIA GPU gigabytes of CUDA.
TORCH_INDEX =

# `make test ARGS="-k threshold -x"` hands arguments to pytest.
ARGS =

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench venv

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(INSTALLED) ## train, predict, threshold, evaluate and measure on sample data, in under two minutes
	$(BIN)/cytounet demo

test: $(INSTALLED) ## run all tests with coverage
	$(BIN)/python -m pytest --cov --cov-report=term:skip-covered $(ARGS)

lint: $(INSTALLED) ## check style, types and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(INSTALLED) ## run every benchmark; each prints a table and writes JSON
	@set -e; for benchmark in benchmarks/bench_*.py; do echo "== $$benchmark"; $(BIN)/python $$benchmark; done

# An interrupted `python -m venv` leaves a Python without pip: it is made anew.
$(INSTALLED): pyproject.toml constraints.txt
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(MAKE) --no-print-directory venv
	$(BIN)/python -m pip install $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -e '.[dev]' -c constraints.txt
	@touch $@

# Debian keeps what venv needs in a package of its own.
venv:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is missing. Run: sudo apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || $(call apt_install,$(notdir $(PYTHON))-venv)
	$(PYTHON) -m venv --clear $(VENV)

# Installs Debian packages where that takes no password, else says the one line to run.
AS_ROOT = $(if $(filter 0,$(shell id -u)),,sudo -n)
apt_install = { $(AS_ROOT) apt-get update -q && $(AS_ROOT) apt-get install -qy $(1); } \
	|| { echo "A system package is missing. Run: sudo apt-get install $(1)" >&2; exit 1; }
