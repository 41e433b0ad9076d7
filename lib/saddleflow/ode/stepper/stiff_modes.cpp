#include "saddleflow/ode/stepper/stiff_modes.hpp"

#include <fmt/format.h>

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

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
// Below this part of the largest eigenvalue one is rounding, and no mode: a product is rounded to some
// epsilons, as slopes are.
constexpr Real kNoMode = 32 * std::numeric_limits<Real>::epsilon();
// Vectors of a space: 32 MB of them, and no fewer than 40 of large problems. That is what rodas5p-cg keeps.
constexpr Index kMostModes = 120, kModesAtLeast = 40, kNumbersOfModes = Index{1} << 22;
// Rows that are made modes at once: that needs no second matrix.
constexpr Index kRowsAtOnce = 256;
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
  blocks_.clear();
  levels_.clear();
}

void StiffModes::find(const System& system, const Vector& x, const Vector& size, Real t, Real h,
                      const std::vector<int>& levels) {
  const Index n = size.size();
  const int last = levels.empty() ? 0 : *std::max_element(levels.begin(), levels.end());
  forget();
  levels_ = levels;
  products_ = 0;
  Vector direction(n);
  for (int level = 0; level <= last; ++level)
    if (find_start(size, levels, level, direction)) keep_level(find_level(system, x, t, h, direction, level));
  known_ = true;
}

// The Ritz pairs of so many vectors in basis_, which they replace.
void StiffModes::keep_level(Index found) {
  const SymmetricEigen ritz = tridiagonal_eigen(diagonal_.head(found), beside_.head(found - 1));
  std::vector<Index> order(static_cast<std::size_t>(found));
  std::iota(order.begin(), order.end(), Index{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](Index i, Index j) { return std::abs(ritz.values[i]) > std::abs(ritz.values[j]); });
  const Real least = kNoMode * std::abs(ritz.values[order.front()]);
  while (!order.empty() && !(std::abs(ritz.values[order.back()]) > least)) order.pop_back();
  Block block;
  block.from = values_.size();
  block.size = static_cast<Index>(order.size());
  Matrix kept(found, block.size);
  values_.conservativeResize(block.from + block.size);
  for (Index k = 0; k < block.size; ++k) {
    const Index from = order[static_cast<std::size_t>(k)];
    kept.col(k) = ritz.vectors.col(from);
    values_[block.from + k] = ritz.values[from];
  }
  const Index n = basis_.rows();
  Matrix rows;
  for (Index row = 0; row < n; row += kRowsAtOnce) {
    const Index count = std::min(kRowsAtOnce, n - row);
    rows.noalias() = basis_.block(row, 0, count, found) * kept;
    basis_.block(row, 0, count, block.size) = rows;
  }
  basis_.conservativeResize(n, block.size);
  if (block.from == 0) {
    vectors_.swap(basis_);
  } else {
    vectors_.conservativeResize(n, block.from + block.size);
    vectors_.rightCols(block.size) = basis_;
  }
  basis_.resize(0, 0);
  blocks_.push_back(block);
}

