#include "saddleflow/saddle/spectrum.hpp"

#include <Spectra/SymEigsSolver.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/error.hpp"

namespace saddleflow {

namespace {

/// Spectra's view of the Hessian: y = H x.
class HessianOperator {
 public:
  using Scalar = Real;
  HessianOperator(Objective& objective, const Vector& w)
      : objective_(objective), w_(w), v_(w.size()), product_(w.size()) {}
  Index rows() const { return w_.size(); }
  Index cols() const { return w_.size(); }
  void perform_op(const Real* in, Real* out) const {
    v_ = ConstVectorView(in, w_.size());
    objective_.hessian_vector(w_, v_, product_);
    VectorView(out, w_.size()) = product_;
  }

 private:
  Objective& objective_;
  const Vector& w_;
  mutable Vector v_, product_;
};

void count(Spectrum& s, Real relative_zero, Real gradient_scale) {
  s.zero_threshold = std::max(relative_zero * s.eigenvalues.cwiseAbs().maxCoeff(), gradient_scale);
  s.negative = (s.eigenvalues.array() < -s.zero_threshold).count();
  s.positive = (s.eigenvalues.array() > s.zero_threshold).count();
  s.zero = s.eigenvalues.size() - s.negative - s.positive;
}

void dense(Objective& objective, const Vector& w, const Vector& gradient, Real relative_zero, Spectrum& s) {
  Matrix hessian(w.size(), w.size());
  objective.hessian(w, hessian);
  const SymmetricEigen eigen = symmetric_eigen(hessian, "spectrum");
  s.eigenvalues = eigen.values;
  count(s, relative_zero, gradient.norm() / w.norm());
  const Vector components = eigen.vectors.transpose() * gradient;
  Real sum = 0;
  for (Index i = 0; i < components.size(); ++i)
    if (std::abs(s.eigenvalues[i]) > s.zero_threshold) {
      const Real step = components[i] / s.eigenvalues[i];
      sum += step * step;
    }
  s.newton_distance = std::sqrt(sum) / w.norm();
}

void ends(Objective& objective, const Vector& w, const Vector& gradient, const SpectrumOptions& options,
          Spectrum& s) {
  const Index how_many = options.ends;
  HessianOperator op(objective, w);
  Spectra::SymEigsSolver<HessianOperator> solver(op, how_many, std::min(w.size(), 4 * how_many + 20));
  solver.init();
  solver.compute(Spectra::SortRule::BothEnds, 1000, Real(1e-8), Spectra::SortRule::SmallestAlge);
  if (solver.info() != Spectra::CompInfo::Successful)
    throw NumericalError("spectrum: the Lanczos iteration did not converge in 1000 restarts");
  s.eigenvalues = solver.eigenvalues();
  s.complete = false;
  count(s, options.relative_zero, gradient.norm() / w.norm());
  s.newton_distance = std::numeric_limits<Real>::quiet_NaN();
}

}  // namespace

Index spectrum_size(Index n, const SpectrumOptions& options) {
  return n <= options.dense_limit ? n : options.ends;
}

Spectrum hessian_spectrum(Objective& objective, const Vector& w, const SpectrumOptions& options) {
  Vector gradient(w.size());
  objective.gradient(w, gradient);
  Spectrum s;
  if (w.size() <= options.dense_limit)
    dense(objective, w, gradient, options.relative_zero, s);
  else
    ends(objective, w, gradient, options, s);
  return s;
}

}  // namespace saddleflow
