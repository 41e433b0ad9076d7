#include "saddleflow/saddle/critical_point.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/correlation/separable.hpp"
#include "saddleflow/flow/probe.hpp"
#include "saddleflow/problem/correlation_unit.hpp"

namespace saddleflow {

namespace {

// What the residual must be, relative to that of the zero network: below it is that of a fit, 1e-10 of the
// loss, and no N of it says anything.
constexpr Real kAtZeroLoss = Real(1e-5);
// ||grad L|| ||w|| beside that of outputs and residual, see Probe: a valley that falls towards infinity has a
// gradient small beside ||Hess L|| ||w||, too. Ten times what a flow that is at rest has: refined points have
// far less.
constexpr Real kProximity = Real(1e-8);

// A critical point with a small neuron active must be this much closer than the one with it at zero; and one
// with it at zero is the same as one at which Newton's method has made it this small. By judgement.
constexpr Real kActive = Real(0.1), kRest = Real(1e-3);

class Analysis {
 public:
  Analysis(Objective& objective, const Vector& w, const CriticalPointOptions& options)
      : objective_(objective), network_(objective.network()), options_(options) {
    result_.basis = principal_basis(network_, w);
    w_ = result_.basis.enter(network_, w);
    if (!PiecewiseFlow::applies_to(network_)) return;
    objective_.clear_mode();
    surface_.emplace(objective_);
  }

  CriticalPoint run() {
    const WorkCounters before = objective_.counters();
    if (w_.isZero(0)) {
      at_origin();
    } else {
      refine();
    }
    check_proximity();
    if (surface_) find_kinks();
    count_neurons();
    if (result_.is_critical()) {
      find_spectrum();
      find_ways_down();
      classify();
    }
    result_.work = result_.work + (objective_.counters() - before);
    surface_.reset();
    return std::move(result_);
  }

 private:
  /// A refinement, and of networks with kinks where it has ended.
  struct Found {
    Refinement refinement;
    Mode mode;
    std::vector<Kink> loose;
    Index idle = 0;
  };

  Found refine_at(const Vector& w) {
    if (!surface_) return {refine_critical_point(objective_, w, options_.refine), {}, {}};
    KinkedRefinement found = refine_on_kinks(*surface_, w, options_.refine, options_.kink_tolerance);
    if (!found.consistent) {
      // Kinks that are crossed beside a point that is none say nothing.
      if (found.refinement.converged) found.refinement.obstacle = Obstacle::kinks;
      found.refinement.status = RefineStatus::stalled;
      found.refinement.converged = false;
    }
    return {std::move(found.refinement), std::move(found.mode), std::move(found.loose), found.idle};
  }

  void at_origin() {
    if (surface_) {
      found_.mode = surface_->mode_at(w_, options_.kink_tolerance);
      surface_->enter(found_.mode, w_);
    }
    Vector gradient(w_.size());
    result_.refinement.point = w_;
    result_.refinement.loss = objective_.gradient(w_, gradient);
    // Of a network homogeneous of degree two or more; else the origin is a point like any other.
    const bool critical = network_.traits().homogeneous || gradient.isZero(0);
    result_.refinement.status = critical ? RefineStatus::critical : RefineStatus::stalled;
    result_.refinement.converged = critical;
    for (std::size_t k = 0; k < network_.neurons().size(); ++k)
      result_.inactive.neurons.push_back(static_cast<Index>(k));
  }

  // What is inactive along a trajectory is zero at the saddle: Newton's method would get there by halves (the
  // gradient is of second order in such a neuron), and stop short. But a small neuron may be active, too:
  // then w is much closer to the critical point where it is.
  void refine() {
    Found found = refine_at(w_);
    const Refinement& whole = found.refinement;
    InactiveNeurons inactive = find_inactive(network_, w_, options_.inactive_gap);
    if (!inactive.neurons.empty()) {
      Found zeroed = refine_zeroed(w_, inactive);
      const Real away = (zeroed.refinement.point - w_).norm();
      if (zeroed.refinement.converged && !(whole.converged && (whole.point - w_).norm() < kActive * away))
        return take(std::move(zeroed), std::move(inactive));
      if (!whole.converged) return take(std::move(zeroed), std::move(inactive));
    }
    if (whole.converged) {
      inactive = find_inactive(network_, whole.point, options_.inactive_gap);
      if (!inactive.neurons.empty()) {
        Found zeroed = refine_zeroed(whole.point, inactive);
        const Real away = (zeroed.refinement.point - whole.point).norm();
        if (zeroed.refinement.converged && away < kRest * whole.point.norm())
          return take(std::move(zeroed), std::move(inactive));
      }
    }
    take(std::move(found), {});
    result_.inactive = find_inactive(network_, result_.refinement.point,
                                     std::numeric_limits<Real>::infinity());  // exact zeros only
  }

