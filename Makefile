# The two commands that matter: `make run` and `make test`. CONTRIBUTING.md explains the others.

CARGO ?= cargo
PEERS := target/peers
REGAIN := target/release/regain

.PHONY: build run test lint bench peers

# The release binary. jemalloc returns memory to the system and is built for releases only.
build:
	$(CARGO) build --release --locked --package regain --features jemalloc

# Watches this host: scrapes, keeps, answers on http://127.0.0.1:9090, data in ./data.
run: build
	$(REGAIN) up

test: peers
	$(CARGO) test --locked --workspace
	$(CARGO) xtask tidy

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings

# Compares with $$PROMETHEUS and $$VICTORIAMETRICS, or with Debian's packages of them.
bench: build peers
	$(CARGO) build --release --locked --package regain-bench
	target/release/regain-bench all

# Debian's servers, unpacked beside the build and never installed: installing may start daemons.
peers:
	@tests/fetch-peers.sh $(PEERS)
