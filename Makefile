# The two commands: `make run` and `make test`. Both set up whatever is missing first.

PYTHON = .venv/bin/python
SECONDS ?= 60

.PHONY: run test help setup setup-tests lint fuzz bench lock catalogues docs pictures clean

run: .venv/ready
	@.venv/bin/email-parser serve

# A process for each core and one that works while others wait, each with its own servers; a file's
# tests stay together and in order.
test: setup-tests lint
	$(PYTHON) -m pytest --numprocesses=$$(($$(nproc) + 1)) --maxprocesses=4 --dist=loadfile --no-loadscope-reorder

help:
	@echo "run          set up and start the console"
	@echo "test         set up, lint, and run every test"
	@echo "setup        make .venv with what the console needs; setup-tests: what the tests need"
	@echo "lint         style, types, imports"
	@echo "fuzz         throw rubbish at the parser for SECONDS=$(SECONDS)"
	@echo "bench        measure the parser"
	@echo "lock         renew the locked versions"
	@echo "catalogues   gather what is new to translate"
	@echo "docs         write docs/configuration.md anew"
	@echo "pictures     take the pictures of the documentation anew, docs/images"
	@echo "clean        remove what can be made again; never ./var, which holds mail"

setup: .venv/ready

setup-tests: .venv/ready-for-tests
	@ops/setup/servers.sh

.venv/ready: requirements.lock pyproject.toml
	@ops/setup/environment.sh requirements.lock
	@touch $@

.venv/ready-for-tests: requirements-dev.lock requirements.lock pyproject.toml
	@ops/setup/environment.sh requirements-dev.lock
	@touch .venv/ready $@

lint: .venv/ready-for-tests
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports
	@! command -v docker-compose >/dev/null || docker-compose config --quiet

# make fuzz SECONDS=600
fuzz: .venv/ready-for-tests
	$(PYTHON) -m tests.mail.fuzz --seconds $(SECONDS)

# The quick benchmark; the long ones are listed in docs/benchmarks.md.
bench: .venv/ready-for-tests
	$(PYTHON) -m tests.bench.parse ../shared/corpus/mbox/*/*.mbox

lock: .venv/ready
	ops/setup/lock.sh --upgrade

catalogues: .venv/ready
	$(PYTHON) -m web.catalogue

docs: .venv/ready
	.venv/bin/email-parser config --markdown > docs/configuration.md

# Needs Chromium and Redis, as the tests do; takes some minutes.
pictures: setup-tests
	$(PYTHON) -m tests.browser.screenshots

# Only what can be made again: never ./var, which holds mail.
clean:
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
