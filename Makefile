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

.PHONY: golden
golden: ## Renew the golden pages after a change of the report that was looked at
	EVALKIT_RENEW_GOLDEN=1 $(PYTHON) -m pytest tests/report -k golden

.PHONY: build
build: ## Build the wheel and the source distribution
	$(PYTHON) -m build
