# make try     a Slack workspace on this machine, with the bot in it
# make test    everything that has to hold, with all it needs
# make faults  what takes long, and what needs programs from elsewhere: long faults (`make long`); tests on other days, with the clocks of a whole machine moved (`make days`);
#              what Handrail is deployed with, by tools of others (`make deployed`); what editors offer, by the language server that they use (`make editor`)
# make mutants changes the rules in every small way: a test has to notice each; half an hour at first, so by hand
# make bench   how fast and how sturdy, against floors measured in the same run

PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOCK := $(BIN)/uv pip compile --no-config --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links

# Where somebody forbids it, each of the processes that tests start would compile all of Handrail anew, which takes three seconds.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: diagram try test faults mutants long mover days deployed editor bench snapshots screenshots rules format dashboard release lock clean
.DELETE_ON_ERROR:

try: .venv/runtime
	$(BIN)/handrail try

# Three at a time on two cores: most of what a test takes is waiting, for a process or a browser.
test: .venv/everything
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m tests.browser
	$(BIN)/pytest -m 'not long' -n 3 --dist worksteal --hypothesis-profile ci

faults: long days deployed editor

long: .venv/everything
	$(BIN)/pytest -m long -n 2 --dist worksteal --hypothesis-profile ci

# faketime is installed where we may; elsewhere it is named.
mover:
	@command -v faketime >/dev/null || test "$$(id -u)" != 0 || ! command -v apt-get >/dev/null \
	  || { apt-get update -qq && apt-get install -y -qq faketime; } || true
	@command -v faketime >/dev/null || { echo "faketime is missing: install it (apt-get install faketime, brew install libfaketime)."; exit 1; }

days: .venv/everything mover
	$(BIN)/python -m tests.days

deployed: .venv/everything
	$(BIN)/python -m tests.deploy

# Needs Node.js and npm, and names what it cannot have.
editor: .venv/everything
	$(BIN)/python -m tests.editor

# Of some places: make mutants NAMES='law.may_start*'. What was found is kept in mutants/ and not tried again while nothing changes.
mutants: .venv/mutants
	$(BIN)/python -m tests.mutants $(NAMES)

bench: .venv/everything
	$(BIN)/python -m benchmarks

snapshots: .venv/everything
	$(BIN)/pytest --snapshot-update

# docs/images, taken of a real walk in the page
screenshots: .venv/everything
	$(BIN)/python -m tests.screenshots

# docs/rules.md, made of the rules themselves
rules: .venv/runtime
	$(BIN)/handrail check --rules > docs/rules.md

# The tables of keys in docs/format.md, made of the models
format: .venv/runtime
	$(BIN)/handrail schema --page docs/format.md

# docs/places.md, made of the table of places and commands
diagram: .venv/everything
	$(BIN)/python -m tests.run.drawing

# dist/: wheel and source, their hashes, what is in them (CycloneDX), licences, and known faults of what they need
release: .venv/everything
	rm -rf dist build/release && $(PYTHON) -m venv build/release && $(PYTHON) -m venv build/release/as-served
	build/release/bin/python -m pip install --quiet build==1.* cyclonedx-bom==7.* pip-audit==2.* pip-licenses==5.*
	build/release/bin/python -m build --outdir dist
	build/release/as-served/bin/python -m pip install --quiet --require-hashes --requirement requirements.txt
	build/release/as-served/bin/python -m pip install --quiet --no-deps dist/*.whl
	build/release/bin/cyclonedx-py environment build/release/as-served/bin/python --pyproject pyproject.toml --output-reproducible --of JSON -o dist/handrail.cdx.json
	build/release/bin/pip-licenses --python=build/release/as-served/bin/python --format=markdown --order=license > dist/LICENSES.md
	cd dist && sha256sum * > SHA256SUMS
	build/release/bin/pip-audit --requirement requirements.txt --require-hashes --disable-pip --strict

# deploy/dashboard.json, made of the list of metrics
dashboard: .venv/everything
	$(BIN)/python -m tests.deploy.dashboard

# Keeps what is pinned as far as pyproject.toml allows; `make lock UPGRADE=--upgrade` takes the newest.
lock: .venv/everything
	$(LOCK) $(UPGRADE) pyproject.toml --output-file requirements.txt
	$(LOCK) $(UPGRADE) pyproject.toml --group dev --constraint requirements.txt --output-file requirements-dev.txt
	$(LOCK) $(UPGRADE) pyproject.toml --group dev --group mutants --constraint requirements-dev.txt --output-file requirements-mutants.txt

clean:
	rm -rf .venv mutants build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The marker says that what is installed is what the files say; without a change there is nothing to do.
.venv/runtime: requirements.txt pyproject.toml | .venv/bin/python
	@echo "Installing what Handrail needs into .venv: about half a minute, once."
	$(INSTALL) --require-hashes --requirement requirements.txt
	$(INSTALL) --no-deps --editable .
	touch $@

.venv/everything: requirements-dev.txt requirements.txt pyproject.toml | .venv/bin/python
	@echo "Installing what Handrail and its tests need into .venv: about a minute, once."
	$(INSTALL) --require-hashes --requirement requirements-dev.txt
	$(INSTALL) --no-deps --editable .
	touch .venv/runtime $@

.venv/mutants: requirements-mutants.txt .venv/everything
	@echo "Installing what changes the rules into .venv."
	$(INSTALL) --require-hashes --requirement requirements-mutants.txt
	touch $@

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else \
	  "Handrail needs Python 3.11 or newer; this is " + sys.version.split()[0] + \
	  ". Install one and name it: make try PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
