#include <algorithm>
#include <limits>

#include "saddleflow/switching/switched_system.hpp"

namespace saddleflow {

void Mode::set(Index k, Side side) {
  sides[static_cast<std::size_t>(k)] = side;
  const auto at = std::lower_bound(sliding.begin(), sliding.end(), k);
  const bool listed = at != sliding.end() && *at == k;
  if (side == Side::sliding && !listed) sliding.insert(at, k);
  if (side != Side::sliding && listed) sliding.erase(at);
}

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
