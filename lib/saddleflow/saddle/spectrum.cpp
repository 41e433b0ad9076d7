#include "saddleflow/saddle/spectrum.hpp"

#include <Spectra/SymEigsSolver.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/ode/stepper/spectral.hpp"
#include "saddleflow/saddle/hessian_parts.hpp"
#include "saddleflow/saddle/null_space.hpp"
#include "saddleflow/saddle/sign_counts.hpp"

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

/// |H^+ g| / |w| by the components of g in the eigenvectors.
Real newton_distance_of(const Spectrum& s, const Vector& values, const Vector& components, const Vector& w) {
  Real sum = 0;
  for (Index i = 0; i < components.size(); ++i)
    if (std::abs(values[i]) > s.zero_threshold) {
      const Real step = components[i] / values[i];
      sum += step * step;
    }
  return sum > 0 ? std::sqrt(sum) / w.norm() : Real(0);
}

void dense(const Matrix& hessian, const Vector& w, const Vector& gradient, const SpectrumOptions& options,
           Spectrum& s) {
  SymmetricEigen eigen = symmetric_eigen(hessian, "spectrum");
  s.eigenvalues = eigen.values;
  count(s, options, gradient_scale_at(w, gradient));
  s.newton_distance = newton_distance_of(s, s.eigenvalues, eigen.vectors.transpose() * gradient, w);
  s.residual_bound = std::numeric_limits<Real>::epsilon() * s.eigenvalues.cwiseAbs().maxCoeff();
  if (options.vectors) s.vectors = std::move(eigen.vectors);
}

Vector head_and_tail(const Vector& v, Index count) {
  Vector ends(count);
  ends << v.head(count / 2), v.tail(count - count / 2);
  return ends;
}

/// All of them, of which those at the ends are kept.
void by_parts(const std::vector<HessianPart>& parts, const Vector& w, const Vector& gradient,
              const SpectrumOptions& options, Spectrum& s) {
  const PartsSpectrum all = spectrum_of(parts);
  const Index n = w.size(), kept = spectrum_size(n, options), low = kept / 2;
  s.eigenvalues = all.values;
  count(s, options, gradient_scale_at(w, gradient));
  Vector components(n);
  for (Index i = 0; i < n; ++i) {
    const auto at = static_cast<std::size_t>(i);
    components[i] = all.vectors[all.part[at]].col(all.column[at]).dot(gradient(parts[all.part[at]].places));
  }
  s.newton_distance = newton_distance_of(s, all.values, components, w);
  s.residual_bound = std::numeric_limits<Real>::epsilon() * all.values.cwiseAbs().maxCoeff();
  s.complete = kept == n;
  if (options.vectors && s.complete) s.vectors = whole_vectors(all, parts, 0, n, n);
  if (s.complete) return;
  s.eigenvalues = head_and_tail(all.values, kept);
  if (!options.vectors) return;
  s.vectors.resize(n, kept);
  s.vectors << whole_vectors(all, parts, 0, low, n), whole_vectors(all, parts, n - kept + low, kept - low, n);
  s.zero_parts = vectors_by_part(all, parts, s.negative, s.zero);
}

// Of Spectra: vectors that are kept, for as many eigenvalues at both ends (two a value are asked for, more
// save restarts); and restarts, by judgement.
constexpr Index kVectorsAValue = 4, kMoreVectors = 20;
constexpr Index kRestarts = 1000;

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
  const Index how_many = spectrum_size(w.size(), options);
  HessianOperator op(potential, w);
  s.complete = s.counted = false;
  s.newton_distance = std::numeric_limits<Real>::quiet_NaN();
  if (is_zero(op)) {  // the origin of a network of degree 3 and more: nothing to iterate on
    s.eigenvalues = Vector::Zero(how_many);
    count(s, options, 0);
    if (options.vectors) s.vectors = Matrix::Identity(w.size(), how_many);
    return;
  }
  const Real shift = shift_to_largest(op);
  op.set_shift(shift);
  Spectra::SymEigsSolver<HessianOperator> solver(
      op, how_many, std::min(w.size(), kVectorsAValue * how_many + kMoreVectors));
  solver.init();
  solver.compute(Spectra::SortRule::BothEnds, kRestarts, options.residual / 2,
                 Spectra::SortRule::SmallestAlge);
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

