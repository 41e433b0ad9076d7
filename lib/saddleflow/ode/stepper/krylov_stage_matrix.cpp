#include "saddleflow/ode/stepper/krylov_stage_matrix.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "saddleflow/base/error.hpp"

namespace saddleflow {
namespace {

// Directions that are kept, two vectors each. With the stages and what else a step needs 64 are below 200
// vectors; of smaller problems, whose vectors are no matter, up to 256 in 32 MB.
constexpr Index kKeptAtLeast = 64, kKeptAtMost = 256, kNumbers = Index{1} << 21;
// Products of a try: beyond these the step is too long for this method.
constexpr int kMostProducts = 400;
// Of the error of a step that is allowed what one of its eight stages may add. The coefficients of later
// stages magnify it ten times; and modes that are small beside their weights, as at the saddles of linear
// networks, are to be as exact as with a factor, where their growth has a relative error. 1e-2 is not enough
// for that, 1e-4 is; a tenth of it costs a tenth more products.
constexpr Real kPartOfError = Real(1e-5);

// What a residual is rounded to, in units of epsilon (|b_i| + shift |x_i|), besides what b is rounded to.
constexpr Real kRoundingOfResidual = 4;

}  // namespace

KrylovStageMatrix::KrylovStageMatrix() : directions_(kKeptAtLeast) {}

void KrylovStageMatrix::begin(const System& system, const Vector& x, const Vector& /*f*/, Real t,
                              Real /*h*/) {
  if (!system.has_hessian_vector())
    throw InputError("rodas5p-cg: the system offers no hessian_vector(x, v, out, t)");
  system_ = system;
  x_ = x;
  t_ = t;
  const Index n = std::max<Index>(1, x.size() - system.quadratures());
  directions_.set_capacity(std::min(n, std::clamp(kNumbers / n, kKeptAtLeast, kKeptAtMost)));
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
  directions_.begin(extra.size());
  most_ = products_ + kMostProducts;
  return true;
}

// Component by component: beside weights that move, the whole rate of an inactive neuron of 1e-12 is less
// than rounding of theirs.
bool KrylovStageMatrix::is_rounding(const Vector& residual, const Vector& solution) const {
  constexpr Real kUnit = kRoundingOfResidual * std::numeric_limits<Real>::epsilon();
  for (Index i = 0; i < residual.size(); ++i) {
    const Real rounded = std::abs(right_[i]) + (shift_ + extra_[i]) * std::abs(solution[i]);
    if (!(std::abs(residual[i]) <= kUnit * rounded + rounding_[i])) return false;
  }
  return true;
}

StageMatrix::Solved KrylovStageMatrix::solve(Eigen::Ref<Vector> x, const StageError& error) {
  right_ = x;
  // All eigenvalues are at least about the shift, so the error is at most the residual over it.
  const auto enough = [&](const Vector& residual, const Vector& solution) {
    if (is_rounding(residual, solution)) return true;
    error_ = residual / shift_;
    return error(error_, solution) <= kPartOfError;
  };
  const auto product = [this](const Vector& v, Vector& out) { multiply(v, out); };
  const auto solved = directions_.solve(product, right_, solution_, enough, most_ - products_);
  x = solution_;
  switch (solved) {
    case ConjugateDirections::Solved::done:
      return Solved::done;
    case ConjugateDirections::Solved::indefinite:
      return Solved::indefinite;
    default:
      return Solved::stalled;
  }
}

}  // namespace saddleflow
