// What the flow does to the invariant manifolds: it never leaves them, and near saddles it comes close to
// them.
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "saddleflow/base/random.hpp"
#include "saddleflow/flow/flow_assembly.hpp"
#include "saddleflow/network/bilinear.hpp"
#include "saddleflow/network/convolution.hpp"
#include "saddleflow/network/effective_width.hpp"
#include "saddleflow/problem/losses.hpp"
#include "saddleflow/symmetry/invariant_manifold.hpp"

namespace saddleflow::test {

namespace {

/// The distances at every step, relative to the norm of the weights.
class DistanceLog : public Observer {
 public:
  DistanceLog(const Network& network, FlowAssembly& parts) : network_(network), parts_(parts) {}
  void on_step(const StepView& step) override {
    if (step.polar) return;
    const Vector w = parts_.weights(step.x1);
    losses.push_back(parts_.probe.loss(step.x1));
    norms.push_back(w.norm());
    widths.push_back(effective_widths(network_, w).front());
    for (int l = 0; l < network_.hidden_layer_count(); ++l) {
      if (distances.size() <= static_cast<std::size_t>(l)) distances.emplace_back();
      distances[static_cast<std::size_t>(l)].push_back(manifold_distances(network_, w, l) / w.norm());
    }
  }
  std::vector<std::vector<Vector>> distances;  ///< layer by layer
  std::vector<Real> losses, norms;
  std::vector<std::int64_t> widths;

  Real largest(int l, Index h) const {
    Real most = 0;
    for (const Vector& d : distances.at(static_cast<std::size_t>(l))) most = std::max(most, d[h]);
    return most;
  }

