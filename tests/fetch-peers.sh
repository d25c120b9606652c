#!/usr/bin/env bash
# Unpacks Debian's packages of the programs Regain is compared with into the directory $1: all of them, or those that are named.
# They are never installed: their scripts may start daemons on a user's ports.
# Where a package cannot be had, the tests that need it say that they skipped.
set -uo pipefail
into=${1:?usage: fetch-peers.sh DIRECTORY [PACKAGE…]}
shift
packages="${*:-prometheus prometheus-alertmanager prometheus-node-exporter victoria-metrics}"
mkdir -p "$into"

wanted=()
for package in $packages; do
  [ -e "$into/.$package" ] || wanted+=("$package")
done
[ ${#wanted[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null || ! command -v dpkg >/dev/null; then
  echo "peers: no apt-get here; tests beside real programs are skipped unless \$PROMETHEUS, \$ALERTMANAGER, \$NODE_EXPORTER and \$VICTORIAMETRICS name them"
  exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
download() { (cd "$work" && apt-get download -q "$1" >/dev/null 2>"$work/why"); }
# The package lists of a fresh container are empty; one update a run is enough to know.
update() { [ -e "$work/updated" ] || { touch "$work/updated"; apt-get update -q >/dev/null 2>&1; }; }

for package in "${wanted[@]}"; do
  rm -f "$work"/*.deb
  if { download "$package" || { update && download "$package"; }; } && dpkg -x "$work"/*.deb "$into"; then
    touch "$into/.$package"
    echo "peers: unpacked $package"
  else
    echo "peers: $package is not to be had, its tests are skipped: $(grep -m1 '^E:' "$work/why")"
  fi
done