// Of the block of one level; returns the vectors in basis_.
Index StiffModes::find_level(const System& system, const Vector& x, Real t, Real h, Vector& direction,
                             int level) {
  const Index n = direction.size();
  const Index most = std::min(n, std::clamp(kNumbersOfModes / n, kModesAtLeast, kMostModes));
  basis_.resize(n, most);
  diagonal_.resize(most);
  beside_.resize(most);
  product_.resize(n);
  int small = 0;
  for (Index m = 0; m < most; ++m) {
    basis_.col(m) = direction;
    system.hessian_vector(x, direction, product_, t);
    ++products_;
    if (!product_.allFinite())
      throw StepFailure(Stop::nonfinite, "radau7: a Hessian-vector product is not finite");
    for (Index i = 0; i < n; ++i)
      if (!in_level(levels_, i, level)) product_[i] = 0;
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
  shifted_ = values_;
  by_stage_ = values_.replicate(1, a.cols());
  choose(a);
}

void StiffModes::prepare(Real h, const Matrix& a, const Vector& extra, const Matrix& scale) {
  h_ = h;
  const Matrix squares = vectors_.cwiseAbs2();
  shifted_ = values_ + squares.transpose() * extra;
  by_stage_ = squares.transpose() * scale;
  by_stage_ = shifted_.asDiagonal() * by_stage_;
  choose(a);
}

// The modes that matter, and their small matrices.
void StiffModes::choose(const Matrix& a) {
  inverses_.clear();
  const Matrix one = Matrix::Identity(a.rows(), a.cols());
  for (Block& block : blocks_) {
    block.chosen = 0;
    for (Index k = block.from; k < block.from + block.size && std::abs(h_ * values_[k]) > kLeastMode; ++k) {
      inverses_.push_back((one + h_ * a * by_stage_.row(k).asDiagonal()).inverse() - one);
      ++block.chosen;
    }
  }
}

void StiffModes::solve(Matrix& r) {
  auto inverse = inverses_.begin();
  for (const Block& block : blocks_) {
    if (block.chosen == 0) continue;
    auto lead = r.topRows(vectors_.rows());
    coefficients_.noalias() = lead.transpose() * chosen(block);  // a column a mode
    for (Index k = 0; k < block.chosen; ++k) coefficients_.col(k) = *inverse++ * coefficients_.col(k).eval();
    lead.noalias() += chosen(block) * coefficients_.transpose();
  }
}

void StiffModes::smooth(Real gamma, Vector& v) {
  for (const Block& block : blocks_) {
    if (block.chosen == 0) continue;
    auto lead = v.head(vectors_.rows());
    overlaps_.noalias() = chosen(block).transpose() * lead;
    for (Index k = 0; k < block.chosen; ++k)
      overlaps_[k] *= 1 / std::max(kLeastDivisor, 1 + h_ * gamma * shifted_[block.from + k]) - 1;
    lead.noalias() += chosen(block) * overlaps_;
  }
}

void StiffModes::slow_part(const Vector& v, Vector& out) {
  out = v;
  for (const Block& block : blocks_) {
    if (block.chosen == 0) continue;
    overlaps_.noalias() = chosen(block).transpose() * out;
    out.noalias() -= chosen(block) * overlaps_;
  }
}

void StiffModes::save(MemoryWriter& memory) const {
  memory.add(known_);
  memory.add(values_);
  memory.add(static_cast<std::int64_t>(blocks_.size()));
  for (const Block& block : blocks_) memory.add(static_cast<std::int64_t>(block.size));
  memory.add(Vector(vectors_.reshaped()));
  memory.add(static_cast<std::int64_t>(levels_.size()));
  for (const int level : levels_) memory.add(level);
}

void StiffModes::load(MemoryReader& memory, Index n) {
  known_ = memory.boolean();
  values_ = memory.vector();
  const Index count = values_.size();
  blocks_.clear();
  Index from = 0;
  for (std::int64_t left = memory.integer(); left > 0; --left) {
    Block block;
    block.from = from;
    block.size = static_cast<Index>(memory.integer());
    from += block.size;
    if (block.size < 0 || from > count) break;
    blocks_.push_back(block);
  }
  if (from != count)
    throw InputError(fmt::format("stepper memory: found levels of {} modes, expected {}", from, count));
  const Vector all = memory.vector();
  if (all.size() != n * count)
    throw InputError(fmt::format("stepper memory: found {} numbers of {} modes, expected {} of each",
                                 all.size(), count, n));
  vectors_ = all.reshaped(n, count);
  const std::int64_t members = memory.integer();
  if (members != 0 && members != n)
    throw InputError(fmt::format("stepper memory: found levels of {} components, expected {}", members, n));
  levels_.resize(static_cast<std::size_t>(members));
  for (int& level : levels_) level = static_cast<int>(memory.integer());
}

}  // namespace saddleflow