  Found refine_zeroed(const Vector& w, const InactiveNeurons& inactive) {
    return refine_at(put_to_zero(network_, w, inactive.neurons));
  }

  void take(Found found, InactiveNeurons inactive) {
    found_ = std::move(found);
    result_.refinement = std::move(found_.refinement);
    result_.inactive = std::move(inactive);
    if (surface_) surface_->enter(found_.mode, result_.point());
  }

  /// Critical on the surface of its kinks is critical if Clarke's subdifferential contains zero.
  void find_kinks() {
    if (!result_.is_critical()) return;
    result_.kinks = first_order_at(*surface_, result_.point(), found_.loose, found_.idle);
    if (result_.kinks->clarke_stationary) return;
    result_.refinement.obstacle = Obstacle::slopes;
    result_.refinement.status = RefineStatus::stalled;
    result_.refinement.converged = false;
  }

  void check_proximity() {
    if (!result_.is_critical() || w_.isZero(0)) return;
    GradientFlow flow(objective_);
    const Vector x = GradientFlow::initial_state(result_.point());
    Probe probe(flow, x);
    Observables o;
    probe.observe(x, o);
    result_.proximity = o.proximity;
    if (o.proximity <= kProximity) return;
    result_.refinement.obstacle = Obstacle::valley;
    result_.refinement.status = RefineStatus::stalled;
    result_.refinement.converged = false;
  }

  void count_neurons() {
    int layers = 0;
    for (const Neuron& neuron : network_.neurons()) layers = std::max(layers, neuron.layer + 1);
    result_.decays = !objective_.decay().empty();
    result_.active_neurons.assign(static_cast<std::size_t>(layers), 0);
    const std::vector<Index>& inactive = result_.inactive.neurons;
    for (std::size_t k = 0; k < network_.neurons().size(); ++k)
      if (!std::binary_search(inactive.begin(), inactive.end(), static_cast<Index>(k)))
        ++result_.active_neurons[static_cast<std::size_t>(network_.neurons()[k].layer)];
  }

  void find_spectrum() {
    SpectrumOptions options = options_.spectrum;
    options.vectors = true;
    Spectrum& s = result_.spectrum;
    if (surface_) return second_order_at(*surface_, result_.point(), options, s, result_.zero_modes);
    s = hessian_spectrum(objective_, result_.point(), options);
    if (const auto null_space = s.null_parts())
      result_.zero_modes = explain_zero_modes(objective_, result_.point(), *null_space);
  }

  void find_ways_down() {
    const Spectrum& s = result_.spectrum;
    for (Index i = 0; i < s.known_negative(); ++i) add_eigenvector(s.vectors.col(i), s.eigenvalues[i]);
    if (result_.kinks && result_.kinks->falls())
      result_.escapes.push_back({EscapeDirection::Kind::descent, result_.kinks->one_sided.direction,
                                 -result_.kinks->one_sided.least, 1, -1, -1, 0});
    // Neuron by neuron where that is all there is; else several layers must grow together.
    if (w_.isZero(0) && !is_separable(network_)) {
      const bool beyond_hessian =
          network_.degree() > 2 || (network_.degree() == 2 && network_.traits().kinked());
      if (network_.traits().homogeneous && beyond_hessian && options_.search_at_origin) add_origin();
      return;
    }
    if (is_fitted()) return;
    for (const Index k : result_.inactive.neurons)
      if (!has_neuron_ncf(network_, k)) result_.unknown_ncfs.push_back(k);
    result_.ncfs = neuron_ncfs(objective_, result_.point(), result_.inactive.neurons, options_.search,
                               result_.kinks ? &result_.kinks->pattern : nullptr);
    for (const NeuronNcf& ncf : result_.ncfs) add_neuron(ncf);
    // Neurons that find no way down alone may find one together.
    if (result_.escapes.empty()) add_path();
  }

  // Where the point lies on a kink that is not held, the loss rises on one side of it to first order. An
  // eigenvector that leads to such a side with either sign is no way down.
  void add_eigenvector(const Vector& v, Real eigenvalue) {
    const int side = result_.kinks ? open_side(*surface_, result_.point(), result_.kinks->loose, v) : 1;
    if (side == 0) return;
    result_.escapes.push_back({EscapeDirection::Kind::eigenvector, side * v, -eigenvalue, 2, -1, -1, 0});
  }

