# The two commands that matter: `make run` and `make test`. CONTRIBUTING.md explains the others.

CARGO ?= cargo
PEERS := target/peers
# What Debian's Prometheus needs to serve its own pages.
PEER_PAGES := fonts-glyphicons-halflings $(addprefix libjs-,bootstrap4 d3 eonasdan-bootstrap-datetimepicker jquery jquery-hotkeys moment moment-timezone mustache popper.js rickshaw)
REGAIN := target/release/regain
# 1 where there is a Node that can build the pages.
NODE := $(shell command -v npm >/dev/null && node -p 'const [a, b] = process.versions.node.split("."); +(a > 20 || (a == 20 && b >= 19))' 2>/dev/null)
UI_SOURCES := $(shell find ui/src ui/build ui/public -type f -not -name '*.test.*') ui/index.html ui/vite.config.ts

.PHONY: build run demo test lint bench bench-promql bench-tsdb bench-ui peers ui ui-test ui-lint

# The release binary. jemalloc returns memory to the system and is built for releases only.
build: ui
	$(CARGO) build --release --locked --package regain --features jemalloc

# Watches this host: scrapes, keeps, answers on http://127.0.0.1:9090, data in ./data.
run: build
	$(REGAIN) up

test: peers oracle ui ui-test
	$(CARGO) test --locked --workspace
	$(CARGO) xtask tidy

lint: ui-lint
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings

# The talk of 2017 before your eyes: a service of a real systemd dies and is healed, by systemd and by a Jenkins.
demo: build
	$(CARGO) build --release --locked --package regain-demo
	target/release/regain-demo

# Compares with $$PROMETHEUS and $$VICTORIAMETRICS, or with Debian's packages of them.
bench: build peers
	$(CARGO) build --release --locked --package regain-bench
	target/release/regain-bench all

# Collecting and keeping beside the same peers; SMALL=1 for a run that only shows that it works. See bench/README.md.
bench-tsdb: build peers
	$(CARGO) build --release --locked --package regain-bench
	target/release/regain-bench tsdb

# Queries on the same data beside the same peers: 50,000 series over six hours, and a million with a few samples each.
bench-promql: build peers
	$(CARGO) build --release --locked --package regain-bench
	target/release/regain-bench promql

# Debian's servers, unpacked beside the build and never installed: installing may start daemons.
peers:
	@tests/fetch-peers.sh $(PEERS)

# Prometheus' own engine behind a pipe, which judges ours; see tests/oracle/README.md.
oracle:
	@tests/build-oracle.sh target/oracle/oracle

# The web pages, which `build` puts into the program. Without Node it is built all the same, and serves a page that says what is missing.
ifeq ($(NODE),1)
ui: ui/dist/index.html

# The tests in a browser need a Chromium, from $$CHROMIUM or the PATH; without one they say that they skipped.
ui-test: ui
	cd ui && npm run --silent test && npm run --silent test:browser

ui-lint: ui
	cd ui && npm run --silent check && npm run --silent budget

# What the pages weigh and how long they take in a Chromium, beside the pages of Debian's Prometheus.
bench-ui: ui peers
	@tests/fetch-peers.sh $(PEERS) $(PEER_PAGES)
	cd ui && npm run --silent bench
else
ui ui-test ui-lint bench-ui:
	@echo "SKIPPED: $@: no npm with Node 20.19 or newer here, so the web pages are neither built, tested nor measured"
endif

ui/dist/index.html: ui/node_modules/.package-lock.json $(UI_SOURCES)
	cd ui && npm run --silent build

ui/node_modules/.package-lock.json: ui/package-lock.json
	cd ui && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@
