#include "saddleflow/correlation/neuron_ascent.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "saddleflow/correlation/kkt_ascent.hpp"
#include "saddleflow/correlation/ncf_flow.hpp"
#include "saddleflow/correlation/sphere.hpp"

namespace saddleflow {
namespace {

// Values of one KKT point of N_1 agree to rounding. Neurons whose values differ by more than half of the
// tolerance make no KKT point of the whole to the tolerance.
constexpr Real kTie = Real(0.5);
// The clock of a neuron decides which blows up first: it is off by some tolerances, which matters at the
// borders of basins only.
constexpr Real kRaceTolerance = Real(1e-6);
// Near a KKT point the active neurons are as large as the balance makes them; by judgement a neuron counts
// as active there from a tenth of the largest on (D = 2), or where c^(D-2) mu is more than half of the
// largest (D > 2), which is 1 or 0 at the point itself; it is not near the point if that is between a quarter
// and three quarters for some neuron.
constexpr Real kNormOfActive = Real(0.1);
constexpr Real kRateOfInactive = Real(0.25), kRateOfActive = Real(0.75);

/// One neuron at its limit.
struct Limit {
  Index neuron = 0;
  Real norm = 0;  ///< c_k
  KktPoint point;
};

class Ascent {
 public:
  Ascent(NeuronSum& sum, int sign, Real tolerance)
      : sum_(sum), f_(sum.neuron(), sign), whole_(sum.whole(), sign), tolerance_(tolerance) {}

  KktPoint from(const Vector& start) { return degree() == 2 ? largest_value(start) : first_blow_up(start); }

  KktPoint near(const Vector& direction) {
    std::vector<Limit> limits =
        limits_of(direction, [this](const Vector& part) { return polish(f_, part, tolerance_); });
    if (limits.empty()) return null_point(direction);
    const std::vector<Limit> active = degree() == 2 ? active_by_norm(limits) : active_by_rate(limits);
    return active.empty() ? from(direction) : composed(active);
  }

 private:
  int degree() const { return sum_.whole().network().degree(); }

  /// Of the neurons with weights.
  template <class Find>
  std::vector<Limit> limits_of(const Vector& u, const Find& find) const {
    std::vector<Limit> limits;
    for (Index k = 0; k < sum_.count(); ++k) {
      const Vector part = sum_.part(u, k);
      const Real norm = part.stableNorm();
      if (norm > 0) limits.push_back({k, norm, find(part)});
    }
    return limits;
  }

  bool tie(const KktPoint& a, const KktPoint& b) const {
    return std::abs(a.value - b.value) <= kTie * tolerance_ * std::max(std::abs(a.value), std::abs(b.value));
  }

  /// D = 2.
  KktPoint largest_value(const Vector& start) {
    std::vector<Limit> limits =
        limits_of(start, [this](const Vector& part) { return ascend(f_, part, tolerance_); });
    if (limits.empty()) return null_point(start);
    const KktPoint top = std::max_element(limits.begin(), limits.end(), [](const Limit& a, const Limit& b) {
                           return a.point.value < b.point.value;
                         })->point;
    // A neuron that has not come to its limit may yet outgrow the others.
    const auto open = std::find_if(limits.begin(), limits.end(), [this](const Limit& limit) {
      return !limit.point.null && limit.point.residual > tolerance_;
    });
    if (open != limits.end()) return composed({*open});
    std::erase_if(limits, [&](const Limit& limit) {
      return top.null ? !limit.point.null : limit.point.null || !tie(limit.point, top);
    });
    return composed(limits);
  }

  /// D > 2.
  KktPoint first_blow_up(const Vector& start) {
    std::optional<Limit> first;
    Real first_time = std::numeric_limits<Real>::infinity();  // ln of it
    Real open_time = first_time;                              // the end of a flow that was not finished
    bool standing = true;                                     // each neuron ends where its gradient vanishes
    for (Index k = 0; k < sum_.count(); ++k) {
      const Vector part = sum_.part(start, k);
      if (!(part.stableNorm() > 0)) continue;
      const NcfFlowResult flow = clock(part, first_time);
      standing = standing && flow.end == NcfEnd::stands;
      if (is_unresolved(flow.end)) open_time = std::min(open_time, flow.log_time);
      if (flow.end != NcfEnd::blow_up || flow.log_time >= first_time) continue;
      first_time = flow.log_time;
      first = Limit{k, 1, {.direction = flow.direction}};
    }
    if (!first && standing) return null_point(start);
    // Where all neurons shrink the largest N is negative or zero, and many neurons share it.
    if (!first || open_time < first_time) return ascend(whole_, start, tolerance_);
    first->point = polish(f_, first->point.direction, tolerance_);
    return composed({*first});
  }

