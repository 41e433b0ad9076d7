#include "saddleflow/saddle/visit.hpp"

#include <algorithm>
#include <cmath>

#include "saddleflow/symmetry/neuron_symmetry.hpp"

namespace saddleflow {

namespace {

class VisitJudge {
 public:
  VisitJudge(const Network& network, const CriticalPoint& point, const VisitWeights& weights)
      : network_(network), point_(point), weights_(weights) {
    weights_.closest = point.basis.enter(network, weights.closest);
    if (weights.exit.size() > 0) weights_.exit = point.basis.enter(network, weights.exit);
  }

  VisitAnalysis run() {
    measure_approach();
    predict();
    if (weights_.exit.size() > 0) judge_exit();
    if (result_.exit_direction.size() > 0)
      result_.exit_direction = point_.basis.leave(network_, result_.exit_direction);
    return std::move(result_);
  }

 private:
  void measure_approach() {
    const Vector away = weights_.closest - point_.point();
    const Real size = point_.point().norm();
    result_.closest_distance = size > 0 ? away.norm() / size : away.norm();
    const Vector small = away(parameters_of(network_, point_.inactive.neurons));
    result_.small_norm = small.norm();
    result_.kept_drift = put_to_zero(network_, away, point_.inactive.neurons).norm();
  }

  void predict() {
    Real soonest = std::numeric_limits<Real>::infinity();
    const Vector away = weights_.closest - point_.point();
    const Real size = std::max(point_.point().norm(), away.norm());
    for (std::size_t k = 0; k < point_.escapes.size(); ++k) {
      const EscapeDirection& e = point_.escapes[k];
      if (e.kind != EscapeDirection::Kind::eigenvector) continue;
      const Real time = std::log(size / std::abs(e.direction.dot(away))) / e.value;
      if (!(time < soonest)) continue;
      soonest = time;
      result_.predicted_escape = static_cast<Index>(k);
    }
    predict_neuron(soonest);
    if (std::isfinite(soonest)) result_.predicted_leave_time = weights_.closest_time + soonest;
  }

  // Exponential growth of a zero neuron in a smooth p = 1 network is that of an eigenvector already. With
  // weight decay the times are others: not predicted.
  void predict_neuron(Real& soonest) {
    if (point_.decays) return;
    const std::vector<Departure> departures = predict_departures(network_, point_.ncfs, weights_.closest);
    for (const Departure& d : departures) result_.work = result_.work + d.work;
    if (departures.empty() || !std::isfinite(departures.front().log_time)) return;
    const Departure& first = departures.front();
    const Real time = std::exp(first.log_time);
    if (!(time < soonest)) return;
    soonest = time;
    result_.predicted_layer = first.layer;
    result_.predicted_neuron = first.neuron;
    const Match match = nearest_escape(first.layer, first.neuron, first.flow.direction);
    if (match.escape >= 0) result_.predicted_escape = match.escape;
  }

  void judge_exit() {
    const Vector away = weights_.exit - point_.point();
    if (!(away.norm() > 0)) return;
    result_.exit_direction = away.normalized();
    judge_neurons();
    if (result_.escape < 0) judge_eigenvectors();
  }

  void judge_eigenvectors() {
    Real share = 0, largest = 0;
    for (std::size_t k = 0; k < point_.escapes.size(); ++k) {
      if (point_.escapes[k].kind != EscapeDirection::Kind::eigenvector) continue;
      const Real c = std::abs(point_.escapes[k].direction.dot(result_.exit_direction));
      share += c * c;
      if (c <= largest) continue;
      largest = c;
      result_.escape = static_cast<Index>(k);
    }
    if (result_.escape >= 0) result_.exit_overlap = std::sqrt(share);
  }

  struct Match {
    Index escape = -1;
    Real cosine = 0;
  };

  const NeuronNcf* function_of(int layer, Index neuron) const {
    for (const NeuronNcf& ncf : point_.ncfs)
      if (ncf.layer == layer &&
          std::find(ncf.neurons.begin(), ncf.neurons.end(), neuron) != ncf.neurons.end())
        return &ncf;
    return nullptr;
  }

  Match nearest_escape(int layer, Index neuron, const Vector& ab) const {
    Match best;
    const NeuronNcf* ncf = function_of(layer, neuron);
    if (!ncf || !(ab.norm() > 0)) return best;
    for (std::size_t k = 0; k < point_.escapes.size(); ++k) {
      const EscapeDirection& e = point_.escapes[k];
      if (e.kind != EscapeDirection::Kind::correlation || e.neuron != ncf->neurons.front()) continue;
      const Vector known = ncf->weights_of(network_, e.direction, e.neuron);
      const Real cosine = neuron_cosine(ncf->neuron->network(), known, ab);
      if (best.escape < 0 || cosine > best.cosine) best = {static_cast<Index>(k), cosine};
    }
    return best;
  }

  void judge_neurons() {
    Real largest = 0, aligned = 0, total = 0;
    for (const NeuronNcf& ncf : point_.ncfs) {
      for (const Index neuron : ncf.neurons) {
        const Vector ab = ncf.weights_of(network_, weights_.exit, neuron);
        const Match match = nearest_escape(ncf.layer, neuron, ab);
        const Real weight = ab.squaredNorm();
        total += weight;
        if (match.escape >= 0) aligned += weight * match.cosine * match.cosine;
        if (!(weight > largest)) continue;
        largest = weight;
        result_.left_layer = ncf.layer;
        result_.left_neuron = neuron;
        result_.escape = match.escape;
        result_.exit_overlap = match.escape >= 0 ? match.cosine : VisitAnalysis::unknown;
      }
    }
    if (result_.escape >= 0 && total > 0) result_.small_alignment = std::sqrt(aligned / total);
  }

  const Network& network_;
  const CriticalPoint& point_;
  VisitWeights weights_;
  VisitAnalysis result_;
};

}  // namespace

Real neuron_cosine(const Network& one_neuron, const Vector& a, const Vector& b) {
  const Real norms = a.norm() * b.norm();
  if (!(norms > 0)) return 0;
  const Real plain = a.dot(b);
  const Neuron& places = one_neuron.neurons().front();
  switch (NeuronSymmetry(one_neuron).sign()) {
    case SignSymmetry::none:
      return plain / norms;
    case SignSymmetry::both:
      return std::abs(plain) / norms;
    case SignSymmetry::incoming: {
      const Real in = a(places.incoming).dot(b(places.incoming));
      return (std::abs(in) + plain - in) / norms;
    }
  }
  return plain / norms;
}

VisitAnalysis analyse_visit(const Network& network, const CriticalPoint& point, const VisitWeights& weights) {
  return VisitJudge(network, point, weights).run();
}

}  // namespace saddleflow
