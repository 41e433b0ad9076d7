#include "saddleflow/saddle/kinks/kinked_refine.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "saddleflow/flow/probe.hpp"
#include "saddleflow/network/feed_forward_state.hpp"

namespace saddleflow {
namespace {

// A derivative to one side that is zero but for rounding and the error of the point, in gradient units: a
// tenth of what the point may have in the end (kNoDerivative).
constexpr Real kZeroRate = Real(1e-9);
// A slope at its bound: the gradient on the surface has vanished to rounding.
constexpr Real kAtBound = Real(1e-11);
// A kink may be put elsewhere so often: across, onto it, and off it. One that comes back then goes round in
// circles.
constexpr int kMostMoves = 3;
// Rounds, a refinement each, in which one or some kinks change sides: by judgement.
constexpr int kMostRounds = 40;

// Rounds in a row that find no critical point and come no nearer to one, in relative gradient by this factor,
// than an earlier one: no mode of the kinks will, within the distance allowed. By judgement; refinements that
// succeed do so after one or two such rounds.
constexpr int kMostStalls = 3;
constexpr Real kNearer = Real(0.5);

class KinkSearch {
 public:
  KinkSearch(KinkedSurface& surface, const Vector& w, const RefineOptions& options, Real tolerance)
      : surface_(surface),
        w_(w),
        options_(options),
        tolerance_(tolerance),
        moves_(static_cast<std::size_t>(surface.index().count()), 0) {}

  KinkedRefinement run() {
    Mode mode = surface_.mode_at(w_, tolerance_);
    for (; result_.rounds < kMostRounds; ++result_.rounds) {
      result_.mode = mode;
      refine();
      if (is_hopeless() || !amend(mode)) break;
    }
    result_.consistent = surface_.strays(result_.refinement.point, tolerance_).crossed.empty();
    drop_weak();
    return std::move(result_);
  }

 private:
  void refine() {
    Vector start = w_;
    surface_.enter(result_.mode, w_);
    surface_.retract(start);
    result_.refinement = refine_critical_point(surface_.potential(), start, options_);
  }

  bool is_hopeless() {
    const Refinement& found = result_.refinement;
    if (found.converged || found.relative_gradient < kNearer * nearest_)
      stalls_ = 0;
    else
      ++stalls_;
    nearest_ = std::min(nearest_, found.relative_gradient);
    return stalls_ >= kMostStalls;
  }

  /// What the refined point says about the mode; false: nothing new.
  bool amend(Mode& mode) {
    const Vector& p = result_.refinement.point;
    const KinkedSurface::Strays strays = surface_.strays(p, tolerance_);
    bool changed = false;
    for (const Index k : strays.crossed) changed = cross(k, mode) || changed;
    // Beside a point that is none the slopes say little.
    if (changed || !result_.refinement.converged) return changed;
    for (const Index k : strays.landed)
      if (tries(k)++ == 0) {
        mode.set(k, Side::sliding);
        changed = true;
      }
    return changed || release(mode);
  }

  int& tries(Index k) { return moves_[static_cast<std::size_t>(k)]; }

  bool cross(Index k, Mode& mode) {
    if (tries(k) >= kMostMoves) return false;
    mode.set(k, ++tries(k) >= 2 ? Side::sliding : mode.side(k) == Side::above ? Side::below : Side::above);
    return true;
  }

  /// The one that the loss falls away from most steeply.
  bool release(Mode& mode) {
    if (mode.sliding.empty()) return false;
    const Vector& p = result_.refinement.point;
    const Real zero = kZeroRate * gradient_unit(surface_.objective(), p);
    if (surface_.slopes_at(p).gradient.norm() <= zero) return false;
    const KinkedSurface::Slopes s = surface_.slopes_at(p, KinkedSurface::Choose::tangent);
    Real steepest = -zero;
    Index which = -1;
    Side side = Side::below;
    for (std::size_t c = 0; c < mode.sliding.size(); ++c) {
      const auto [up, down] = rates(s, static_cast<Index>(c));
      const Index k = mode.sliding[c];
      const Real least = std::min(up, down);
      if (!(least < steepest) || std::max(up, down) < -zero || tries(k) >= kMostMoves) continue;
      steepest = least;
      which = k;
      side = up < down ? Side::above : Side::below;
    }
    if (which < 0) return false;
    ++tries(which);
    mode.set(which, side);
    return true;
  }

