# The words everybody uses; CI uses the same.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check docs bench bench-scale prove lighthouse clean
.DELETE_ON_ERROR:

demo: .venv/ready documents assets  ## the demonstration area on this machine
	@exec $(BIN)/ecm demo

test: .venv/ready-dev browser assets  ## the whole suite
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: .venv/ready-dev  ## format, lint, types, floors
	$(BIN)/ruff format --check ecm tests
	$(BIN)/ruff check ecm tests
	$(BIN)/mypy ecm
	$(BIN)/lint-imports

docs: .venv/ready-dev  ## the pages made from the code
	$(BIN)/python -m tests.house.write_docs
	PICCOLO_CONF=ecm.piccolo_conf $(BIN)/python -m tests.house.write_catalogue

bench: .venv/ready-dev documents assets  ## ratios to a bare floor
	$(BIN)/python -m tests.bench

bench-scale: .venv/ready-dev documents assets  ## the same work among 10,000 and 100,000 cases; CASES="..." for others
	$(BIN)/python -m tests.bench.scale $(CASES)

prove: test  ## the long proofs
	ECM_LONG=1 $(BIN)/python -m pytest -n 2 -rP --show-capture=stdout tests/access/test_model.py tests/access/test_races.py
	ECM_LONG=1 $(BIN)/python -m pytest tests/access tests/audit tests/plans/test_pdf.py tests/house/test_noninterference.py \
		--ignore=tests/access/test_model.py --ignore=tests/access/test_races.py

lighthouse: .venv/ready-dev documents browser assets  ## what Lighthouse says of the ten main pages
	@$(BIN)/python -m tests.lighthouse

clean:  ## everything made here, the demonstration's data too
	rm -rf .venv static node_modules tests/lighthouse/node_modules .ecm-data .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "ecm needs Python 3.11 or newer: try make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv

.venv/ready: requirements.lock pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

.venv/ready-dev: requirements-dev.lock pyproject.toml | .venv/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

# Quick when there is nothing to do: npm runs only when its lock has changed.
.PHONY: assets documents browser
assets: .venv/ready
	@$(BIN)/python -m ecm.web.assets
documents: .venv/ready
	@$(BIN)/python -m ecm.system documents
browser: .venv/ready
	@$(BIN)/python -m ecm.system tests
