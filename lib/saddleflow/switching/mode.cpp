#include <algorithm>
#include <limits>

#include "saddleflow/switching/switched_system.hpp"

namespace saddleflow {

namespace {

void list(std::vector<Index>& ascending, Index k, bool listed) {
  const auto at = std::lower_bound(ascending.begin(), ascending.end(), k);
  const bool is = at != ascending.end() && *at == k;
  if (listed && !is) ascending.insert(at, k);
  if (!listed && is) ascending.erase(at);
}

}  // namespace

void Mode::set(Index k, Side side) {
  sides[static_cast<std::size_t>(k)] = side;
  list(sliding, k, side == Side::sliding);
  list(trapped, k, false);
}

void Mode::trap(Index k) {
  set(k, Side::sliding);
  list(trapped, k, true);
}

bool Mode::is_trapped(Index k) const { return std::binary_search(trapped.begin(), trapped.end(), k); }

Real SwitchedSystem::margin(const Vector& x) {
  if (mode().sliding.empty()) return std::numeric_limits<Real>::infinity();
  Vector s;
  slopes(x, s);
  return std::min(s.minCoeff() - low(), high() - s.maxCoeff()) / (high() - low());
}

std::vector<Index> SwitchedSystem::leaving(const Vector& x, Real margin) {
  std::vector<Index> list;
  Vector s;
  slopes(x, s);
  for (std::size_t c = 0; c < mode().sliding.size(); ++c) {
    const Real slope = s[static_cast<Index>(c)];
    if (std::min(slope - low(), high() - slope) <= margin * (high() - low()))
      list.push_back(mode().sliding[c]);
  }
  return list;
}

}  // namespace saddleflow
