#include "saddleflow/saddle/kinks/kinked_point.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/piecewise/cells.hpp"

namespace saddleflow {
namespace {

// Cosines of a kink's normal and a direction up to this are zero. Eigenvectors are known to rounding over the
// gap of their eigenvalues: the square root of rounding allows for gaps as small.
constexpr Real kAlongKink = Real(1e-8);

Matrix unit_columns(Matrix m) {
  for (Index k = 0; k < m.cols(); ++k)
    if (m.col(k).norm() > 0) m.col(k).normalize();
  return m;
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
  const auto null_space = spectrum.null_parts();
  if (!null_space) return;
  const Matrix normals = surface.normals(w, surface.held());
  zero_modes =
      explain_zero_modes(surface.objective(), w, *null_space, kZeroModeAngle, normals, &surface.pattern());
}

int open_side(KinkedSurface& surface, const Vector& w, const std::vector<Kink>& loose, const Vector& v) {
  if (loose.empty()) return 1;
  Matrix outwards = surface.normals(w, loose);
  for (std::size_t k = 0; k < loose.size(); ++k)
    if (surface.mode().side(surface.index()(loose[k])) == Side::below)
      outwards.col(static_cast<Index>(k)) *= -1;
  const Vector rates = unit_columns(outwards).transpose() * v;
  if (rates.minCoeff() >= -kAlongKink) return 1;
  return rates.maxCoeff() <= kAlongKink ? -1 : 0;
}

}  // namespace saddleflow
