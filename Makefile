# Every target brings what it needs itself: deploy/setup.sh looks first and acts only where something is missing.
# JSON=1 makes `demo` end with one JSON object and `bench` answer in them. ARGS goes to the program behind a target, as
# in make test ARGS="-k lookup".

.DEFAULT_GOAL := help
.PHONY: help demo run test test-nightly test-unit bench interop vectors lint format shell lock upgrade clean \
	distclean setup-runtime setup-tools setup-tests
.NOTPARALLEL:

ARGS ?=
BIN := .venv/bin
# Where the programs are that set-up could only unpack (see deploy/setup.sh); on most machines there is no such file.
WITH_TOOLS := if [ -e .tools/env ]; then . ./.tools/env; fi;
COMPILE := deploy/uv.sh pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-build \
	--no-header --no-annotate --no-emit-index-url $(UPGRADE)

help: ## list the targets
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/make \1\t\2/p' Makefile | expand -t 20

demo: setup-runtime ## sign, number, seal, store, look up and verify one notice; leaves nothing running
	@$(WITH_TOOLS) $(BIN)/kyso demo --home var/demo $(if $(JSON),--json) $(ARGS)

run: setup-runtime ## serve on http://127.0.0.1:8000 with demonstration accounts until Ctrl-C
	@$(WITH_TOOLS) exec $(BIN)/kyso up --demo --home var/run $(ARGS)

test: setup-tests ## the whole suite, against the real parts
	@$(WITH_TOOLS) $(BIN)/pytest -n 2 --dist loadfile $(ARGS)

test-nightly: setup-tests ## the tests of many callers and kills at their full size; about half an hour
	@$(WITH_TOOLS) KYSO_NIGHTLY=1 $(BIN)/pytest -m nightly $(ARGS)

test-unit: setup-tools ## bytes and values only: offline, in seconds
	@$(WITH_TOOLS) $(BIN)/pytest tests/unit $(ARGS)

vectors: setup-tests ## write every test vector with its text to var/vectors, and say which texts have changed
	@$(WITH_TOOLS) $(BIN)/python -m tests.vectors $(ARGS)

bench: setup-tests ## measure the promised figures, each against its peer; ARGS=NAME for one of them
	@$(WITH_TOOLS) $(BIN)/python -m bench $(if $(JSON),--json) $(ARGS)

interop: setup-tests ## what we sign and how we judge beside EU DSS (Java 17, Maven) and a foreign time authority (Go)
	@$(WITH_TOOLS) $(BIN)/python -m tests.interop $(ARGS)

lint: setup-tools ## ruff, mypy strict, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: setup-tools ## let ruff format and mend what it safely can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

shell: setup-runtime ## a Python prompt with the application joined, over a demonstration service
	@$(WITH_TOOLS) $(BIN)/python -m api.commands.shell var/shell

lock: setup-tools ## write requirements/*.txt anew; versions that are there and still allowed stay
	@$(COMPILE) pyproject.toml --group setup --output-file requirements/runtime.txt
	@$(COMPILE) pyproject.toml --group setup --extra test --constraint requirements/runtime.txt \
		--output-file requirements/test.txt
	@$(COMPILE) --group peers --output-file requirements/peers.txt
	@echo uv | $(COMPILE) - --output-file requirements/uv.txt

upgrade: UPGRADE := --upgrade
upgrade: lock ## the same with the newest versions that are allowed

clean: ## remove caches; keep the environment and the data under var/
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
	@find . -path ./.venv -prune -o -path ./.tools -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean ## remove everything that is not in the repository, var/ and its demonstration documents too
	@rm -rf .venv .tools var

setup-runtime:
	@deploy/setup.sh runtime

setup-tools:
	@deploy/setup.sh tools

setup-tests:
	@deploy/setup.sh tests
