# One-word verbs; `make` lists them. Everything is set up on first use: only python3 (3.11+) and node (20+) must be there.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
NODE_PART := .azurite/node_modules/azurite/package.json
ARGS ?=

help: ## list the verbs
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

setup: .venv/ready $(NODE_PART) ## virtual environment, pinned packages, Azurite

.venv/ready: requirements.txt requirements-dev.txt local/pick-python.sh
	@python=$$(bash local/pick-python.sh) && { $(PYTHON) -c '' 2>/dev/null || { echo "setting up with $$python" && $$python -m venv --clear .venv; }; }
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.txt
	@touch $@

$(NODE_PART): package.json package-lock.json local/check-node.sh
	@bash local/check-node.sh
	@mkdir -p .azurite && cp package.json package-lock.json .npmrc .azurite/ && npm ci --prefix .azurite --ignore-scripts --no-audit --no-fund --silent
	@touch $@

demo: setup ## one scan of the sample clinic, then serve its report, package and API (ARGS=--once stops after the scan)
	@$(PYTHON) -m local demo $(ARGS)

test: setup lint types ## everything: lint, types, generated pages, all tests on real Azurite and in Chromium
	@bash local/get-chromium.sh
	@$(PYTHON) -m scanners.catalogue --check
	@$(PYTHON) -m pytest -n auto --maxprocesses 4 --dist loadfile $(ARGS)

lint: setup ## ruff: style and layout
	@.venv/bin/ruff check . && .venv/bin/ruff format --check .

types: setup ## mypy, strict
	@.venv/bin/mypy

docs: setup ## write docs/CONTROLS.md and the permission list from the catalogue
	@$(PYTHON) -m scanners.catalogue

bench: setup ## the figures of the README's table
	@$(PYTHON) -m benchmarks $(ARGS)

package: setup ## the zip for Azure: Linux x86_64, Python 3.13, checked by importing the app from it
	@$(PYTHON) -m local.package $(ARGS)

dependencies: setup ## only the packages of the zip, into .python_packages (azd calls this)
	@$(PYTHON) -m local.package --dependencies

sbom: setup ## what the zip is made of, as CycloneDX (after `make package`)
	@$(PYTHON) -m local.sbom $(ARGS)

checkov: setup .checkov/ready ## Bicep against checkov's Azure checks; each finding that stands is explained in infra/checkov.yaml
	@$(PYTHON) -m infra.check_bicep .checkov/bin/checkov

# checkov pins packages that contradict ours, so it lives in an environment of its own.
.checkov/ready: infra/checkov-requirements.txt
	@$(PYTHON) -m venv --clear .checkov
	@.checkov/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r infra/checkov-requirements.txt
	@touch $@

lock: ## requirements*.in -> requirements*.txt with hashes (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url -q requirements.in -o requirements.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url -q requirements.in requirements-dev.in -o requirements-dev.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url -q infra/checkov-requirements.in -o infra/checkov-requirements.txt

clean: ## remove what set-up and runs made (not evidence kept elsewhere with --data)
	rm -rf .venv .azurite .checkov .python_packages dist .demo .mypy_cache .ruff_cache .pytest_cache

.PHONY: help setup demo test lint types docs bench package dependencies sbom checkov lock clean
