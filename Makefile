# Every task of this project. `make` alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo run test interop sim fuzz lint fmt bench bench-micro screenshots clients browser tools clean

CLIENTS := target/clients
TOOLS := target/tools
DENY_VERSION := 0.20.2

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## The whole of Beckon on sample data, with a local receiver
	cargo run --release -- demo

run: ## A server on 127.0.0.1:8420, data in ./beckon-data
	cargo run --release -- serve

test: clients browser ## Install what the tests need, then run all of them
	cargo test --workspace --locked
	cargo run --quiet --locked -- demo --once

sim: ## Simulate the delivery engine with random seeds for SIM_SECONDS (300)
	BECKON_SIM_SECONDS=$${SIM_SECONDS:-300} cargo test --locked -p beckon-delivery sim::tests::open_ended -- --nocapture

fuzz: ## Fuzz what reads strangers' bytes, FUZZ_SECONDS (10) a target
	scripts/fuzz

lint: tools ## Formatting, clippy, licences and advisories
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- --deny warnings
	$(TOOLS)/bin/cargo-deny --locked check bans licenses sources
	scripts/check-advisories $(TOOLS)/bin/cargo-deny

fmt: ## Format the code
	cargo fmt --all

bench: ## Measure everything, or CASES="throughput idle", beside the limit of the machine
	scripts/install-strace
	cargo build --release --locked -p beckon -p beckon-bench
	target/release/beckon-bench $(CASES)

bench-micro: ## Measure the hot paths one by one: sign, route, qualify, read a batch
	cargo bench --locked -p beckon-bench --bench hot_paths

interop: clients ## The client libraries of others, driven against a running Beckon (part of make test)
	cargo test --locked -p beckon --test stories -- interop::

screenshots: clients browser ## A picture of every page, in docs/screenshots
	rm -f docs/screenshots/*.png
	cargo test --locked -p beckon --test stories -- --ignored --exact pages::pictures::every_page_has_its_picture
	scripts/shrink-pictures docs/screenshots

clients: ## The webhook verifiers, client libraries, API tester and axe-core of others (PyPI, npm)
	scripts/install-clients $(CLIENTS)

browser: ## The browser that looks at the pages in tests: Debian's chromium and its driver
	scripts/install-browser

tools: ## The tools that `make lint` needs
	@test -x $(TOOLS)/bin/cargo-deny || cargo install --locked --root $(TOOLS) --version $(DENY_VERSION) cargo-deny

clean: ## Remove everything that was built
	cargo clean
