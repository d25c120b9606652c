#!/usr/bin/env bash
# Builds the referee of the differential tests, tests/oracle, into the file $1, which is left alone where it is newer than its sources.
# Where there is no Go 1.26, or its modules are not to be had, the tests that need it say that they skipped.
set -euo pipefail
into=${1:?usage: build-oracle.sh FILE}
case $into in /*) ;; *) into=$PWD/$into ;; esac
cd "$(dirname "$0")/oracle"

[ -e "$into" ] && [ -z "$(find . -newer "$into" -type f -not -name '*.md')" ] && exit 0

skip() {
  echo "SKIPPED: oracle: $1; nothing is compared with Prometheus' own engine unless \$ORACLE names a referee" >&2
  exit 0
}
command -v go >/dev/null || skip "no Go here"
version=$(GOTOOLCHAIN=local go env GOVERSION)
printf 'go1.26\n%s\n' "$version" | sort --version-sort --check=quiet || skip "$version is older than Go 1.26"
why=$(go list -mod=readonly -deps . 2>&1 >/dev/null) || skip "its modules are not to be had: ${why##*$'\n'}"

mkdir -p "$(dirname "$into")"
go build -buildvcs=false -mod=readonly -o "$into" .
echo "oracle: built $into"
