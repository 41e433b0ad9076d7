#include "saddleflow/ode/stepper/krylov_stage_matrix.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "saddleflow/base/error.hpp"

namespace saddleflow {
namespace {

// Directions that are kept, two vectors each: 32 MB of them, which are 41 directions of 50 000 weights, and
// no fewer than 32 of larger problems.
constexpr Index kKeptAtLeast = 32, kKeptAtMost = 256, kNumbers = Index{1} << 21;
// Components from which on the memory of the directions is given back between steps: beside 30 MB, what it
// takes to ask for them again is nothing.
constexpr Index kGivenBack = 10'000;
// And of each of several levels: as many as most solutions take.
constexpr Index kShareAtLeast = 16;
// Products of a try: beyond these the step is too long for this method.
constexpr int kMostProducts = 400;
// Of the error of a step that is allowed what one of its eight stages may add. The coefficients of later
// stages magnify it ten times; and modes that are small beside their weights, as at the saddles of linear
// networks, are to be as exact as with a factor, where their growth has a relative error. 1e-2 is not enough
// for that, 1e-4 is; a tenth of it costs a tenth more products.
constexpr Real kPartOfError = Real(1e-5);

// What a residual is rounded to, in units of epsilon (|b_i| + shift |x_i|), besides what b is rounded to.
constexpr Real kRoundingOfResidual = 4;

// Times to go through all levels: what one leaves to the next is of the order of the ratio of their sizes.
constexpr int kSweeps = 4;

/// The components of each level that has some; one mask, which is empty, where there is one level.
std::vector<std::vector<char>> masks_of(const std::vector<int>& levels) {
  if (levels.empty()) return {{}};
  std::vector<std::vector<char>> masks;
  const int last = *std::max_element(levels.begin(), levels.end());
  for (int level = 0; level <= last; ++level) {
    std::vector<char> mask(levels.size(), 0);
    for (std::size_t i = 0; i < levels.size(); ++i) mask[i] = levels[i] == level ? 1 : 0;
    if (std::count(mask.begin(), mask.end(), 1) > 0) masks.push_back(std::move(mask));
  }
  return masks;
}

}  // namespace

void KrylovStageMatrix::begin(const System& system, const Vector& x, const Vector& /*f*/, Real t, Real /*h*/,
                              const std::vector<int>& levels) {
  if (!system.has_hessian_vector())
    throw InputError("rodas5p-cg: the system offers no hessian_vector(x, v, out, t)");
  system_ = system;
  x_ = x;
  t_ = t;
  const Index n = std::max<Index>(1, x.size() - system.quadratures());
  const Index capacity = std::min(n, std::clamp(kNumbers / n, kKeptAtLeast, kKeptAtMost));
  levels_.clear();
  std::vector<std::vector<char>> masks = masks_of(levels);
  const Index share = std::max(capacity / static_cast<Index>(masks.size()), kShareAtLeast);
  for (std::vector<char>& mask : masks) {
    const Index members = mask.empty() ? n : static_cast<Index>(std::count(mask.begin(), mask.end(), 1));
    levels_.push_back({std::move(mask), ConjugateDirections(std::min(members, share))});
  }
  products_ = 0;
}

void KrylovStageMatrix::spread(const Vector& size, Vector& out) {
  masked_.resize(size.size());
  for (Index i = 0; i < size.size(); ++i) masked_[i] = fixed_noise(i) < 0 ? -size[i] : size[i];
  out.resize(size.size());
  system_->hessian_vector(x_, masked_, out, t_);
  out = out.cwiseAbs();
}

void KrylovStageMatrix::silence(Vector& v) const {
  if (!some_rest_) return;
  for (Index i = 0; i < v.size(); ++i)
    if (resting_[static_cast<std::size_t>(i)] != 0) v[i] = 0;
}

void KrylovStageMatrix::multiply(const Vector& v, Vector& out) {
  masked_ = v;
  silence(masked_);
  out.resize(v.size());
  system_->hessian_vector(x_, masked_, out, t_);
  ++products_;
  silence(out);
  out += (shift_ + extra_.array()).matrix().cwiseProduct(v);
}

bool KrylovStageMatrix::prepare(Real shift, const Vector& extra, const Vector& rounding,
                                const std::vector<char>& resting) {
  shift_ = shift;
  extra_ = extra;
  rounding_ = rounding;
  resting_ = resting;
  some_rest_ = std::any_of(resting.begin(), resting.end(), [](char rests) { return rests != 0; });
  for (Level& level : levels_) level.directions.begin(extra.size(), level.mask);
  most_ = products_ + kMostProducts;
  return true;
}

// Between two steps comes the analysis of events, with vectors of its own.
void KrylovStageMatrix::release() {
  if (x_.size() < kGivenBack) return;
  for (Level& level : levels_) level.directions.release();
}

// Component by component: beside weights that move, the whole rate of an inactive neuron of 1e-12 is less
// than rounding of theirs.
bool KrylovStageMatrix::is_rounding(const std::vector<char>& mask, const Vector& residual,
                                    const Vector& solution) const {
  constexpr Real kUnit = kRoundingOfResidual * std::numeric_limits<Real>::epsilon();
  for (Index i = 0; i < residual.size(); ++i) {
    if (!mask.empty() && mask[static_cast<std::size_t>(i)] == 0) continue;
    const Real rounded = std::abs(right_[i]) + (shift_ + extra_[i]) * std::abs(solution[i]);
    if (!(std::abs(residual[i]) <= kUnit * rounded + rounding_[i])) return false;
  }
  return true;
}

// All eigenvalues are at least about the shift, so the error is at most the residual over it.
bool KrylovStageMatrix::is_enough(const std::vector<char>& mask, const Vector& residual,
                                  const Vector& solution, const StageError& error) {
  if (is_rounding(mask, residual, solution)) return true;
  error_ = residual / shift_;
  for (Index i = 0; !mask.empty() && i < error_.size(); ++i)
    if (mask[static_cast<std::size_t>(i)] == 0) error_[i] = 0;
  return error(error_, solution) <= kPartOfError;
}

StageMatrix::Solved KrylovStageMatrix::solve(Eigen::Ref<Vector> x, const StageError& error) {
  right_ = x;
  residual_ = x;
  solution_.setZero(x.size());
  const auto product = [this](const Vector& v, Vector& out) { multiply(v, out); };
  const auto unsolved = [&](const Level& level) {
    return !is_enough(level.mask, residual_, solution_, error);
  };
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    for (Level& level : levels_) {
      const auto enough = [&](const Vector& residual, const Vector& solution) {
        return is_enough(level.mask, residual, solution, error);
      };
      switch (level.directions.improve(product, residual_, solution_, enough, most_ - products_)) {
        case ConjugateDirections::Solved::done:
          break;
        case ConjugateDirections::Solved::indefinite:
          return Solved::indefinite;
        case ConjugateDirections::Solved::stalled:
          return Solved::stalled;
      }
    }
    x = solution_;
    if (levels_.size() == 1 || std::none_of(levels_.begin(), levels_.end(), unsolved)) return Solved::done;
  }
  return Solved::stalled;
}

}  // namespace saddleflow
