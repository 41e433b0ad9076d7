#!/usr/bin/env bash
# consumer_test.sh CMAKE BUILD_DIR CONSUMER_DIR: installs the built project, configures, builds and runs a consumer.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$1" --install "$2" --prefix "$work/prefix" >/dev/null
"$1" -S "$3" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_BUILD_TYPE=Release >"$work/log" 2>&1 ||
  { cat "$work/log"; exit 1; }
"$1" --build "$work/build" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
"$work/build/consumer"
"$work/prefix/bin/sf-flow" --version
