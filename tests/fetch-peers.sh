#!/usr/bin/env bash
# Unpacks Debian's packages of the programs Regain is compared with into the directory $1.
# They are never installed: their scripts may start daemons on a user's ports.
# Where a package cannot be had, the tests that need it say that they skipped.
set -uo pipefail
into=$1
packages="prometheus prometheus-node-exporter victoria-metrics"
mkdir -p "$into"
if ! command -v apt-get >/dev/null || ! command -v dpkg >/dev/null; then
  echo "peers: no apt-get here; tests beside real peers will be skipped unless \$PROMETHEUS and \$NODE_EXPORTER name them"
  exit 0
fi
for package in $packages; do
  [ -e "$into/.$package" ] && continue
  work=$(mktemp -d)
  fetch() { (cd "$work" && apt-get download -q "$package" >/dev/null 2>"$work/why"); }
  if { fetch || { apt-get update -q >/dev/null 2>&1 && fetch; }; } && dpkg -x "$work"/*.deb "$into"; then
    touch "$into/.$package"
    echo "peers: unpacked $package"
  else
    echo "peers: $package is not to be had ($(head -1 "$work/why")); its tests will be skipped"
  fi
  rm -rf "$work"
done
