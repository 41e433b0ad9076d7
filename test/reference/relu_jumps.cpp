#include "reference/relu_jumps.hpp"

#include <cmath>

namespace saddleflow::reference {

namespace {

ReluJump jump_of(const Vector& norms, const Vector& targets, Real sign, Real lambda) {
  using std::log;
  using std::sqrt;
  const auto n = static_cast<Real>(targets.size());
  ReluJump jump;
  Real drive = 0;
  for (Index i = 0; i < targets.size(); ++i) {
    if (sign * targets(i) <= 0) continue;
    drive += targets(i) * targets(i) * norms(i) * norms(i);
    jump.plateau += targets(i) * targets(i) / (2 * n);
  }
  jump.rate = sqrt(drive) / n;
  jump.time = -log(lambda) / jump.rate;
  return jump;
}

}  // namespace

ReluJumps relu_orthogonal_jumps(const Vector& norms, const Vector& targets, Real lambda) {
  return {jump_of(norms, targets, 1, lambda), jump_of(norms, targets, -1, lambda)};
}

}  // namespace saddleflow::reference
