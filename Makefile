.DEFAULT_GOAL := help
PYTHON ?= python

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: install
install: ## Install for development, with every test dependency
	$(PYTHON) -m pip install -c constraints.txt -e ".[torch,test]"

.PHONY: test
test: ## Run the tests
	$(PYTHON) -m pytest

.PHONY: lint
lint: ## Check format, lint and types
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy

.PHONY: format
format: ## Format and fix what can be fixed
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .

.PHONY: bench
bench: ## Measure every claimed speed side by side with its peer
	$(PYTHON) -m benchmarks

.PHONY: fuzz
fuzz: ## Fuzz the file readers
	$(PYTHON) -m tests.hostile.fuzz build/fuzz -runs=2000000 -seed=1

.PHONY: golden
golden: ## Renew the golden pages of the report; read their diff afterwards
	EVALKIT_RENEW_GOLDEN=1 $(PYTHON) -m pytest -q tests/report/test_golden.py

.PHONY: pictures
pictures: ## Make the pictures of the documentation and the README; needs Chromium
	$(PYTHON) -m scripts.make_screenshots

.PHONY: docs
docs: ## Build the documentation into build/docs, warnings as errors
	$(PYTHON) -m sphinx -W -n --keep-going -q -b html docs build/docs

.PHONY: build
build: ## Build the wheel and the source distribution
	$(PYTHON) -m build