  /// Derivatives of the loss as z_k leaves zero upwards and downwards, the others held, per natural unit of
  /// z.
  std::pair<Real, Real> rates(const KinkedSurface::Slopes& s, Index c) const {
    const Real unit = unit_of(surface_.held()[static_cast<std::size_t>(c)]);
    if (!std::isfinite(s.slopes[c])) return {0, 0};
    return {s.back[c] * (1 - s.slopes[c]) * unit, s.back[c] * (s.slopes[c] - surface_.low()) * unit};
  }

  /// What z_k changes by with the neuron's own weights; where all that it sees is on its kink, with what it
  /// sees.
  Real unit_of(const Kink& kink) const {
    const Vector& p = result_.refinement.point;
    const Real below = surface_.objective().state_at(p)->input_of(kink.layer).col(kink.sample).norm();
    if (below > 0) return below;
    return surface_.objective().network().layout().matrix(p, kink.layer).row(kink.neuron).norm();
  }

  /// Held kinks that nothing depends on are no constraint: to the side where rounding has them. Nor are those
  /// with their slope at a bound.
  void drop_weak() {
    const Vector& p = result_.refinement.point;
    if (!result_.mode.sliding.empty()) {
      const KinkedSurface::Slopes s = surface_.slopes_at(p);
      const std::vector<Index> held = result_.mode.sliding;
      const Real zero = kZeroRate * gradient_unit(surface_.objective(), p);
      for (std::size_t c = 0; c < held.size(); ++c) drop_if_weak(s, c, held[c], zero);
    }
    surface_.enter(result_.mode, p);
    const std::size_t there = surface_.strays(p, tolerance_).landed.size();
    result_.idle = static_cast<Index>(std::max(there, result_.loose.size()) - result_.loose.size());
  }

  void drop_if_weak(const KinkedSurface::Slopes& s, std::size_t c, Index k, Real zero) {
    const Kink kink = surface_.held()[c];
    const Real back = s.back[static_cast<Index>(c)], slope = s.slopes[static_cast<Index>(c)];
    const Real slack = kAtBound * (1 - surface_.low());
    const bool low = slope - surface_.low() <= slack, high = 1 - slope <= slack;
    if (std::abs(back) * unit_of(kink) <= zero) {
      result_.mode.set(k, Side::below);
    } else if (back > 0 && (low || high)) {
      result_.mode.set(k, low ? Side::below : Side::above);
      result_.loose.push_back(kink);
    }
  }

  KinkedSurface& surface_;
  const Vector& w_;
  const RefineOptions& options_;
  Real tolerance_;
  std::vector<int> moves_;  // how often each switch has been put elsewhere
  int stalls_ = 0;
  Real nearest_ = std::numeric_limits<Real>::infinity();  // the least relative gradient of a round
  KinkedRefinement result_;
};

}  // namespace

Real gradient_unit(Objective& objective, const Vector& w) {
  const Matrix& targets = objective.data().targets;
  Matrix here, at_origin;
  objective.loss().derivative(objective.outputs(w), targets, here);
  objective.loss().derivative(Matrix::Zero(targets.rows(), targets.cols()), targets, at_origin);
  Real unit = (here.norm() + kFittedResidual * at_origin.norm()) * objective.columns().norm();
  const Layout& layout = objective.network().layout();
  for (int l = 0; l < layout.layer_count(); ++l) unit *= layout.matrix(w, l).norm();
  return w.isZero(0) ? Real(0) : unit / w.norm();
}

KinkedRefinement refine_on_kinks(KinkedSurface& surface, const Vector& w, const RefineOptions& options,
                                 Real kink_tolerance) {
  return KinkSearch(surface, w, options, kink_tolerance).run();
}

}  // namespace saddleflow
