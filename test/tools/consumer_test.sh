#!/usr/bin/env bash
# consumer_test.sh CMAKE BUILD_DIR LIB_DIR: installs the built project, looks at what headers are there, and
# configures, builds and runs LIB_DIR/examples against them, as another project would.
set -euo pipefail
cmake=$1 build=$2 lib=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$cmake" --install "$build" --prefix "$work/prefix" >/dev/null

"$cmake" -D SADDLEFLOW_FOLDER="$lib" -P "$lib/cmake/public_headers.cmake" | sed '/^$/d' | LC_ALL=C sort >"$work/public"
(cd "$work/prefix/include" && find . -type f | sed 's|^\./||' | LC_ALL=C sort) >"$work/installed"
diff "$work/public" "$work/installed" || { echo "installed headers (>) are not the public ones (<)"; exit 1; }
if grep -rlE '#\s*include\s*<(hdf5|H5|toml|nlohmann|fmt)' "$work/prefix/include"; then
  echo "a public header includes what users of the library need not have"
  exit 1
fi
echo "$(wc -l <"$work/public") public headers, $(grep -c '#include "saddleflow' "$lib/saddleflow/saddleflow.hpp") of them in saddleflow.hpp"

run() { "$@" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }; }
# -O1: half of the compile time, and the numbers come from the library.
run "$cmake" -S "$lib/examples" -B "$work/examples" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_CXX_FLAGS=-O1
TIMEFORMAT='compiled in %U s'
time run "$cmake" --build "$work/examples"
for source in "$lib"/examples/*.cpp; do
  name=$(basename "$source" .cpp)
  echo "--- $name"
  "$work/examples/$name"
done
# The program that the README shows.
sed -n '/^```cpp$/,/^```$/p' "$lib/../README.md" | sed '/^```/d' >"$work/readme.cpp"
grep -q '#include <saddleflow/saddleflow.hpp>' "$work/readme.cpp"
run "${CXX:-c++}" -std=c++20 -Wall -Wextra -fsyntax-only -isystem "$work/prefix/include" -isystem /usr/include/eigen3 "$work/readme.cpp"
# The Python package, where it was built.
site="$work/prefix/lib/python3/dist-packages"
[ ! -d "$site" ] || LD_PRELOAD="${SADDLEFLOW_PRELOAD:-}" ASAN_OPTIONS=detect_leaks=0 PYTHONPATH="$site" /usr/bin/python3 -c 'import saddleflow; print("Python package", saddleflow.__version__)'
"$work/prefix/bin/sf-flow" --version
