#include "saddleflow/ode/stepper/stiff_modes.hpp"

#include <fmt/format.h>

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <limits>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/memory.hpp"
#include "saddleflow/ode/stepper/spectral.hpp"
#include "saddleflow/ode/stepper/stepper.hpp"

namespace saddleflow {
namespace {

// What is left out of the space moves by this part of itself in a step: the iteration then gains more than a
// digit each time. From 0.02 to 0.2 the work of five studies differs by 5 %.
constexpr Real kLeftOut = Real(0.05);
// So many coefficients below that on end: one alone may be small by chance.
constexpr int kSmallOnEnd = 2;
// What is left of a product beside the space is nothing but rounding below this part of it. In a long step
// more than that is much: h times it may be large.
constexpr Real kNothingLeft = 4 * std::numeric_limits<Real>::epsilon();
// A mode that a step moves by less than this needs no equation of its own.
constexpr Real kLeastMode = Real(0.02);
// Vectors of a space: with the stages some 200 vectors at most.
constexpr Index kMostModes = 120;
// Along negative curvature an approximate inverse must not blow up.
constexpr Real kLeastDivisor = Real(0.5);

bool in_level(const std::vector<int>& levels, Index i, int level) {
  return levels.empty() || levels[static_cast<std::size_t>(i)] == level;
}

/// Something of every mode, on the scale of the weights, where they are not all zero; of length 1. False: the
/// level has no components.
bool find_start(const Vector& size, const std::vector<int>& levels, int level, Vector& direction) {
  for (const bool sized : {true, false}) {
    for (Index i = 0; i < size.size(); ++i)
      direction[i] = in_level(levels, i, level) ? (sized ? size[i] : Real(1)) * fixed_noise(i) : Real(0);
    const Real length = direction.stableNorm();
    if (!(length > 0)) continue;
    direction /= length;
    return true;
  }
  return false;
}

}  // namespace

void StiffModes::forget() {
  known_ = false;
  values_.resize(0);
  vectors_.resize(0, 0);
}

void StiffModes::find(const System& system, const Vector& x, const Vector& size, Real t, Real h,
                      const std::vector<int>& levels) {
  const Index n = size.size();
  const int last = levels.empty() ? 0 : *std::max_element(levels.begin(), levels.end());
  values_.resize(0);
  vectors_.resize(n, 0);
  Vector direction(n);
  for (int level = 0; level <= last; ++level) {
    if (!find_start(size, levels, level, direction)) continue;
    const Index found = find_level(system, x, t, h, direction, levels, level);
    const SymmetricEigen ritz = tridiagonal_eigen(diagonal_.head(found), beside_.head(found - 1));
    const Index before = values_.size();
    values_.conservativeResize(before + found);
    values_.tail(found) = ritz.values;
    vectors_.conservativeResize(n, before + found);
    vectors_.rightCols(found).noalias() = basis_.leftCols(found) * ritz.vectors;
  }
  known_ = true;
}

// Of the block of one level; returns the vectors in basis_.
Index StiffModes::find_level(const System& system, const Vector& x, Real t, Real h, Vector& direction,
                             const std::vector<int>& levels, int level) {
  const Index n = direction.size(), most = std::min(n, kMostModes);
  basis_.resize(n, most);
  diagonal_.resize(most);
  beside_.resize(most);
  product_.resize(n);
  int small = 0;
  for (Index m = 0; m < most; ++m) {
    basis_.col(m) = direction;
    system.hessian_vector(x, direction, product_, t);
    if (!product_.allFinite())
      throw StepFailure(Stop::nonfinite, "radau7: a Hessian-vector product is not finite");
    for (Index i = 0; i < n; ++i)
      if (!in_level(levels, i, level)) product_[i] = 0;
    diagonal_[m] = direction.dot(product_);
    const Real whole = product_.stableNorm();
    // Twice is enough (Parlett, The Symmetric Eigenvalue Problem, section 6.9).
    for (int pass = 0; pass < 2; ++pass) {
      overlaps_.noalias() = basis_.leftCols(m + 1).transpose() * product_;
      product_.noalias() -= basis_.leftCols(m + 1) * overlaps_;
    }
    const Real rest = product_.stableNorm();
    beside_[m] = rest;
    small = h * rest < kLeftOut ? small + 1 : 0;
    if (small >= kSmallOnEnd || !(rest > kNothingLeft * whole)) return m + 1;
    direction = product_ / rest;
  }
  return most;
}

void StiffModes::prepare(Real h, const Matrix& a) {
  h_ = h;
  std::vector<Index> chosen;
  for (Index k = 0; k < values_.size(); ++k)
    if (std::abs(h * values_[k]) > kLeastMode) chosen.push_back(k);
  const auto count = static_cast<Index>(chosen.size());
  chosen_values_.resize(count);
  chosen_.resize(vectors_.rows(), count);
  inverses_.resize(chosen.size());
  const Matrix one = Matrix::Identity(a.rows(), a.cols());
  for (Index k = 0; k < count; ++k) {
    const Index from = chosen[static_cast<std::size_t>(k)];
    chosen_values_[k] = values_[from];
    chosen_.col(k) = vectors_.col(from);
    inverses_[static_cast<std::size_t>(k)] = (one + h * values_[from] * a).inverse() - one;
  }
}

void StiffModes::solve(Matrix& r) {
  if (chosen_values_.size() == 0) return;
  auto lead = r.topRows(chosen_.rows());
  coefficients_.noalias() = lead.transpose() * chosen_;  // a column a mode
  for (Index k = 0; k < coefficients_.cols(); ++k)
    coefficients_.col(k) = inverses_[static_cast<std::size_t>(k)] * coefficients_.col(k).eval();
  lead.noalias() += chosen_ * coefficients_.transpose();
}

void StiffModes::smooth(Real gamma, Vector& v) {
  if (chosen_values_.size() == 0) return;
  auto lead = v.head(chosen_.rows());
  overlaps_.noalias() = chosen_.transpose() * lead;
  for (Index k = 0; k < overlaps_.size(); ++k)
    overlaps_[k] *= 1 / std::max(kLeastDivisor, 1 + h_ * gamma * chosen_values_[k]) - 1;
  lead.noalias() += chosen_ * overlaps_;
}

void StiffModes::save(MemoryWriter& memory) const {
  memory.add(known_);
  memory.add(values_);
  memory.add(Vector(vectors_.reshaped()));
}

void StiffModes::load(MemoryReader& memory, Index n) {
  known_ = memory.boolean();
  values_ = memory.vector();
  const Vector all = memory.vector();
  const Index count = values_.size();
  if (all.size() != n * count)
    throw InputError(fmt::format("stepper memory: found {} numbers of {} modes, expected {} of each",
                                 all.size(), count, n));
  vectors_ = all.reshaped(n, count);
}

}  // namespace saddleflow