  /// To the blow-up, but not beyond the time of another neuron's.
  NcfFlowResult clock(const Vector& part, Real log_latest) {
    NcfFlowOptions options;
    options.rtol = kRaceTolerance;
    options.sign = f_.sign();
    const Real latest = std::exp(log_latest);
    if (latest > 0) options.t_end = latest;
    return follow_ncf_flow(sum_.neuron(), part, options);
  }

  /// The neurons near a point with D = 2, empty where there is none near: their values then differ.
  std::vector<Limit> active_by_norm(const std::vector<Limit>& limits) const {
    const Limit& largest = *std::max_element(limits.begin(), limits.end(),
                                             [](const Limit& a, const Limit& b) { return a.norm < b.norm; });
    std::vector<Limit> active;
    for (const Limit& limit : limits) {
      const bool same = !limit.point.null && !largest.point.null && tie(limit.point, largest.point);
      if (same) active.push_back(limit);
      if (!same && limit.norm >= kNormOfActive * largest.norm) return {};
    }
    return active;
  }

  /// The same with D > 2, where lambda = c^(D-2) mu says which norms they have.
  std::vector<Limit> active_by_rate(const std::vector<Limit>& limits) const {
    const Real largest = std::max_element(limits.begin(), limits.end(), [](const Limit& a, const Limit& b) {
                           return a.norm < b.norm;
                         })->norm;
    const auto power = static_cast<Real>(degree() - 2);
    const auto rate = [power](const Limit& limit) {
      return limit.point.null ? Real(0) : std::pow(limit.norm, power) * limit.point.value;
    };
    const Real most =
        rate(*std::max_element(limits.begin(), limits.end(), [&](const Limit& a, const Limit& b) {
          return std::abs(rate(a)) < std::abs(rate(b));
        }));
    std::vector<Limit> active;
    for (const Limit& limit : limits) {
      const Real part = most == 0 ? Real(0) : rate(limit) / most;
      const bool large = limit.norm >= kNormOfActive * largest;
      if (part < kRateOfActive && (part > kRateOfInactive || large)) return {};
      if (part < kRateOfActive) continue;
      active.push_back(limit);
      active.back().norm = std::pow(std::abs(limit.point.value), -1 / power);
    }
    return active;
  }

  KktPoint null_point(const Vector& u) const {
    return {.direction = u.stableNormalized(), .gradient_norm = whole_.at(u).gradient_norm, .null = true};
  }

  /// The point of the whole with these neurons, in the proportions of their norms.
  KktPoint composed(const std::vector<Limit>& limits) const {
    Vector u = Vector::Zero(sum_.whole().size());
    Real residual = 0;
    for (const Limit& limit : limits) {
      u(sum_.parameters(limit.neuron)) = limit.norm * limit.point.direction;
      residual = std::max(residual, limit.point.residual);
    }
    if (limits.front().point.null) return null_point(u);
    const SpherePoint at = whole_.at(u);
    // On kinks the gradient is one of many; the neurons' own residuals know of the others.
    const bool kinked = sum_.whole().network().traits().kinked();
    return {.direction = at.u,
            .value = at.value,
            .gradient_norm = at.gradient_norm,
            .residual = kinked ? residual : std::max(residual, at.residual)};
  }

  NeuronSum& sum_;
  CorrelationOnSphere f_, whole_;
  Real tolerance_;
};

}  // namespace

KktPoint ascend_by_neurons(NeuronSum& sum, int sign, const Vector& start, Real tolerance) {
  return Ascent(sum, sign, tolerance).from(start);
}

KktPoint polish_by_neurons(NeuronSum& sum, const Vector& direction, Real tolerance) {
  return Ascent(sum, 1, tolerance).near(direction);
}

}  // namespace saddleflow
