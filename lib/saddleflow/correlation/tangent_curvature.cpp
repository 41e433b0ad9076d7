#include "saddleflow/correlation/tangent_curvature.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "saddleflow/correlation/neuron_sum.hpp"
#include "saddleflow/correlation/tangent_space.hpp"

namespace saddleflow {
namespace {

// Off a KKT point u is no eigenvector. What its place among the eigenvalues is off by is the residual, which
// here is below what counts as zero (zero_curvature()).
constexpr Real kStationary = Real(1e-9);

class WholeCurvature final : public TangentCurvature {
 public:
  WholeCurvature(Correlation& correlation, const SpherePoint& at)
      : space_(at.u),
        spectrum_(tangent_spectrum(space_, CorrelationOnSphere(correlation, 1).curvature(at))) {}

  const Vector& values() const override { return spectrum_.values; }
  Matrix inside(Index first, Index count, const Matrix& a) const override {
    Matrix basis(a.rows(), count);
    for (Index k = 0; k < count; ++k) basis.col(k) = space_.vector(spectrum_.vectors.col(first + k));
    return basis.transpose() * a;
  }

 private:
  TangentSpace space_;
  TangentSpectrum spectrum_;
};

class CurvatureByNeurons final : public TangentCurvature {
 public:
  CurvatureByNeurons(Correlation& correlation, const SpherePoint& at) : sum_(correlation) {
    const Real shift = static_cast<Real>(correlation.network().degree()) * at.value;
    for (Index k = 0; k < sum_.count(); ++k) add(k, sum_.part(at.u, k), shift);
    leave_out((2 - correlation.network().degree()) * shift);
    std::stable_sort(modes_.begin(), modes_.end(),
                     [](const Mode& a, const Mode& b) { return a.value < b.value; });
    values_.resize(static_cast<Index>(modes_.size()));
    for (std::size_t k = 0; k < modes_.size(); ++k) values_[static_cast<Index>(k)] = modes_[k].value;
  }

  const Vector& values() const override { return values_; }
  Matrix inside(Index first, Index count, const Matrix& a) const override {
    Matrix result(count, a.cols());
    for (Index k = 0; k < count; ++k) {
      const Mode& mode = modes_[static_cast<std::size_t>(first + k)];
      const Matrix rows = a(sum_.parameters(mode.neuron), Eigen::all);
      result.row(k) = blocks_[mode.block].vectors.col(mode.column).transpose() * rows;
    }
    return result;
  }

 private:
  struct Mode {
    Real value;
    Index neuron;
    std::size_t block;
    Index column;
  };

  /// The block of a neuron with these weights; all neurons without weights have one.
  void add(Index neuron, const Vector& weights, Real shift) {
    const bool zero = weights.isZero(0);
    if (!zero || !zero_block_) {
      Matrix m;
      sum_.neuron().hessian(weights, m);
      m = -m;
      m.diagonal().array() += shift;
      blocks_.push_back(symmetric_eigen(m, "curvature of the correlation"));
      if (zero) zero_block_ = blocks_.size() - 1;
    }
    const std::size_t block = zero ? *zero_block_ : blocks_.size() - 1;
    for (Index k = 0; k < weights.size(); ++k) modes_.push_back({blocks_[block].values[k], neuron, block, k});
  }

  /// The mode along u: of each active neuron one eigenvector is its own part of u, with one eigenvalue. Off
  /// the tangent space is one of their span.
  void leave_out(Real value) {
    const auto nearest =
        std::min_element(modes_.begin(), modes_.end(), [value](const Mode& a, const Mode& b) {
          return std::abs(a.value - value) < std::abs(b.value - value);
        });
    modes_.erase(nearest);
  }

  NeuronSum sum_;
  std::vector<SymmetricEigen> blocks_;
  std::optional<std::size_t> zero_block_;
  std::vector<Mode> modes_;
  Vector values_;
};

}  // namespace

std::unique_ptr<TangentCurvature> tangent_curvature(Correlation& correlation, const SpherePoint& at) {
  if (NeuronSum::applies_to(correlation.network()) && at.residual <= kStationary)
    return std::make_unique<CurvatureByNeurons>(correlation, at);
  return std::make_unique<WholeCurvature>(correlation, at);
}

}  // namespace saddleflow
