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

# So many tests run beside each other; `make test WORKERS=0` runs them one by one, where a debugger can stop.
WORKERS = 2

# A window that nobody sees: on Linux without a screen, napari's windows open on Xvfb.
SCREENLESS = $(and $(filter Linux,$(shell uname -s)),$(if $(DISPLAY)$(WAYLAND_DISPLAY),,yes))
ON_SCREEN = $(if $(SCREENLESS),xvfb-run -a -s "-screen 0 1280x800x24")

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench screenshots venv screen browser

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(INSTALLED) ## train, predict, threshold, evaluate and measure on sample data, in under two minutes
	$(BIN)/cytounet demo

# A worker that crashed is not replaced: pytest-xdist 3.8 may hang then, for ever.
test: $(INSTALLED) screen browser ## run all tests with coverage, napari in real windows included
	$(ON_SCREEN) $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --max-worker-restart 0 --cov --cov-report=term:skip-covered $(ARGS)

lint: $(INSTALLED) ## check style, types and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(INSTALLED) screen ## run every benchmark; each prints a table and writes JSON
	@set -e; for benchmark in benchmarks/bench_*.py; do echo "== $$benchmark"; $(ON_SCREEN) $(BIN)/python $$benchmark; done

screenshots: $(INSTALLED) screen browser ## make the pictures of the docs anew, by using the plugin
	$(BIN)/python docs/make_pictures.py
	$(ON_SCREEN) $(BIN)/python docs/make_film.py
	CYTOUNET_SCREENSHOTS=$(CURDIR)/docs/images $(ON_SCREEN) $(BIN)/python -m pytest tests/journeys tests/runs/report

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

# What Qt's windows and napari's canvas need beside the packages from PyPI.
SCREEN_PACKAGES := xvfb xauth libegl1 libgl1 libgl1-mesa-dri libglx-mesa0 libopengl0 libglib2.0-0 libdbus-1-3 \
	libfontconfig1 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 \
	libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 libxcb-xinput0 libxcb-xfixes0

screen:
	@$(if $(SCREENLESS),dpkg -s $(SCREEN_PACKAGES) >/dev/null 2>&1 || $(call apt_install,$(SCREEN_PACKAGES)),true)

# What reports are looked at with; where it cannot be had, those tests are skipped and say so.
browser:
	@$(if $(filter Linux,$(shell uname -s)),{ command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null \
		|| ($(call apt_install,chromium)) || true,true)

# Installs Debian packages where that takes no password, else says the one line to run.
AS_ROOT = $(if $(filter 0,$(shell id -u)),,sudo -n)
apt_install = { $(AS_ROOT) apt-get update -q && $(AS_ROOT) apt-get install -qy $(1); } \
	|| { echo "A system package is missing. Run: sudo apt-get install $(1)" >&2; exit 1; }
