#include "validation/beside_saddle.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "saddleflow/base/random.hpp"
#include "saddleflow/correlation/second_order.hpp"
#include "saddleflow/flow/flow_assembly.hpp"
#include "saddleflow/saddle/limit_path.hpp"
#include "saddleflow/saddle/visit.hpp"
#include "validation/first_visit.hpp"
#include "validation/limit_direction.hpp"

namespace saddleflow::claims {

namespace {

constexpr std::uint64_t kTried = 20;  // starts on the way to a saddle: by judgement
// The drift of the kept weights is looked at when small ones have grown by this: still small, and no longer a
// start.
constexpr Real kGrown = 10;
// Rounding of the gradient at a saddle of size 1, times ten: so much per unit of time means nothing.
constexpr Real kGradientNoise = Real(1e-14);
constexpr Real kNotReached = std::numeric_limits<Real>::quiet_NaN();
// Where the way along a KKT point of a network with kinks starts: the path's error is of the order of its
// square.
constexpr Real kAlmostZero = Real(1e-6);
// Values of N that are one, and neurons that grow at one rate.
constexpr Real kSameRate = Real(1e-6);

/// u0 with the first neuron of every hidden layer alone.
Vector one_neuron_a_layer(const Network& network, const Vector& u0) {
  std::vector<Index> others;
  for (std::size_t k = 0; k < network.neurons().size(); ++k)
    if (network.neurons()[k].index > 0) others.push_back(static_cast<Index>(k));
  return put_to_zero(network, u0, others);
}

/// The highest N of all layers; its value is 0 where there is none.
void choose_best(ZeroNeuronSaddle& saddle) {
  for (std::size_t k = 0; k < saddle.point.ncfs.size(); ++k)
    for (const KktEntry& entry : saddle.point.ncfs[k].table.entries) {
      if (entry.point.null || !(entry.point.value > saddle.best.point.value)) continue;
      saddle.best = entry;
      saddle.ncf = k;
    }
}

/// Weights near the first critical point on the limit path along a KKT point; none where there is none.
Vector end_of_path(Problem& problem, const KktPoint& kkt) {
  // The expansion of the limit path is that of a smooth network: with kinks a small start stands in for it.
  if (problem.network().traits().kinked())
    return arrival_from_origin(problem, kkt.direction, kAlmostZero).visit.closest;
  LimitPathOptions options;
  options.rtol = problem.rtol;
  options.max_steps = problem.max_steps;
  options.interrupt = problem.interrupt;
  const LimitPath path = compute_limit_path(problem.objective, kkt, options);
  problem.check_interrupt();
  return path.points.back().weights;
}

ZeroNeuronSaddle saddle_of(Problem& problem, const Vector& start) {
  ZeroNeuronSaddle saddle;
  const LimitDirection limit = find_limit(problem.correlation, start);
  if (!limit.grows()) {
    saddle.problem = "the start " + describe(limit);
    return saddle;
  }
  const Vector end = end_of_path(problem, limit.kkt.point);
  if (end.size() == 0) {
    saddle.problem = "the flow along the KKT point comes to no critical point";
    return saddle;
  }
  CriticalPointOptions analysis;
  analysis.search.descend = false;
  saddle.point = analyse_critical_point(problem.objective, end, analysis);
  saddle.parameters = parameters_of(problem.network(), saddle.point.inactive.neurons);
  if (saddle.point.kind == CriticalKind::saddle) choose_best(saddle);
  if (!(saddle.best.point.value > 0)) saddle.problem = "the limit path ends at no saddle with zero neurons";
  return saddle;
}

}  // namespace

Vector ZeroNeuronSaddle::aligned(const Network& network) const {
  const NeuronNcf& function = point.ncfs[ncf];
  return function.embed(network, best.point.direction, function.neurons.front());
}

Vector ZeroNeuronSaddle::random(const Network& network, std::uint64_t of) const {
  Random source(of);
  Vector z = Vector::Zero(network.parameter_count());
  const Matrix entries = source.normal_matrix(static_cast<Index>(parameters.size()), 1);
  z(parameters) = entries.col(0);
  return z.normalized();
}

ZeroNeuronSaddle ZeroNeuronSaddle::with_functions_of_its_own() const {
  ZeroNeuronSaddle copy = *this;
  for (NeuronNcf& function : copy.point.ncfs)
    function.neuron = std::make_shared<Objective>(function.neuron->shared_network(), function.neuron->data(),
                                                  function.neuron->loss());
  return copy;
}

ZeroNeuronSaddle find_saddle(Problem& problem, std::uint64_t seed) {
  ZeroNeuronSaddle saddle;
  for (std::uint64_t k = 0; k < kTried; ++k) {
    problem.check_interrupt();
    saddle = saddle_of(problem, one_neuron_a_layer(problem.network(), problem.direction(seed + k)));
    saddle.seed = seed + k;
    if (saddle.problem.empty()) break;
  }
  return saddle;
}

Real aligned_departure_time(int power, Real value, Real delta) {
  return escape_time(power + 1, value, std::log(delta));
}

Prediction::Prediction(const Network& network, const ZeroNeuronSaddle& saddle, const Vector& z)
    : network_(network),
      saddle_(saddle),
      departures_(predict_departures(network, saddle.point.ncfs, saddle.point.point() + z)) {}

// By the scaling of the NCF flow, u(t; delta u0) = delta u(delta^{p-1} t; u0).
Real Prediction::time_of(const Departure& d, Real delta) const {
  const Real log_delta = std::log(delta);
  if (d.flow.end == NcfEnd::blow_up)
    return std::exp(d.flow.log_time - static_cast<Real>(saddle_.power() - 1) * log_delta);
  if (d.flow.end == NcfEnd::grows) return d.flow.time - (d.flow.log_norm + log_delta) / (2 * d.flow.value);
  return std::numeric_limits<Real>::infinity();
}

const Departure* Prediction::first(Real delta) const {
  const Departure* soonest = nullptr;
  for (const Departure& d : departures_)
    if (std::isfinite(time_of(d, delta)) && (!soonest || time_of(d, delta) < time_of(*soonest, delta)))
      soonest = &d;
  return soonest;
}

Index Prediction::neuron(Real delta) const {
  const Departure* d = first(delta);
  return d ? d->neuron : -1;
}

Real Prediction::time(Real delta) const {
  const Departure* d = first(delta);
  return d ? time_of(*d, delta) : std::numeric_limits<Real>::infinity();
}

std::vector<Index> Prediction::activated(Real delta) const {
  const Departure* soonest = first(delta);
  std::vector<Index> neurons;
  for (const Departure& d : departures_)
    if (soonest && (d.neuron == soonest->neuron ||
                    (saddle_.power() == 1 && std::isfinite(time_of(d, delta)) &&
                     std::abs(d.flow.value - soonest->flow.value) <= kSameRate * soonest->flow.value)))
      neurons.push_back(d.neuron);
  std::sort(neurons.begin(), neurons.end());
  return neurons;
}

Real Prediction::company(Real delta) const {
  const std::vector<Index> fastest = activated(delta);
  Real largest = 0;
  for (const Departure& d : departures_) {
    if (!std::isfinite(time_of(d, delta)) || std::binary_search(fastest.begin(), fastest.end(), d.neuron))
      continue;
    largest = std::max(largest, std::exp(-2 * d.flow.value * (time_of(d, delta) - time(delta))));
  }
  return largest;
}

Real Prediction::misdirection(const Vector& w) const {
  Vector rest = w;
  for (const Departure& d : departures_) {
    if (saddle_.power() > 1 && d.neuron != neuron(1)) continue;
    for (const NeuronNcf& ncf : saddle_.point.ncfs) {
      if (std::find(ncf.neurons.begin(), ncf.neurons.end(), d.neuron) == ncf.neurons.end()) continue;
      const Vector limit = ncf.embed(network_, d.flow.direction, d.neuron);
      rest -= limit.dot(w) * limit;
    }
  }
  return rest(saddle_.parameters).stableNorm() / w(saddle_.parameters).stableNorm();
}

Real Prediction::direction_power() const {
  const Departure* d = first(1);
  Real nearest = -1, power = 0;
  for (const NeuronNcf& ncf : saddle_.point.ncfs) {
    if (!d || ncf.layer != d->layer) continue;
    for (const KktEntry& entry : ncf.table.entries) {
      const Real cosine = neuron_cosine(ncf.neuron->network(), entry.point.direction, d->flow.direction);
      if (!(cosine > nearest)) continue;
      nearest = cosine;
      if (entry.second_order.status == SecondOrder::Status::unknown)
        power = std::numeric_limits<Real>::quiet_NaN();
      else
        power = std::min(Real(1), angle_exponent(entry, ncf.degree())) / 2;
    }
  }
  return power;
}

namespace {

class BesideFlow {
 public:
  BesideFlow(Problem& problem, const ZeroNeuronSaddle& saddle, const Prediction& prediction, Real delta)
      : problem_(problem), saddle_(saddle), prediction_(prediction), delta_(delta) {
    out_.misdirection = out_.drift = out_.time = kNotReached;
  }

