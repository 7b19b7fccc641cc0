# Needs Python 3.11 or newer with venv, and make. Everything else comes from PyPI (or the mirror that pip is set to).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WORKERS ?= 2

.PHONY: run test test-faults check docs bench stop test-browser test-peers requirements clean

run: $(STAMP)
	@$(BIN)/gateway run --demo

test: $(STAMP)
	@tests/machine
	@$(BIN)/pytest -n $(WORKERS) $(ARGS) || { echo "make test: FAILED" >&2; exit 1; }

# Every fault in its long form, and the table of docs/survival.md.
test-faults: $(STAMP)
	@tests/machine
	@FULL_FAULTS=1 $(BIN)/pytest -n $(WORKERS) -m faults $(ARGS) || { echo "make test-faults: FAILED" >&2; exit 1; }
	$(BIN)/python docs/make.py

check: $(STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	@tests/machine
	$(BIN)/pytest -n $(WORKERS) $(ARGS)

docs: $(STAMP)
	$(BIN)/python docs/make.py

# One of them: make bench ARGS=growth. A whole run makes docs/performance.md anew.
bench: $(STAMP)
	@$(BIN)/python bench/run.py $(ARGS); status=$$?; $(BIN)/python docs/make.py; exit $$status

stop: $(STAMP)
	@$(BIN)/gateway stop

test-browser: $(STAMP)
	@tests/machine
	$(BIN)/pytest tests/browser $(ARGS)

test-peers: $(STAMP)
	bash tests/peers/run

# After a change of pyproject.toml: uv writes the lock, and both requirement files come from it.
requirements:
	$(BIN)/uv lock
	$(BIN)/uv export -q --frozen --no-dev --no-emit-project -o requirements.txt
	$(BIN)/uv export -q --frozen --all-extras --all-groups --no-emit-project -o requirements-dev.txt

# pip, not uv: offices sit behind pip mirrors. Hashes hold whatever mirror answers.
$(STAMP): requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
