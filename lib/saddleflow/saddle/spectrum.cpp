#include "saddleflow/saddle/spectrum.hpp"

#include <Spectra/SymEigsSolver.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/ode/stepper/spectral.hpp"

namespace saddleflow {

namespace {

/// Spectra's view of the Hessian: y = H x.
class HessianOperator {
 public:
  using Scalar = Real;
  HessianOperator(const Potential& potential, const Vector& w)
      : potential_(potential), w_(w), v_(w.size()), product_(w.size()) {}
  /// From now on y = H x + shift x.
  void set_shift(Real shift) { shift_ = shift; }
  Index rows() const { return w_.size(); }
  Index cols() const { return w_.size(); }
  void perform_op(const Real* in, Real* out) const {
    v_ = ConstVectorView(in, w_.size());
    potential_.hessian_vector(w_, v_, product_);
    VectorView(out, w_.size()) = product_ + shift_ * v_;
  }

 private:
  const Potential& potential_;
  const Vector& w_;
  Real shift_ = 0;
  mutable Vector v_, product_;
};

Real gap_of(const Spectrum& s) {
  const Real largest = s.eigenvalues.cwiseAbs().maxCoeff();
  Real above = std::numeric_limits<Real>::infinity(), below = std::numeric_limits<Real>::epsilon() * largest;
  for (const Real lambda : s.eigenvalues) {
    Real& side = std::abs(lambda) > s.zero_threshold ? above : below;
    side = &side == &above ? std::min(side, std::abs(lambda)) : std::max(side, std::abs(lambda));
  }
  return above / below;
}

// The gradient per length of w, below which eigenvalues cannot be told from zero. At the origin it is zero.
Real gradient_scale_at(const Vector& w, const Vector& gradient) {
  const Real size = w.norm();
  return size > 0 ? gradient.norm() / size : gradient.norm();
}

void count(Spectrum& s, const SpectrumOptions& options, Real gradient_scale) {
  s.zero_threshold = std::max(
      {options.relative_zero * s.eigenvalues.cwiseAbs().maxCoeff(), options.hessian_error, gradient_scale});
  s.negative = (s.eigenvalues.array() < -s.zero_threshold).count();
  s.positive = (s.eigenvalues.array() > s.zero_threshold).count();
  s.zero = s.eigenvalues.size() - s.negative - s.positive;
  s.gap = gap_of(s);
}

void dense(const Potential& potential, const Vector& w, const Vector& gradient,
           const SpectrumOptions& options, Spectrum& s) {
  Matrix hessian(w.size(), w.size());
  potential.hessian(w, hessian);
  SymmetricEigen eigen = symmetric_eigen(hessian, "spectrum");
  s.eigenvalues = eigen.values;
  count(s, options, gradient_scale_at(w, gradient));
  const Vector components = eigen.vectors.transpose() * gradient;
  Real sum = 0;
  for (Index i = 0; i < components.size(); ++i)
    if (std::abs(s.eigenvalues[i]) > s.zero_threshold) {
      const Real step = components[i] / s.eigenvalues[i];
      sum += step * step;
    }
  s.newton_distance = sum > 0 ? std::sqrt(sum) / w.norm() : Real(0);
  s.residual_bound = std::numeric_limits<Real>::epsilon() * s.eigenvalues.cwiseAbs().maxCoeff();
  if (options.vectors) s.vectors = std::move(eigen.vectors);
}

// Of Spectra: vectors that are kept, for as many eigenvalues at both ends (two a value are asked for, more
// save restarts); restarts, by judgement; and the accuracy of a value beside itself, far more than a sign
// needs.
constexpr Index kVectorsAValue = 4, kMoreVectors = 20;
constexpr Index kRestarts = 1000;
constexpr Real kRitzAccuracy = Real(1e-8);

Real largest_residual(const HessianOperator& op, const Vector& values, const Matrix& vectors) {
  Vector image(vectors.rows());
  Real largest = 0;
  for (Index i = 0; i < values.size(); ++i) {
    op.perform_op(vectors.col(i).data(), image.data());
    largest = std::max(largest, (image - values[i] * vectors.col(i)).norm());
  }
  return largest;
}

/// Spectra measures residuals beside each eigenvalue of its own: with this shift all are about as large as
/// the largest of the Hessian, or twice that.
Real shift_to_largest(const HessianOperator& op) {
  // Some per cent of the largest magnitude: the shift need not be exact.
  constexpr int kProducts = 12;
  Vector start;
  const auto product = [&op](const Vector& v, Vector& out) {
    out.resize(v.size());
    op.perform_op(v.data(), out.data());
  };
  const SpectralInterval interval = lanczos_interval(product, op.rows(), kProducts, start);
  return 2 * std::max(std::abs(interval.min), std::abs(interval.max));
}

bool is_zero(const HessianOperator& op) {
  const Vector v = Random(1).unit_vector(op.rows());
  Vector image(op.rows());
  op.perform_op(v.data(), image.data());
  return image.isZero(0);
}

void ends(const Potential& potential, const Vector& w, const Vector& gradient, const SpectrumOptions& options,
          Spectrum& s) {
  const Index how_many = options.ends;
  HessianOperator op(potential, w);
  s.complete = false;
  s.newton_distance = std::numeric_limits<Real>::quiet_NaN();
  if (is_zero(op)) {  // the origin of a network of degree 3 and more: nothing to iterate on
    s.eigenvalues = Vector::Zero(how_many);
    count(s, options, 0);
    if (options.vectors) s.vectors = Matrix::Identity(w.size(), how_many);
    return;
  }
  const Real shift = options.residual > 0 ? shift_to_largest(op) : 0;
  const Real accuracy = options.residual > 0 ? options.residual / 2 : kRitzAccuracy;
  op.set_shift(shift);
  Spectra::SymEigsSolver<HessianOperator> solver(
      op, how_many, std::min(w.size(), kVectorsAValue * how_many + kMoreVectors));
  solver.init();
  solver.compute(Spectra::SortRule::BothEnds, kRestarts, accuracy, Spectra::SortRule::SmallestAlge);
  if (solver.info() != Spectra::CompInfo::Successful)
    throw NumericalError(
        fmt::format("spectrum: the Lanczos iteration did not converge in {} restarts", kRestarts));
  op.set_shift(0);
  s.eigenvalues = solver.eigenvalues().array() - shift;
  count(s, options, gradient_scale_at(w, gradient));
  Matrix vectors = solver.eigenvectors();
  s.residual_bound = largest_residual(op, s.eigenvalues, vectors);
  if (options.vectors) s.vectors = std::move(vectors);
}

}  // namespace

Index spectrum_size(Index n, const SpectrumOptions& options) {
  return n <= options.dense_limit ? n : options.ends;
}

Spectrum hessian_spectrum(const Potential& potential, const Vector& w, const SpectrumOptions& options) {
  Vector gradient(w.size());
  potential.gradient(w, gradient);
  Spectrum s;
  if (w.size() <= options.dense_limit)
    dense(potential, w, gradient, options, s);
  else
    ends(potential, w, gradient, options, s);
  return s;
}

Spectrum hessian_spectrum(Objective& objective, const Vector& w, const SpectrumOptions& options) {
  SpectrumOptions known = options;
  known.hessian_error = std::max(known.hessian_error, objective.hessian_error(w));
  return hessian_spectrum(potential_of(objective), w, known);
}

}  // namespace saddleflow