  Departing run(const Vector& z) {
    const Real foretold = prediction_.time(delta_);
    if (!std::isfinite(foretold) || !(delta_ < saddle_.leaving_norm() / 2)) return std::move(out_);
    FlowAssemblyOptions options;
    options.charts = FlowAssemblyOptions::Charts::cartesian;
    options.stepper = problem_.stepper;
    options.stepping = problem_.stepper_options;
    options.events = no_flow_events();
    options.events.own = marks();
    FlowAssembly parts(problem_.objective, saddle_.point.point() + delta_ * z, options);
    follow(parts, kLongest * foretold);
    return std::move(out_);
  }

 private:
  static constexpr Real kLongest = 100;  // of the times foretold

  void follow(FlowAssembly& parts, Real t_end) {
    IntegrationOptions options;
    options.t_end = t_end;
    options.max_steps = problem_.max_steps;
    options.interrupt = problem_.interrupt;
    Observer nobody;
    const Outcome outcome = parts.run(nobody, options);
    if (outcome.stop_reason == Stop::interrupted) throw Interrupted();
    if (outcome.failed()) throw NumericalError("flow beside a saddle: " + outcome.message);
    if (!outcome.stop_reason.is_event()) return;
    out_.time = outcome.time;
    out_.left_at = parts.weights(outcome.state);
    out_.neuron = largest_neuron(out_.left_at);
    if (out_.drift < kGradientNoise * out_.time) out_.drift = kNotReached;
  }

