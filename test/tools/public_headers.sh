#!/usr/bin/env bash
# public_headers.sh LIB_DIR: each header that saddleflow.hpp includes, and the Odeint adaptors, compiled alone. By
# hand: some minutes.
set -euo pipefail
lib=$1
failed=0
for header in $(sed -n 's/^#include "\(saddleflow.*\)"/\1/p' "$lib/saddleflow/saddleflow.hpp") saddleflow/ode/stepper/odeint_adaptors.hpp; do
  if echo "#include \"$header\"" | "${CXX:-c++}" -std=c++20 -fsyntax-only -Wall -Wextra -I"$lib" -isystem /usr/include/eigen3 -x c++ -; then
    echo "$header: alone"
  else
    failed=1
  fi
done
exit $failed
