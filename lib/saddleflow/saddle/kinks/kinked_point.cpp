#include "saddleflow/saddle/kinks/kinked_point.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/piecewise/cells.hpp"

namespace saddleflow {
namespace {

// ||l'(H)|| beside that of the zero network up to which the point is a fit: the point is refined to rounding,
// and so is the residual.
constexpr Real kFit = Real(1e-10);

Matrix unit_columns(Matrix m) {
  for (Index k = 0; k < m.cols(); ++k)
    if (m.col(k).norm() > 0) m.col(k).normalize();
  return m;
}

bool is_fitted(Objective& objective, const Vector& w) {
  const Matrix& targets = objective.data().targets;
  Matrix here, at_origin;
  objective.loss().derivative(objective.outputs(w), targets, here);
  objective.loss().derivative(Matrix::Zero(targets.rows(), targets.cols()), targets, at_origin);
  return here.norm() <= kFit * at_origin.norm();
}

/// The least norm of the Clarke subdifferential. Slopes that are free on their own are in it where the
/// normals are independent; else, and where kinks are on one path, their gradient is that of a search in
/// another set.
Real least_gradient(KinkedSurface& surface, const Vector& w, const OneSidedModel& model,
                    const Vector& of_free_slopes) {
  const std::vector<OneSidedModel::Group>& groups = model.groups();
  const bool free = std::all_of(groups.begin(), groups.end(), [](const OneSidedModel::Group& group) {
    return group.is_independent && group.f.feed.isZero(0);
  });
  const std::optional<Real> across = free ? std::nullopt : model.distance_from_zero(kMostCells);
  if (!across) return of_free_slopes.norm();
  Vector along;
  surface.objective().gradient(w, along);
  return std::hypot(along.norm(), *across);
}

/// The steepest one that stays on the sides of the loose kinks; `loose`: their gradients, outwards.
void take_eigenvector(KinkedPoint& point, const Matrix& loose) {
  const Spectrum& s = point.spectrum;
  point.verdict = KinkedVerdict::degenerate;
  for (Index k = 0; k < s.negative; ++k) {
    const Vector rates = loose.transpose() * s.vectors.col(k);
    const bool plus = rates.size() == 0 || rates.minCoeff() >= 0;
    if (!plus && rates.maxCoeff() > 0) continue;
    point.verdict = KinkedVerdict::saddle;
    point.descent = (plus ? 1 : -1) * s.vectors.col(k);
    point.descent_rate = s.eigenvalues[k];
    return;
  }
}

void judge(KinkedPoint& point, const Matrix& loose, bool fitted) {
  const KinkedFirstOrder& first = point.first_order;
  const Spectrum& s = point.spectrum;
  if (!first.clarke_stationary) return;
  if (first.falls()) {
    point.verdict = KinkedVerdict::saddle;
    point.descent = first.one_sided.direction;
    point.descent_rate = first.one_sided.least;
    point.descent_is_first_order = true;
  } else if (fitted) {
    point.verdict = KinkedVerdict::minimum;
  } else if (s.negative > 0) {
    take_eigenvector(point, loose);
  } else {
    const bool linear = first.kinks.empty() || first.grows();
    const bool positive = s.complete && point.zero_modes.unexplained == 0;
    point.verdict =
        linear && positive && first.idle == 0 ? KinkedVerdict::minimum : KinkedVerdict::degenerate;
  }
}

}  // namespace

KinkedFirstOrder first_order_at(KinkedSurface& surface, const Vector& w, const std::vector<Kink>& loose,
                                Index idle, const OneSidedOptions& options) {
  KinkedFirstOrder first;
  KinkedSurface::Slopes found = surface.slopes_at(w);
  first.kinks = surface.held();
  first.idle = idle;
  first.loose = loose;
  first.unit = gradient_unit(surface.objective(), w);
  const OneSidedModel model(surface, w);
  const Real least = least_gradient(surface, w, model, found.gradient);
  first.clarke_residual = first.unit > 0 ? least / first.unit : least;
  first.clarke_stationary = first.clarke_residual <= kNoDerivative;
  const Real low = surface.low();
  first.margin = Real(0.5);
  for (const Real s : found.slopes)
    first.margin = std::min(first.margin, std::min(s - low, 1 - s) / (1 - low));
  first.slopes = std::move(found.slopes);
  first.back = std::move(found.back);
  first.pattern = std::move(found.pattern);
  first.gradient = std::move(found.gradient);
  if (first.kinks.empty()) return first;
  first.codimension = PivotedQr(unit_columns(surface.normals(w, first.kinks))).rank();
  OneSidedOptions scaled = options;
  scaled.zero = std::max(options.zero, kNoDerivative * first.unit);
  first.one_sided = least_one_sided(model, scaled);
  // Beside loose kinks the loss is above the mode's continuation: so it may not fall where that does.
  if (!loose.empty() && first.falls()) {
    first.one_sided.least = OneSidedModel(surface, w, loose)(first.one_sided.direction);
    first.one_sided.exact = first.one_sided.sign_is_exact = false;
  }
  // Each term mu_k z_k' + b_k sigma(z_k') with mu_k = -s_k b_k is positive or zero, wherever the z_k' lie.
  if (first.clarke_stationary && first.back.minCoeff() >= 0 && !first.falls())
    first.one_sided.sign_is_exact = true;
  return first;
}

void second_order_at(KinkedSurface& surface, const Vector& w, SpectrumOptions options, Spectrum& spectrum,
                     ZeroModes& zero_modes) {
  options.vectors = true;
  spectrum = hessian_spectrum(surface.objective(), w, options);
  if (!spectrum.complete) return;
  const Matrix normals = surface.normals(w, surface.held());
  zero_modes = explain_zero_modes(surface.objective(), w,
                                  spectrum.vectors.middleCols(spectrum.negative, spectrum.zero),
                                  kZeroModeAngle, normals, &surface.pattern());
}

KinkedPoint analyse_kinked_point(Objective& objective, const Vector& w, const KinkedPointOptions& options) {
  if (w.size() != objective.size())
    throw InputError(fmt::format("kinked point: found {} weights, expected {}", w.size(), objective.size()));
  KinkedSurface surface(objective);
  KinkedPoint point;
  point.refinement = refine_on_kinks(surface, w, options.refine, options.kink_tolerance);
  if (!point.refinement.refinement.converged || !point.refinement.consistent) return point;
  point.first_order = first_order_at(surface, point.point(), point.refinement.loose, point.refinement.idle,
                                     options.one_sided);
  second_order_at(surface, point.point(), options.spectrum, point.spectrum, point.zero_modes);
  const std::vector<Kink>& loose = point.refinement.loose;
  Matrix outwards = surface.normals(point.point(), loose);
  for (std::size_t k = 0; k < loose.size(); ++k)
    if (surface.mode().side(surface.index()(loose[k])) == Side::below)
      outwards.col(static_cast<Index>(k)) *= -1;
  judge(point, outwards, is_fitted(objective, point.point()));
  return point;
}

}  // namespace saddleflow
