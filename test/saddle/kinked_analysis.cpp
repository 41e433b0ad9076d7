#include "saddle/kinked_analysis.hpp"

#include <fmt/format.h>

#include "saddleflow/base/error.hpp"

namespace saddleflow::test {
namespace {

// ||l'(H)|| beside that of the zero network up to which the point is a fit: the point is refined to rounding,
// and so is the residual.
constexpr Real kFit = Real(1e-10);

bool is_fitted(Objective& objective, const Vector& w) {
  const Matrix& targets = objective.data().targets;
  Matrix here, at_origin;
  objective.loss().derivative(objective.outputs(w), targets, here);
  objective.loss().derivative(Matrix::Zero(targets.rows(), targets.cols()), targets, at_origin);
  return here.norm() <= kFit * at_origin.norm();
}

/// The steepest one that stays on the sides of the loose kinks.
void take_eigenvector(KinkedSurface& surface, KinkedPoint& point) {
  const Spectrum& s = point.spectrum;
  point.verdict = KinkedVerdict::degenerate;
  for (Index k = 0; k < s.negative; ++k) {
    const int side = open_side(surface, point.point(), point.refinement.loose, s.vectors.col(k));
    if (side == 0) continue;
    point.verdict = KinkedVerdict::saddle;
    point.descent = side * s.vectors.col(k);
    point.descent_rate = s.eigenvalues[k];
    return;
  }
}

void judge(KinkedSurface& surface, KinkedPoint& point, bool fitted) {
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
    take_eigenvector(surface, point);
  } else {
    const bool linear = first.kinks.empty() || first.grows();
    const bool positive = s.complete && point.zero_modes.unexplained == 0;
    point.verdict =
        linear && positive && first.idle == 0 ? KinkedVerdict::minimum : KinkedVerdict::degenerate;
  }
}

}  // namespace

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
  judge(surface, point, is_fitted(objective, point.point()));
  return point;
}

}  // namespace saddleflow::test
