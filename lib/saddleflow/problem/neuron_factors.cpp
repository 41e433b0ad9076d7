#include "saddleflow/problem/neuron_factors.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/error.hpp"

namespace saddleflow {
namespace {

constexpr Real kFactorEpsilon = std::numeric_limits<Real>::epsilon();
// Eigenvalues of a block below this many roundings of its largest, times its rows, are zero: what a
// decomposition leaves of them.
constexpr Real kZeroRoundings = 4;
// Roundings of the factors of a border, in the norm: they are a few in practice.
constexpr Real kFactorRoundings = 4;
// Coordinates of the border at most, in units of the outputs: its factors cost nine times those of the
// outputs alone.
constexpr Index kBorder = 2;

/// A bound of the norm of a symmetric matrix.
Real size_of(const Matrix& a) {
  return a.size() > 0 ? std::min(a.norm(), a.cwiseAbs().rowwise().sum().maxCoeff()) : Real(0);
}

}  // namespace

NeuronEigenform::NeuronEigenform(NeuronForm form) : form_(std::move(form)), values_(form_.size()) {
  for (Index k = 0; k < form_.neuron_count(); ++k) {
    const auto at = static_cast<std::size_t>(k);
    const Index first = form_.starts[at], count = form_.starts[at + 1] - first;
    SymmetricEigen eigen = symmetric_eigen(form_.blocks[at], "block of a neuron");
    const Real zero =
        kZeroRoundings * static_cast<Real>(count) * kFactorEpsilon * eigen.values.cwiseAbs().maxCoeff();
    for (Index i = 0; i < count; ++i)
      if (std::abs(eigen.values[i]) <= zero) {
        eigen.values[i] = 0;
        if (!form_.has_part(k)) continue;
        zeros_.push_back(first + i);
        zero_columns_.push_back(form_.columns[at] + i);
      }
    values_.segment(first, count) = eigen.values;
    if (form_.has_part(k)) {
      auto part = form_.jacobian.middleCols(form_.columns[at], count);
      part = (part * eigen.vectors).eval();
    }
    std::vector<Index>& list = form_.has_part(k) ? coordinates_ : others_;
    for (Index i = 0; i < count; ++i) list.push_back(first + i);
    vectors_.push_back(std::move(eigen.vectors));
    form_.blocks[at].resize(0, 0);
  }
  form_.blocks.clear();
  if (static_cast<Index>(zeros_.size()) > outputs()) turn_zeros();
  if (outputs() > 0) curvature_size_ = size_of(form_.jacobian * form_.jacobian.transpose());
}

void NeuronEigenform::turn_zeros() {
  Matrix turned = form_.jacobian(Eigen::all, zero_columns_).transpose();
  turn_.emplace(turned);
  turn_->apply_transpose(turned);
  turned.bottomRows(turned.rows() - turn_->rank()).setZero();
  form_.jacobian(Eigen::all, zero_columns_) = turned.transpose();
}

Vector NeuronEigenform::to_eigenvectors(const Vector& b) const {
  Vector x = b(form_.places);
  for (std::size_t k = 0; k < vectors_.size(); ++k) {
    auto part = x.segment(form_.starts[k], vectors_[k].cols());
    part = (vectors_[k].transpose() * part).eval();
  }
  if (turn_) {
    Matrix zeros = x(zeros_);
    turn_->apply_transpose(zeros);
    x(zeros_) = zeros.col(0);
  }
  return x;
}

Vector NeuronEigenform::from_eigenvectors(const Vector& x) const {
  Vector local = x;
  if (turn_) {
    Matrix zeros = local(zeros_);
    turn_->apply(zeros);
    local(zeros_) = zeros.col(0);
  }
  for (std::size_t k = 0; k < vectors_.size(); ++k) {
    auto part = local.segment(form_.starts[k], vectors_[k].cols());
    part = (vectors_[k] * part).eval();
  }
  Vector out(size());
  out(form_.places) = local;
  return out;
}

NeuronFactors::NeuronFactors(const NeuronEigenform& form, Real shift, Real accuracy)
    : form_(form), shift_(shift) {
  choose_border(accuracy);
  make_border();
}

void NeuronFactors::choose_border(Real accuracy) {
  const std::vector<Index>& coordinates = form_.coordinates();
  const Vector distance = (form_.values()(coordinates).array() - shift_).abs();
  std::vector<Index> order(coordinates.size());
  std::iota(order.begin(), order.end(), Index(0));
  // A coordinate without a part in J is an eigenvector, and no pivot that others are divided by.
  const auto coupled = std::partition(order.begin(), order.end(), [&](Index i) {
    return form_.outputs() > 0 && !form_.jacobian().col(i).isZero(0);
  });
  std::stable_sort(order.begin(), coupled, [&](Index a, Index b) { return distance[a] < distance[b]; });
  // What is eliminated divides |J|^2 by its distance, which is what the roundings of the border are in units
  // of.
  const Real size = form_.curvature_size();
  const Real close = accuracy > 0 ? kFactorRoundings * kFactorEpsilon * size * size / accuracy : size;
  const auto most = std::min<std::ptrdiff_t>(coupled - order.begin(), kBorder * form_.outputs());
  std::ptrdiff_t count = 0;
  while (count < most && distance[order[static_cast<std::size_t>(count)]] < close) ++count;
  border_.assign(order.begin(), order.begin() + count);
  eliminated_.assign(order.begin() + count, order.end());
  for (const Index i : border_) border_at_.push_back(coordinates[static_cast<std::size_t>(i)]);
  for (const Index i : eliminated_) eliminated_at_.push_back(coordinates[static_cast<std::size_t>(i)]);
}

void NeuronFactors::make_border() {
  inverse_ = (form_.values()(eliminated_at_).array() - shift_).inverse();
  others_inverse_ = (form_.values()(form_.others()).array() - shift_).inverse();
  eliminated_jacobian_ = form_.jacobian()(Eigen::all, eliminated_);
  const Index outputs = form_.outputs(), kept = static_cast<Index>(border_.size());
  Matrix used = eliminated_jacobian_;
  Vector weights = inverse_;
  for (Index i = 0; i < weights.size(); ++i)
    if (used.col(i).isZero(0)) weights[i] = 0;  // its value may be the shift
  used = used * weights.asDiagonal();
  Matrix block = used * eliminated_jacobian_.transpose();
  block.diagonal() += form_.signs();
  estimate_error(block);
  Matrix border(kept + outputs, kept + outputs);
  border.topLeftCorner(kept, kept).setZero();
  border.diagonal().head(kept) = form_.values()(border_at_).array() - shift_;
  border.bottomLeftCorner(outputs, kept) = scale_ * form_.jacobian()(Eigen::all, border_);
  border.bottomRightCorner(outputs, outputs) = -scale_ * scale_ * block;
  border.topRightCorner(kept, outputs) = border.bottomLeftCorner(outputs, kept).transpose();
  factors_ = SymmetricFactors(std::move(border), "Hessian by neurons");
}

// A null vector of H - t beside the shift is x with y = D J x on the outputs. Roundings E of the outputs'
// block move t by y^T E y / |x|^2, and |y|^2 / |x|^2 is at most |J|^2; and at most one over the least
// eigenvalue of J (Lambda - shift)^{-2} J^T, as x = -(Lambda - shift)^{-1} J^T y, which is less where all
// blocks are small.
void NeuronFactors::estimate_error(const Matrix& outputs_block) {
  const Real curvature = form_.curvature_size();
  const Real block = size_of(outputs_block);
  Real ratio = curvature;
  if (kFactorRoundings * kFactorEpsilon * block * ratio > kFactorEpsilon * form_.largest() &&
      outputs_block.rows() > 0) {
    Matrix used = eliminated_jacobian_ * inverse_.asDiagonal();
    const Matrix squares = used * used.transpose();
    if (squares.allFinite()) {
      const Real least = symmetric_eigenvalues(squares, "Hessian by neurons").minCoeff();
      if (least > 0) ratio = std::min(ratio, 1 / least);
    }
  }
  scale_ = block > 0 ? std::sqrt(form_.largest() / block) : Real(1);
  error_ = kFactorRoundings * kFactorEpsilon * (form_.largest() + block * ratio);
}

SignCounts NeuronFactors::inertia() const {
  SignCounts counts = factors_.inertia();
  const auto count = [&](Index i) {
    const Real value = form_.values()[i];
    ++(value < shift_ ? counts.negative : value > shift_ ? counts.positive : counts.zero);
  };
  std::for_each(eliminated_at_.begin(), eliminated_at_.end(), count);
  std::for_each(form_.others().begin(), form_.others().end(), count);
  const Index convex = (form_.signs().array() > 0).count();
  counts.negative -= convex;
  counts.positive -= form_.outputs() - convex;
  return counts;
}

Vector NeuronFactors::solve(const Vector& b) const {
  Vector x = form_.to_eigenvectors(b);
  Vector eliminated = x(eliminated_at_).cwiseProduct(inverse_);
  x(form_.others()) = x(form_.others()).cwiseProduct(others_inverse_).eval();
  if (!eliminated.allFinite() || !x.allFinite())
    throw NumericalError("Hessian by neurons: the matrix is singular");
  const Index kept = static_cast<Index>(border_.size()), outputs = form_.outputs();
  Vector right(kept + outputs);
  right.head(kept) = x(border_at_);
  right.tail(outputs).noalias() = -scale_ * (eliminated_jacobian_ * eliminated);
  const Vector y = factors_.solve(right);
  x(border_at_) = y.head(kept);
  x(eliminated_at_) =
      eliminated - inverse_.cwiseProduct(scale_ * (eliminated_jacobian_.transpose() * y.tail(outputs)));
  return form_.from_eigenvectors(x);
}

Real neuron_eigenform_operations(Index n, const NeuronFormSize& size) {
  const auto weights = static_cast<Real>(n), m = static_cast<Real>(size.outputs),
             p = static_cast<Real>(size.per_neuron);
  // Two passes a weight; decompositions; J V and J J^T.
  return weights * (4 * p * m + 10 * p * p + m * p + m * m);
}

Real neuron_factor_operations(Index n, const NeuronFormSize& size) {
  const auto m = static_cast<Real>(size.outputs);
  return static_cast<Real>(n) * m * m + factor_operations((1 + kBorder) * size.outputs);
}

}  // namespace saddleflow