std::vector<Index> all_places(Index n) {
  std::vector<Index> places(static_cast<std::size_t>(n));
  std::iota(places.begin(), places.end(), Index(0));
  return places;
}

/// `parts`: the form by neurons, where it has been made.
void count_all(const Potential& potential, const Vector& w, const SpectrumOptions& options,
               std::optional<NeuronForm> parts, Spectrum& s) {
  if (!options.counts) return;
  std::optional<NeuronEigenform> made;
  const NeuronEigenform* form = parts ? &made.emplace(std::move(*parts)) : nullptr;
  const std::optional<SignCounts> signs = count_signs(potential, w, s.zero_threshold, form);
  if (!signs) return;
  s.counted = true;
  s.negative = signs->negative;
  s.zero = signs->zero;
  s.positive = signs->positive;
  s.gap = std::numeric_limits<Real>::quiet_NaN();
  if (!options.vectors) return;
  if (auto vectors = null_space_of(potential, w, s.zero_threshold, s.zero, form))
    s.zero_parts = {{all_places(w.size()), std::move(*vectors)}};
}

/// Up to so many weights the whole decomposition costs less than a second: nothing is gained by parts.
constexpr Index kWhole = 500;

/// The parts of the Hessian where all are small, by its neurons if that is cheaper than the whole; else, of
/// no more than dense_limit weights, the whole. `form`: by neurons, where it had to be made and has larger
/// parts.
std::optional<std::vector<HessianPart>> small_parts(const Potential& potential, const Vector& w,
                                                    const SpectrumOptions& options,
                                                    std::optional<NeuronForm>& form) {
  if (w.size() > options.dense_limit && !options.counts) return std::nullopt;
  const SignCosts costs = sign_costs(potential);
  if (costs.by_neurons < costs.whole)
    if ((form = potential.neuron_form(w))) return parts_of(*form, options.dense_limit);
  if (w.size() > options.dense_limit && costs.whole > kMostSignOperations) return std::nullopt;
  Matrix hessian(w.size(), w.size());
  potential.hessian(w, hessian);
  std::vector<HessianPart> parts = parts_of(std::move(hessian));
  const auto fits = [&](const HessianPart& part) { return part.hessian.rows() <= options.dense_limit; };
  if (!std::all_of(parts.begin(), parts.end(), fits)) return std::nullopt;
  return parts;
}

}  // namespace

std::optional<std::vector<NullPart>> Spectrum::null_parts() const {
  if (complete && vectors.cols() == eigenvalues.size())
    return {{{all_places(vectors.rows()), vectors.middleCols(negative, zero)}}};
  Index known = 0;
  for (const NullPart& part : zero_parts) known += part.vectors.cols();
  if (counted && zero == known && vectors.size() > 0) return zero_parts;
  return std::nullopt;
}

std::optional<Matrix> Spectrum::null_space() const {
  const std::optional<std::vector<NullPart>> parts = null_parts();
  if (!parts) return std::nullopt;
  return whole_null_space(*parts, vectors.rows());
}

Index spectrum_size(Index n, const SpectrumOptions& options) {
  return n <= options.dense_limit ? n : std::min(n, options.ends);
}

Spectrum hessian_spectrum(const Potential& potential, const Vector& w, const SpectrumOptions& options) {
  Vector gradient(w.size());
  potential.gradient(w, gradient);
  Spectrum s;
  if (w.size() <= std::min(options.dense_limit, kWhole)) {
    Matrix hessian(w.size(), w.size());
    potential.hessian(w, hessian);
    dense(hessian, w, gradient, options, s);
    return s;
  }
  std::optional<NeuronForm> form;
  if (const auto parts = small_parts(potential, w, options, form)) {
    form.reset();
    if (parts->size() == 1)
      dense(parts->front().hessian, w, gradient, options, s);
    else
      by_parts(*parts, w, gradient, options, s);
  } else {
    ends(potential, w, gradient, options, s);
    count_all(potential, w, options, std::move(form), s);
  }
  return s;
}

Spectrum hessian_spectrum(Objective& objective, const Vector& w, const SpectrumOptions& options) {
  SpectrumOptions known = options;
  known.hessian_error = std::max(known.hessian_error, objective.hessian_error(w));
  return hessian_spectrum(potential_of(objective), w, known);
}

}  // namespace saddleflow
