#include <algorithm>
#include <limits>

#include "saddleflow/ode/switching/switched_system.hpp"

namespace saddleflow {

namespace {

void add_to(std::vector<Index>& ascending, Index k) {
  const auto at = std::lower_bound(ascending.begin(), ascending.end(), k);
  if (at == ascending.end() || *at != k) ascending.insert(at, k);
}

void remove_from(std::vector<Index>& ascending, Index k) {
  const auto at = std::lower_bound(ascending.begin(), ascending.end(), k);
  if (at != ascending.end() && *at == k) ascending.erase(at);
}

}  // namespace

void Mode::set(Index k, Side side) {
  sides[static_cast<std::size_t>(k)] = side;
  if (side == Side::sliding)
    add_to(sliding, k);
  else
    remove_from(sliding, k);
  remove_from(trapped, k);
}

void Mode::trap(Index k) {
  set(k, Side::sliding);
  add_to(trapped, k);
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