 private:
  const Network& network_;
  FlowAssembly& parts_;
};

using NetworkPtr = std::shared_ptr<const Network>;

Objective regression(const NetworkPtr& network, Random& random, std::vector<Real> decay = {}) {
  Dataset data;
  data.inputs = random.normal_matrix(network->input_count(), 12);
  data.targets = random.normal_matrix(network->output_count(), 12);
  const Loss loss(square_loss(), Reduction::mean);
  if (decay.empty()) return {network, std::move(data), loss};
  return {network, std::move(data), loss, WeightDecay(network->layout(), decay)};
}

/// Along the flow from w0.
DistanceLog follow(Objective& objective, const Vector& w0, Real t_end,
                   FlowAssemblyOptions::Kinks kinks = FlowAssemblyOptions::Kinks::follow) {
  FlowAssemblyOptions options;
  options.kink_policy = kinks;
  if (kinks ==
      FlowAssemblyOptions::Kinks::ignore)  // a step over a kink is no step of the flow, but stays on M_h
    options.bounds = GaugeBounds{1, 1, 1};
  options.events = no_flow_events();
  FlowAssembly parts(objective, w0, options);
  IntegrationOptions integration = parts.integration_options();
  integration.t_end = t_end;
  if (kinks == FlowAssemblyOptions::Kinks::ignore) integration.max_steps = 300;
  DistanceLog log(objective.network(), parts);
  const Outcome outcome = parts.run(log, std::move(integration));
  if (kinks != FlowAssemblyOptions::Kinks::ignore) BOOST_TEST(outcome.stop_reason.text() == "reached_end");
  return log;
}

/// Random weights whose hidden layers have the effective width h: neuron k is what `made` makes of neuron k
/// mod h.
Vector on_manifold(const Network& network, Index h, Random& random) {
  Vector w = random.normal_matrix(network.parameter_count(), 1).col(0);
  const ManifoldKind kind = manifold_kind(network);
  const std::vector<Neuron>& neurons = network.neurons();
  for (std::size_t k = 0; k < neurons.size(); ++k) {
    const Neuron& neuron = neurons[k];
    if (neuron.index < h) continue;
    const Neuron& model = neurons[k - static_cast<std::size_t>(neuron.index - neuron.index % h)];
    const bool zero = kind == ManifoldKind::neurons || neuron.index % 3 == 2;
    const Real c = zero ? 0 : kind == ManifoldKind::equal ? 1 : random.uniform() + Real(0.2);
    for (const auto side : {&Neuron::incoming, &Neuron::outgoing}) {
      const Vector values = w(model.*side);
      w(neuron.*side) = c * values;
    }
    // An even activation: the incoming weights may be turned.
    if (network.traits().sign == SignSymmetry::incoming && neuron.index % 2 == 1)
      w(neuron.incoming) *= Real(-1);
  }
  return w;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(manifold_flow_test)

BOOST_AUTO_TEST_CASE(the_flow_stays_on_a_manifold) {
  constexpr std::uint64_t seed = 31;
  const PatchGeometry patches = sequence_patches(4, 1, 2);
  for (const auto& [network, h] : std::vector<std::pair<NetworkPtr, Index>>{
           {feed_forward({3, 5, 2}, Activation(0, 1)), 2},
           {feed_forward({3, 6, 1}, Activation(Real(0.3), 1)), 2},
           {feed_forward({3, 4, 4, 2}, Activation(Real(0.3), 1)), 2},
           {feed_forward({3, 5, 2}, Activation(-1, 1)), 2},
           {feed_forward({3, 5, 2}, Activation(0, 2)), 2},
           {feed_forward({3, 4, 4, 1}, Activation(-1, 2)), 2},
           {feed_forward({3, 5, 1}, Activation(1, 3)), 1},
           {feed_forward({3, 5, 4, 2}, Activation(1, 1)), 2},
           {bilinear(3, 2, 5, BilinearOuter::ones), 1},
           {bilinear(3, 2, 5, BilinearOuter::trained), 2},
           {power_sum(3, 5, Activation(0, 2)), 2},
           {power_sum(3, 5, Activation(1, 2)), 2},
           {convolution({patches, 5, 1, OuterWeights::dense}, Activation(0, 1)), 2},
           {convolution({patches, 5, 1, OuterWeights::average}, Activation(0, 2)), 2},
           {diagonal_linear(5), 2}}) {
    Random random(seed);
    Objective objective = regression(network, random);
    const Vector w0 = Real(0.6) * on_manifold(*network, h, random);
    // Across kinks that many neurons of several layers have in common: steps that ignore them, a few hundred.
    // That is not the flow, but every stage of a step has to stay on M_h.
    using Kinks = FlowAssemblyOptions::Kinks;
    const bool deep_kinks = network->traits().kinked() && network->hidden_layer_count() > 1;
    const DistanceLog log = follow(objective, w0, 3, deep_kinks ? Kinks::ignore : Kinks::follow);
    Real worst = 0, next = 1;
    for (int l = 0; l < network->hidden_layer_count(); ++l) {
      worst = std::max(worst, log.largest(l, h));
      next = std::min(next, log.distances[static_cast<std::size_t>(l)].back()[h - 1]);
    }
    BOOST_TEST_MESSAGE(
        fmt::format("{}, {} (seed {}): off by {:.1e} |w| after {} steps, {:.2g} |w| from width {}",
                    network->description(), name_of(manifold_kind(*network)), seed,
                    static_cast<double>(worst), log.losses.size(), static_cast<double>(next), h - 1));
    BOOST_TEST(worst <= 1e-12);
    BOOST_TEST(next >= 1e-3);  // it is no narrower network than that
  }
}

// With weight decay, of layers that differ in it as well.
BOOST_AUTO_TEST_CASE(weight_decay_stays_there_too) {
  Random random(8);
  for (const auto& network :
       {feed_forward({3, 5, 1}, Activation(0, 1)), feed_forward({3, 5, 2}, Activation(1, 1))}) {
    Objective objective = regression(network, random, {Real(0.05), Real(0.2)});
    BOOST_TEST(follow(objective, on_manifold(*network, 2, random), 3).largest(0, 2) <= 1e-12);
  }
}

// The sets are no larger than that: what is nearly the same is left. Rays of squared ReLUs, neurons of one
// direction whose shares of incoming and outgoing weights differ (ReLU), equal ones with other outgoing
// weights.
BOOST_AUTO_TEST_CASE(what_looks_alike_is_left) {
  Random random(17);
  const auto leaves = [&](const NetworkPtr& network, Real c_in, Real c_out) {
    Objective objective = regression(network, random);
    Vector w = Real(0.6) * on_manifold(*network, 1, random);
    const std::vector<Neuron>& neurons = network->neurons();
    const Vector in = c_in * w(neurons[0].incoming), out = c_out * w(neurons[0].outgoing);
    w(neurons[1].incoming) = in;
    w(neurons[1].outgoing) = out;
    const Vector unit = w(neurons[0].incoming).normalized();
    FlowAssemblyOptions options;
    options.events = no_flow_events();
    FlowAssembly parts(objective, w, options);
    IntegrationOptions integration = parts.integration_options();
    integration.t_end = 2;
    Observer ignore;
    const Vector end = parts.weights(parts.run(ignore, std::move(integration)).state);
    const Vector a = end(neurons[0].incoming).normalized(), b = end(neurons[1].incoming).normalized();
    return (a - b).norm();
  };
  BOOST_TEST(leaves(feed_forward({3, 2, 1}, Activation(Real(0.3), 1)), 2, 2) <= 1e-12);
  BOOST_TEST(leaves(feed_forward({3, 2, 1}, Activation(Real(0.3), 1)), 2, Real(0.5)) >= 1e-3);
  BOOST_TEST(leaves(feed_forward({3, 2, 1}, Activation(0, 2)), 1, 1) <= 1e-12);
  BOOST_TEST(leaves(feed_forward({3, 2, 1}, Activation(-1, 2)), 2, 2) >= 1e-3);
}

// A linear network from a small start: d_h is the tail of the singular values all along.
BOOST_AUTO_TEST_CASE(linear_saddles_lie_on_the_manifolds) {
  Random random(5);
  const auto network = feed_forward({3, 4, 3}, Activation(1, 1));
  Dataset data;
  data.inputs = Matrix::Identity(3, 3);
  data.targets = (Vector(3) << 3, 1, 0.3).finished().asDiagonal();
  Objective objective(network, std::move(data), Loss(square_loss(), Reduction::sum));
  const DistanceLog log =
      follow(objective, Real(1e-6) * random.normal_matrix(network->parameter_count(), 1).col(0), 90);
  // On the plateau after r modes the loss is half the sum of the squares left over.
  const Vector plateaus = (Vector(3) << 0.545, 0.045, 0).finished();
  for (Index r = 1; r <= 3; ++r) {
    Real nearest = 1, before = 1;
    for (std::size_t k = 0; k < log.losses.size(); ++k) {
      if (std::abs(log.losses[k] - plateaus[r - 1]) > 1e-3) continue;
      nearest = std::min(nearest, log.distances[0][k][r]);
      before = std::min(before, log.distances[0][k][r - 1]);
    }
    BOOST_TEST_MESSAGE(fmt::format("rank {}: d_{} >= {:.1e} |w|, d_{} >= {:.2g} |w| on the plateau", r, r,
                                   static_cast<double>(nearest), r - 1, static_cast<double>(before)));
    BOOST_TEST(nearest <= 3e-4);
    BOOST_TEST(before >= 0.2);
  }
}

// Saddle to saddle of neurons: on the first plateau d_1 is small, afterwards it is not, while d_2 is small
// where the effective width is 2.
BOOST_AUTO_TEST_CASE(plateaus_of_neurons_lie_near_the_manifolds) {
  struct Case {
    const char* name;
    NetworkPtr network;
    Real scale, t_end, small;
  };
  for (const Case& c :
       {Case{"squares", feed_forward({2, 5, 1}, Activation(-1, 2)), Real(1e-3), 2e4, Real(2e-2)},
        Case{"ReLU", feed_forward({2, 6, 1}, Activation(0, 1)), Real(1e-6), 200, Real(1e-3)}}) {
    constexpr std::uint64_t seed = 2;
    Random random(seed);
    Dataset data;
    if (c.network->activation().power() == 2) {  // two squares, of 2 and 0.5
      data.inputs = random.normal_matrix(2, 40);
      data.targets =
          2 * data.inputs.row(0).array().square() + Real(0.5) * data.inputs.row(1).array().square();
    } else {  // orthogonal inputs (V8)
      data.inputs = Matrix::Identity(2, 2);
      data.targets = (Matrix(1, 2) << 1.5, -0.5).finished();
    }
    Objective objective(c.network, std::move(data), Loss(square_loss(), Reduction::mean));
    const Vector w0 = c.scale * random.normal_matrix(c.network->parameter_count(), 1).col(0);
    const DistanceLog log = follow(objective, w0, c.t_end);
    Real first = 1;
    for (std::size_t k = 0; k < log.losses.size(); ++k)
      if (log.widths[k] == 1 && log.norms[k] > Real(0.3)) first = std::min(first, log.distances[0][k][1]);
    const Vector& last = log.distances[0].back();
    BOOST_TEST_MESSAGE(
        fmt::format("{} (seed {}): d_1 down to {:.1e} |w| at width 1; at the end width {}, d_1 = {:.2g} "
                    "|w|, d_2 = {:.1e} |w|",
                    c.name, seed, static_cast<double>(first), log.widths.back(), static_cast<double>(last[1]),
                    static_cast<double>(last[2])));
    BOOST_TEST(first <= c.small);
    BOOST_TEST(log.widths.back() == 2);
    BOOST_TEST(last[1] >= 0.1);
    BOOST_TEST(last[2] <= c.small);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::test
