# `make demo` runs the platform with a simulated ward; `make test` runs every check. Nothing but Rust, Node 20, make and a C
# compiler has to be there.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Passed on to the program: make demo ARGS="--for 60s"
ARGS ?=

DENY_VERSION := 0.20.2
TOOLS := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/vigil-tools
DENY := $(or $(shell command -v cargo-deny),$(TOOLS)/bin/cargo-deny)

.PHONY: help
help: ## Says what there is.
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

.PHONY: demo
demo: web ## Runs server and simulated ward until Ctrl-C.
	VIGIL_WEB=built cargo run --locked --release --quiet -- demo $(ARGS)

WEB_SOURCES := $(shell find web/src web/public -type f) $(addprefix web/,index.html vite.config.ts tsconfig.json scripts/gate.mjs)
WEB_PACKAGES := web/node_modules/.package-lock.json

$(WEB_PACKAGES): web/package-lock.json
	cd web && npm ci --no-audit --no-fund --loglevel=error

web/dist/index.html: $(WEB_PACKAGES) $(WEB_SOURCES)
	cd web && npm run --silent build

.PHONY: web
web: web/dist/index.html ## Builds the dashboard into web/dist, and holds it to its bounds.

.PHONY: webtest
webtest: web ## Checks the dashboard, also in Chromium over the real platform.
	cargo build --locked
	cd web && npm run --silent check && npm run --silent unit && npm run --silent browser

.PHONY: bench
bench: ## Measures, in turn with the bare pipeline.
	cargo bench --locked --bench pipeline -- $(ARGS)

.PHONY: fmt
fmt: ## Formats the code.
	cargo fmt

.PHONY: lint
lint: $(DENY) ## Formatting, clippy, licences and sources of dependencies.
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	$(DENY) --log-level error check bans licenses sources

.PHONY: test
test: lint webtest ## Every check and every test.
	cargo test --locked

$(TOOLS)/bin/cargo-deny:
	@echo "cargo-deny is not installed: building it once, into $(TOOLS)"
	cargo install cargo-deny --version $(DENY_VERSION) --locked --quiet --root $(TOOLS)
