// From the library's numbers to those of a file.
#pragma once

#include <vector>

#include "saddleflow/base/real.hpp"

namespace saddleflow {

inline std::vector<double> to_doubles(const Vector& v) {
  std::vector<double> out(static_cast<std::size_t>(v.size()));
  for (Index i = 0; i < v.size(); ++i) out[static_cast<std::size_t>(i)] = static_cast<double>(v[i]);
  return out;
}

}  // namespace saddleflow