  // Of degree 2 where the network is smooth N is part of the Hessian: those ways are eigenvectors already. In
  // a population the mean over the inputs smooths the kinks, but not that of a neuron that is zero.
  void add_neuron(const NeuronNcf& ncf) {
    result_.work = result_.work + ncf.table.work;
    if (ncf.degree() == 2 && !network_.traits().kinked() && network_.activation().is_smooth()) return;
    const Index neuron = ncf.neurons.front();
    const EscapeDirection way{EscapeDirection::Kind::correlation, {}, 0, ncf.degree(), ncf.layer, neuron, 0};
    add_maximisers(ncf.table, *ncf.neuron, way,
                   [&](const Vector& ab) { return ncf.embed(network_, ab, neuron); });
  }

  void add_path() {
    const auto path = path_ncf(objective_, result_.point(), result_.inactive.neurons, options_.search);
    if (!path) return;
    add_maximisers(path->table, *path->network, together(), [&](const Vector& u) {
      Vector direction = Vector::Zero(w_.size());
      direction(path->parameters) = u;
      return direction;
    });
    result_.work = result_.work + path->table.work;
  }

  void add_origin() {
    Correlation correlation(objective_);
    KktSearchOptions options = options_.search;
    options.descend = false;
    const KktTable table = find_kkt_points(correlation, options);
    add_maximisers(table, objective_, together(), [](const Vector& u) { return u; });
    result_.work = result_.work + table.work;
  }

  // Several neurons at once, all layers.
  EscapeDirection together() const {
    return {EscapeDirection::Kind::correlation, {}, 0, network_.degree(), -1, -1, 0};
  }

  /// A way down for each positive KKT point of the problem's NCF but its saddles, from which its flow turns
  /// away.
  template <class Embed>
  void add_maximisers(const KktTable& table, const Objective& problem, EscapeDirection way, Embed embed) {
    const Real unit = correlation_unit(problem);
    for (const KktEntry& entry : table.entries) {
      if (entry.point.null || !(entry.point.value > kLeastValue * unit)) continue;
      if (entry.second_order.status == SecondOrder::Status::saddle) continue;
      way.direction = embed(entry.point.direction);
      const std::optional<Real> value = value_beside_decay(entry.point.value, way);
      if (!value || !(*value > kLeastValue * unit)) continue;
      way.value = *value;
      way.basin_share = entry.basin_share;
      result_.escapes.push_back(way);
    }
  }

  /// What the decay leaves of N: N - lambda/2 of degree 2; above, the decay of small weights is faster than
  /// their growth, and there is no way down. Where the weights have different lambdas the KKT points are
  /// those of another problem: not known.
  std::optional<Real> value_beside_decay(Real value, const EscapeDirection& way) {
    if (objective_.decay().empty()) return value;
    if (way.degree > 2) return std::nullopt;
    std::vector<Index> weights;
    for (Index i = 0; i < way.direction.size(); ++i)
      if (way.direction[i] != 0) weights.push_back(i);
    if (const std::optional<Real> lambda = objective_.decay().common(weights)) return value - *lambda / 2;
    if (way.neuron >= 0 && std::ranges::find(result_.unknown_ncfs, way.neuron) == result_.unknown_ncfs.end())
      result_.unknown_ncfs.push_back(way.neuron);
    return std::nullopt;
  }

  bool is_fitted() {
    return objective_.loss().is_fitted(objective_.outputs(result_.point()), objective_.data().targets,
                                       kAtZeroLoss);
  }

  void classify() {
    if (w_.isZero(0)) {
      result_.kind = CriticalKind::origin;
    } else {
      result_.kind =
          result_.escapes.empty() && !falls_elsewhere() ? CriticalKind::minimum : CriticalKind::saddle;
    }
  }

  /// Negative eigenvalues whose vectors are not known, at a point beside which there is no kink that they
  /// might lead to.
  bool falls_elsewhere() const {
    const bool loose = result_.kinks && !result_.kinks->loose.empty();
    return !loose && result_.spectrum.negative > result_.spectrum.known_negative();
  }

  Objective& objective_;
  const Network& network_;
  Vector w_;
  const CriticalPointOptions& options_;
  std::optional<KinkedSurface> surface_;  // of networks with kinks
  Found found_;
  CriticalPoint result_;
};

}  // namespace

CriticalPoint analyse_critical_point(Objective& objective, const Vector& w,
                                     const CriticalPointOptions& options) {
  if (w.size() != objective.size())
    throw InputError(
        fmt::format("critical point: found {} weights, expected {}", w.size(), objective.size()));
  if (!w.allFinite()) throw InputError("critical point: a weight is not finite");
  require_known_kinks(objective.network(), "critical point");
  CriticalPoint result = Analysis(objective, w, options).run();
  if (result.refinement.status == RefineStatus::gradient_flat) result.kind = CriticalKind::gradient_flat;
  return result;
}

}  // namespace saddleflow
