# Bayesian sampling, from a coin to NUTS. `make` alone lists the commands.
# Works with GNU make 3.81 (macOS) and later; recipes are plain sh.

VENV ?= .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.stamp
UV := $(PY) -m uv pip
LOCK := $(UV) compile --quiet --universal --no-header --upgrade --python-version

# uv takes the Python that it is given, and trusts the certificates that pip trusts.
UV_SYSTEM_CERTS ?= 1
export UV_SYSTEM_CERTS
export UV_PYTHON_DOWNLOADS := never

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help lab test notebooks measure stubs peers slides live lint format check lock clean FORCE

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

lab: $(STAMP) ## Open JupyterLab on chapter 00 (in a container: make lab IP=0.0.0.0 PORT=8888)
	@$(PY) tools/lab.py $(if $(IP),--ip=$(IP)) $(if $(PORT),--port=$(PORT))

test: $(STAMP) ## Run everything: lint, package tests, notebooks, pages
	@printf '\n== Code style\n'
	@$(MAKE) --no-print-directory lint
	@printf '\n== Package and tools\n'
	$(PY) -m pytest tests -n 2 --dist loadfile
	@printf '\n== Notebooks: run again, compared with what they show\n'
	$(PY) -m pytest --nbval notebooks -n 2 --dist loadfile
	@printf '\n== Pages and derived files\n'
	@$(MAKE) --no-print-directory check

notebooks: $(STAMP) ## Build every page from its text, and execute what changed
	$(PY) tools/course.py build
	$(PY) tools/picture.py

measure: $(STAMP) ## Time every chapter with empty compile caches, for the chapter table
	$(PY) tools/course.py build --cold
	$(PY) tools/picture.py

stubs: $(STAMP) ## Write the exercise stubs from the worked solutions
	$(PY) tools/course.py stubs

peers: $(STAMP) ## Build environments of other systems for benchmarks (one: make peers NAMES=pyro)
	@$(PY) tools/peers.py $(NAMES)

slides: $(STAMP) ## Build the decks: HTML and PDF
	$(UV) install --quiet --python $(PY) -r requirements-instructors.txt
	$(PY) slides/build.py

live: $(STAMP) ## Write copies of the chapters for live coding, by-hand code blank, into live
	$(PY) tools/course.py live

lint: $(STAMP) ## Check code style
	$(PY) -m ruff check
	$(PY) -m ruff format --check

format: $(STAMP) ## Mend code style
	$(PY) -m ruff check --fix
	$(PY) -m ruff format

check: $(STAMP) ## Check pages and derived files without executing anything
	$(PY) tools/course.py check

lock: $(STAMP) ## Compile requirements*.txt from pyproject.toml
	$(LOCK) 3.12 --extra dev pyproject.toml -o requirements.txt
	$(LOCK) 3.12 --group instructors -c requirements.txt -o requirements-instructors.txt
	$(LOCK) 3.13 --group peers -c requirements.txt -o requirements-peers.txt
	$(LOCK) 3.11 --group pyro $(PIP_FIND_LINKS:%=--find-links %) \
		-o requirements-pyro.txt

clean: ## Remove the environment, caches and built files
	rm -rf .venv .venv-peers .venv-pyro .cache .pytest_cache .ruff_cache .hypothesis slides/build live build dist

# Built again when the lock is newer, the folder was moved, or its Python has gone.
ifneq ($(shell cat $(STAMP) 2>/dev/null)$(wildcard $(PY)),$(CURDIR)$(PY))
$(STAMP): FORCE
endif
$(STAMP): requirements.txt
	@sh tools/bootstrap.sh $(VENV)