  Index largest_neuron(const Vector& w) const {
    const Vector norms = neuron_norms(problem_.network(), w);
    Index largest = saddle_.point.inactive.neurons.front();
    for (const Index k : saddle_.point.inactive.neurons)
      if (norms[k] > norms[largest]) largest = k;
    return largest;
  }

  Real drift_at(const Vector& w) const {
    const Vector away = w - saddle_.point.point();
    return put_to_zero(problem_.network(), away, saddle_.point.inactive.neurons).stableNorm();
  }

  /// Where the norm of the small weights rises through `norm`; those that are there already never do.
  template <class Action>
  Event mark(std::string name, Real norm, Action action) {
    Event event;
    event.name = std::move(name);
    event.direction = Direction::rising;
    event.function = [this, norm](const Vector& w) {
      return std::log(w(saddle_.parameters).stableNorm() / norm);
    };
    event.on_fire = [action](const EventHit&, const Vector& w) { action(w); };
    return event;
  }

  std::vector<Event> marks() {
    const Real leaving = saddle_.leaving_norm();
    std::vector<Event> events;
    if (kGrown * delta_ < leaving)
      events.push_back(mark("grown", kGrown * delta_, [this](const Vector& w) { out_.drift = drift_at(w); }));
    events.push_back(mark("half_way", std::sqrt(delta_ * leaving),
                          [this](const Vector& w) { out_.misdirection = prediction_.misdirection(w); }));
    Event leave;
    leave.name = "leave";
    leave.direction = Direction::rising;
    leave.terminal = true;
    leave.function = [this, leaving](const Vector& w) {
      const Vector norms = neuron_norms(problem_.network(), w);
      return norms(saddle_.point.inactive.neurons).maxCoeff() - leaving;
    };
    events.push_back(std::move(leave));
    return events;
  }

  Problem& problem_;
  const ZeroNeuronSaddle& saddle_;
  const Prediction& prediction_;
  Real delta_;
  Departing out_;
};

}  // namespace

Departing depart(Problem& problem, const ZeroNeuronSaddle& saddle, const Prediction& prediction,
                 const Vector& z, Real delta) {
  problem.check_interrupt();
  return BesideFlow(problem, saddle, prediction, delta).run(z);
}

}  // namespace saddleflow::claims
