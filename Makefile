# Two commands on a fresh machine with Python >= 3.11 and make: `make audit` and `make test`.
# Each makes .venv and installs what it needs, first.

PYTHON ?= python3
UV ?= uv
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

# The notebooks run in this environment's kernel, whatever kernels the user has installed elsewhere.
export JUPYTER_PREFER_ENV_PATH := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install audit test lab bench lock clean

help:
	@echo 'make install  make .venv with the pinned packages and this project in it'
	@echo 'make audit    audit every report in data/reports into outputs/'
	@echo 'make test     lint, types, tests, and the committed notebooks against their outputs'
	@echo 'make lab      open JupyterLab'
	@echo 'make bench    print the benchmarks'
	@echo 'make lock     pin the packages anew in requirements.lock (needs uv)'
	@echo 'make clean    remove .venv, outputs and caches'

# The project's own modules are compiled here: where writing .pyc is forbidden, each start would do it again.
install: $(INSTALLED)
	@$(BIN)/python -m compileall -q src/helpers

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit("Python %d.%d is too old: make PYTHON=/path/to/python3.11 or newer" % v[:2])'
	@$(PYTHON) -c 'import ensurepip, venv' || { echo '$(PYTHON) lacks venv or ensurepip: install them (on Debian: the package python3-venv)' >&2; exit 1; }
	@echo 'Installing into $(VENV): a minute or two the first time'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@test -f $(VENV)/share/jupyter/kernels/python3/kernel.json || $(BIN)/python -m ipykernel install --sys-prefix
	@touch $@

audit: install
	$(BIN)/audit run data/reports --out outputs

test: install
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check
	$(BIN)/python -m mypy
	@$(BIN)/python tests/chromium.py
	JUPYTER_PATH=tests/jupyter $(BIN)/python -m pytest tests notebooks --nbval --nbval-kernel-name warm --numprocesses auto --dist loadfile --no-loadscope-reorder

lab: install
	$(BIN)/python -m jupyter lab

bench: install
	$(BIN)/python tests/bench.py

# Versions already pinned stay where they still fit; UPGRADE=1 takes the newest of all.
lock:
	@{ sed -n '/^#/p' requirements.lock; \
	   sed -n 's/^requires = \[\(.*\)\]$$/\1/p' pyproject.toml | tr -d '" ' | tr ',' '\n' \
	   | $(UV) pip compile --quiet --universal --python-version 3.11 --extra cluster --extra portfolio --extra test --generate-hashes \
	     --no-header --no-annotate --no-config $(if $(UPGRADE),,--constraint requirements.lock) pyproject.toml - ; } > requirements.lock.new \
	&& mv requirements.lock.new requirements.lock || { rm -f requirements.lock.new; exit 1; }

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find outputs -mindepth 1 ! -name .gitkeep -delete
	find . -name .git -prune -o -type d \( -name __pycache__ -o -name .ipynb_checkpoints \) -prune -exec rm -rf {} +
