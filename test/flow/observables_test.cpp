#include "saddleflow/flow/probe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <utility>

#include "flow/random_problem.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/problem/population.hpp"

namespace saddleflow::test {

BOOST_AUTO_TEST_SUITE(observables_test)

namespace {

const std::vector<Loss> kLosses{Loss(square_loss(), Reduction::sum), Loss(square_loss(), Reduction::mean),
                                Loss(logistic_loss(), Reduction::sum),
                                Loss(exponential_loss(), Reduction::sum),
                                Loss(softmax_loss(), Reduction::mean)};

Observables observed(Probe& probe, const Vector& x) {
  Observables o;
  probe.observe(x, o);
  return o;
}

}  // namespace

BOOST_DATA_TEST_CASE(proximity_rate_is_the_derivative_along_the_flow,
                     boost::unit_test::data::xrange(5) * boost::unit_test::data::xrange(4), which, seed) {
  const Loss loss = kLosses[static_cast<std::size_t>(which)];
  const bool classes = loss.traits().classification && !loss.traits().separable;
  RandomProblem p(static_cast<std::uint64_t>(seed), {3, 4, classes ? 3 : 1}, Activation(-1, 2), loss);
  Probe probe(p.flow, p.x);
  Vector f(p.x.size());
  p.flow(p.x, f, 0);
  const Real h = Real(1e-6) / f.head(p.objective.size()).norm();
  const Real forward = std::log(observed(probe, p.x + h * f).proximity);
  const Real backward = std::log(observed(probe, p.x - h * f).proximity);
  const Real difference = (forward - backward) / (2 * h), rate = probe.proximity_rate(p.x);
  fmt::print("loss {}, seed {}: rate {:.9g}, difference {:.9g}\n", which, seed, static_cast<double>(rate),
             static_cast<double>(difference));
  BOOST_TEST(std::abs(rate - difference) <= Real(1e-6) * std::abs(rate));
}

// Of the loss with its penalty, for the losses of networks and that of a population, which has sizes of its
// own.
BOOST_DATA_TEST_CASE(proximity_rate_with_decay,
                     boost::unit_test::data::xrange(6) * boost::unit_test::data::xrange(3), which, seed) {
  const bool own_sizes = which == 5;
  const Loss loss = own_sizes ? Loss() : kLosses[static_cast<std::size_t>(which)];
  const bool classes = loss.traits().classification && !loss.traits().separable;
  RandomProblem p(static_cast<std::uint64_t>(seed), {3, 4, classes ? 3 : 1}, Activation(-1, 2), loss);
  std::shared_ptr<const Network> network = p.objective.shared_network();
  Dataset data = p.objective.data();
  Loss used = loss;
  if (own_sizes) {
    Random random(static_cast<std::uint64_t>(seed + 1));
    data = population_data(
        {random.normal_matrix(2, 3), random.normal_matrix(1, 2), p.objective.network().activation()});
    network = population_network({{3, 4, 1}, Activation(-1, 2), Activation(-1, 2), 2, 0});
    used = population_loss(data.targets, network->degree());
  }
  Objective objective(network, data, used, WeightDecay(network->layout(), {Real(0.3), Real(0.7)}));
  GradientFlow flow(objective);
  Probe probe(flow, p.x);
  Vector f(p.x.size());
  flow(p.x, f, 0);
  const Real h = Real(1e-6) / f.head(objective.size()).norm();
  const Real difference =
      (std::log(probe.proximity(p.x + h * f)) - std::log(probe.proximity(p.x - h * f))) / (2 * h);
  const Real rate = probe.proximity_rate(p.x);
  BOOST_TEST_MESSAGE(fmt::format("loss {}, seed {}: rate {:.9g}, difference {:.9g}", which, seed,
                                 static_cast<double>(rate), static_cast<double>(difference)));
  BOOST_TEST(std::abs(rate - difference) <= Real(1e-6) * std::abs(rate));
  // Near the origin, where the decay alone moves the weights (degree 3).
  const auto weights = p.x.head(objective.size());
  const Vector decays = objective.decay().coefficients().cwiseProduct(weights);
  // A population's unit has a thousandth of the slope added (THEORY.md, section 3).
  const Real alone = decays.norm() * weights.norm() / decays.dot(weights);
  const Real limit = own_sizes ? alone / (1 + Real(1e-3) * alone) : alone;
  BOOST_TEST(std::abs(probe.proximity(Real(1e-30) * p.x) / limit - 1) < Real(1e-9));
}

BOOST_AUTO_TEST_CASE(proximity_is_free_of_units_reduction_and_scale_near_the_origin) {
  RandomProblem p(1, {3, 4, 1}, Activation(-1, 2), Loss());
  Probe probe(p.flow, p.x);
  // Mean instead of sum.
  RandomProblem mean(1, {3, 4, 1}, Activation(-1, 2), Loss(square_loss(), Reduction::mean));
  Probe mean_probe(mean.flow, mean.x);
  const Real r = observed(probe, p.x).proximity;
  BOOST_TEST(std::abs(observed(mean_probe, mean.x).proximity / r - 1) < Real(1e-13));
  // Other units of the outputs: targets c^D y, weights c w (degree 3).
  Dataset scaled = p.objective.data();
  scaled.targets *= 8;
  Objective objective(p.objective.shared_network(), scaled, Loss());
  GradientFlow flow(objective);
  const Vector twice = 2 * p.x;
  Probe scaled_probe(flow, twice);
  BOOST_TEST(std::abs(observed(scaled_probe, twice).proximity / r - 1) < Real(1e-13));
  // Near the origin it tends to a constant, however small the weights.
  const Real tiny = observed(probe, Real(1e-40) * p.x).proximity,
             small = observed(probe, Real(1e-6) * p.x).proximity;
  fmt::print("r = {:.6g} at 1, {:.6g} at 1e-6, {:.6g} at 1e-40\n", static_cast<double>(r),
             static_cast<double>(small), static_cast<double>(tiny));
  BOOST_TEST(std::abs(tiny / small - 1) < Real(1e-9));
  BOOST_TEST(tiny > Real(0.01));
}

BOOST_AUTO_TEST_CASE(norms_by_layer_and_neuron) {
  RandomProblem p(2, {3, 4, 2}, Activation(0, 2), Loss());
  Probe probe(p.flow, p.x);
  const Observables o = observed(probe, p.x);
  const Vector w = p.x.head(p.objective.size());
  const Matrix first = p.objective.network().layout().matrix(w, 0),
               second = p.objective.network().layout().matrix(w, 1);
  BOOST_TEST(std::abs(o.layer_norm[0] - first.norm()) < Real(1e-14));
  BOOST_TEST(std::abs(o.layer_norm[1] - second.norm()) < Real(1e-14));
  for (Index k = 0; k < 4; ++k)
    BOOST_TEST(std::abs(o.neuron_norm[k] - std::hypot(first.row(k).norm(), second.col(k).norm())) <
               Real(1e-14));
  BOOST_TEST(std::abs(o.weight_norm - w.norm()) < Real(1e-14));
}

BOOST_AUTO_TEST_CASE(drifts_measure_what_has_changed) {
  RandomProblem p(3, {3, 4, 1}, Activation(0, 2), Loss());
  Probe probe(p.flow, p.x);
  BOOST_TEST(observed(probe, p.x).balance_drift == 0);
  BOOST_TEST(observed(probe, p.x).energy_drift == 0);
  Vector x = p.x;
  x[x.size() - 1] += Real(0.25) * p.objective.value(Vector(p.x.head(p.objective.size())));
  BOOST_TEST(std::abs(observed(probe, x).energy_drift - Real(0.25)) < Real(1e-14));
  // One outgoing weight a more: the balance of its neuron changes by 2 (2 b a + a^2), p = 2.
  x = p.x;
  const Index outgoing = p.objective.network().neurons()[0].outgoing[0];
  const Real b = x[outgoing], a = Real(0.5);
  x[outgoing] += a;
  const Neuron& neuron = p.objective.network().neurons()[0];
  const auto square = [&](const Vector& of) {
    return of(neuron.incoming).squaredNorm() + of(neuron.outgoing).squaredNorm();
  };
  const Real norm = std::max(square(p.x), square(x));
  BOOST_TEST(std::abs(observed(probe, x).balance_drift - std::abs(2 * (2 * b * a + a * a)) / norm) <
             Real(1e-14));
}

// A neuron of norm 1e-200 beside others of order one, and one that is zero.
BOOST_AUTO_TEST_CASE(balance_of_an_inactive_neuron) {
  RandomProblem p(3, {3, 4, 1}, Activation(0, 2), Loss());
  const std::vector<Neuron>& neurons = p.objective.network().neurons();
  const auto scale = [](Vector& x, const Neuron& neuron, Real by) {
    for (const Index i : neuron.incoming) x[i] *= by;
    for (const Index i : neuron.outgoing) x[i] *= by;
  };
  scale(p.x, neurons[1], Real(1e-200));
  scale(p.x, neurons[2], 0);
  Probe probe(p.flow, p.x);
  const Observables before = observed(probe, p.x);
  BOOST_TEST(before.balance_drift == 0);
  BOOST_TEST(before.neuron_norm[1] > 0);
  BOOST_TEST(before.neuron_norm[2] == 0);
  Vector x = p.x;
  const Index outgoing = neurons[1].outgoing[0];
  x[outgoing] *= Real(1.01);
  const Real b = p.x[outgoing] / before.neuron_norm[1];
  const Real expected = 2 * b * b * (Real(1.01) * Real(1.01) - 1), found = observed(probe, x).balance_drift;
  fmt::print("an inactive neuron off by 1 %: balance drift {:.3e}, by hand about {:.3e}\n",
             static_cast<double>(found), static_cast<double>(expected));
  BOOST_TEST(std::abs(found / expected - 1) < Real(0.03));
}

namespace {

/// The margins, the multipliers and -grad L = sum lambda grad m by differences of the outputs.
struct ByHand {
  Real normalised = 0, stationarity = 0, complementarity = 0;
};

ByHand margins_by_hand(Objective& objective, const Vector& w) {
  const Matrix h = objective.outputs(w), y = objective.data().targets;
  const Index k = h.rows(), n = h.cols();
  std::vector<std::pair<Index, Index>> wrong;  // sample, class; one output: the sample alone
  std::vector<Real> margins, multipliers;
  const auto margin = [&](const Matrix& at, Index i, Index j) {
    if (k == 1) return y(0, i) * at(0, i);
    Index c = 0;
    y.col(i).maxCoeff(&c);
    return at(c, i) - at(j, i);
  };
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j < k; ++j) {
      if (k > 1 && y(j, i) == 1) continue;
      wrong.emplace_back(i, j);
      margins.push_back(margin(h, i, j));
      const Real factor = static_cast<Real>(k) / static_cast<Real>(k - 1);
      multipliers.push_back(k == 1 ? 2 / (1 + std::exp(margins.back()))
                                   : factor * std::exp(h(j, i)) / h.col(i).array().exp().sum());
    }
  Vector force = Vector::Zero(w.size());
  const Real step = Real(1e-5);
  for (Index p = 0; p < w.size(); ++p) {
    Vector more = w, less = w;
    more[p] += step;
    less[p] -= step;
    const Matrix above = objective.outputs(more), below = objective.outputs(less);
    for (std::size_t q = 0; q < wrong.size(); ++q)
      force[p] +=
          multipliers[q] *
          (margin(above, wrong[q].first, wrong[q].second) - margin(below, wrong[q].first, wrong[q].second)) /
          (2 * step);
  }
  ByHand result;
  const Real least = *std::min_element(margins.begin(), margins.end());
  result.normalised = least / std::pow(w.norm(), static_cast<Real>(objective.network().degree()));
  const Real cosine = w.dot(force) / (w.norm() * force.norm());
  result.stationarity = std::sqrt(1 - cosine * cosine);
  Real excess = 0, whole = 0;
  for (std::size_t q = 0; q < margins.size(); ++q) {
    excess += multipliers[q] * (margins[q] - least);
    whole += multipliers[q] * margins[q];
  }
  result.complementarity = excess / whole;
  return result;
}

}  // namespace

BOOST_DATA_TEST_CASE(margins_are_those_of_their_definition, boost::unit_test::data::xrange(6), seed) {
  const bool classes = seed % 2 == 1;
  const Loss loss = classes ? Loss(softmax_loss()) : Loss(logistic_loss());
  RandomProblem random(static_cast<std::uint64_t>(seed), {3, 4, classes ? 3 : 1}, Activation(Real(0.5), 2),
                       loss);
  // Classes that the network gets right.
  Dataset data = random.objective.data();
  const Vector w = Real(0.5) * random.x.head(random.objective.size());
  const Matrix h = random.objective.outputs(w);
  data.targets = classes ? Matrix(Matrix::Zero(3, h.cols())) : Matrix(h.cwiseSign());
  for (Index i = 0; classes && i < h.cols(); ++i) {
    Index c = 0;
    h.col(i).maxCoeff(&c);
    data.targets(c, i) = 1;
  }
  Objective objective(random.objective.shared_network(), data, loss);
  GradientFlow flow(objective);
  const Vector x = GradientFlow::initial_state(w);
  Probe probe(flow, x);
  const Observables o = observed(probe, x);
  const ByHand hand = margins_by_hand(objective, w);
  fmt::print("{}: margin {:.6f}, stationarity {:.6f}, complementarity {:.6f}\n", loss.name(),
             static_cast<double>(hand.normalised), static_cast<double>(hand.stationarity),
             static_cast<double>(hand.complementarity));
  BOOST_TEST(std::abs(o.normalised_margin / hand.normalised - 1) <= Real(1e-12));
  BOOST_TEST(std::abs(o.margin_kkt_residual - std::max(hand.stationarity, hand.complementarity)) <=
             Real(1e-8));
  // A sample on the wrong side: there is a margin, and nothing that could be scaled.
  if (classes) {
    data.targets.col(0) = data.targets.col(0).reverse().eval();
    if (data.targets(1, 0) == 1) data.targets.col(0) << 1, 0, 0;
  } else {
    data.targets(0, 0) *= -1;
  }
  Objective wrong(random.objective.shared_network(), data, loss);
  GradientFlow wrong_flow(wrong);
  Probe wrong_probe(wrong_flow, x);
  BOOST_TEST(observed(wrong_probe, x).normalised_margin < 0);
  BOOST_TEST(std::isnan(observed(wrong_probe, x).margin_kkt_residual));
}

BOOST_AUTO_TEST_CASE(the_penalty_of_the_decay_is_a_part_of_the_loss) {
  RandomProblem p(3, {3, 4, 1}, Activation(0, 2), Loss());
  const Network& network = p.objective.network();
  Objective decaying(p.objective.shared_network(), p.objective.data(), Loss(),
                     WeightDecay(network.layout(), {Real(0.25), Real(2)}));
  GradientFlow flow(decaying);
  Probe with(flow, p.x), without(p.flow, p.x);
  const Observables o = observed(with, p.x);
  const Vector w = p.x.head(network.parameter_count());
  const Real penalty =
      Real(0.125) * network.layout().matrix(w, 0).squaredNorm() + network.layout().matrix(w, 1).squaredNorm();
  BOOST_TEST(std::abs(o.penalty / penalty - 1) <= Real(1e-14));
  BOOST_TEST(std::abs((o.loss - o.penalty) / observed(without, p.x).loss - 1) <= Real(1e-14));
  BOOST_TEST(std::isnan(observed(without, p.x).penalty));
}

BOOST_AUTO_TEST_CASE(a_loss_without_margins_has_none) {
  RandomProblem p(1, {3, 4, 1}, Activation(0, 2), Loss());
  Probe probe(p.flow, p.x);
  BOOST_TEST(std::isnan(observed(probe, p.x).normalised_margin));
  BOOST_TEST(std::isnan(observed(probe, p.x).margin_kkt_residual));
}

/// Growing weights on separable data are no approach of a critical point: r >= D.
BOOST_AUTO_TEST_CASE(proximity_does_not_fall_as_right_outputs_grow) {
  RandomProblem random(2, {3, 4, 1}, Activation(0, 2), Loss(logistic_loss()));
  Dataset data = random.objective.data();
  const Vector w = random.x.head(random.objective.size());
  data.targets = random.objective.outputs(w).unaryExpr([](Real h) { return h < 0 ? Real(-1) : Real(1); });
  Objective objective(random.objective.shared_network(), data, Loss(logistic_loss()));
  GradientFlow flow(objective);
  Probe probe(flow, random.x);
  for (const Real scale : {Real(0.01), Real(1), Real(2), Real(4)}) {
    Vector x = GradientFlow::initial_state(scale * w);
    const Observables o = observed(probe, x);
    fmt::print("scale {}: loss {:.1e}, r {:.3f}\n", static_cast<double>(scale), static_cast<double>(o.loss),
               static_cast<double>(o.proximity));
    BOOST_TEST(o.proximity >= Real(3) * (1 - Real(1e-12)));
  }
}

BOOST_AUTO_TEST_CASE(quantities_by_name) {
  RandomProblem p(4, {3, 4, 1}, Activation(0, 2), Loss());
  Probe probe(p.flow, p.x);
  const Observables o = observed(probe, p.x);
  const Network& network = p.objective.network();
  BOOST_TEST(Quantity("loss", network, "k").of(o) == o.loss);
  BOOST_TEST(Quantity("neuron_norm[3]", network, "k").of(o) == o.neuron_norm[3]);
  BOOST_TEST(Quantity("layer_norm[1]", network, "k").of(o) == o.layer_norm[1]);
  // What needs the weights alone, from them alone.
  const Vector w = probe.weights(p.x);
  for (const char* name :
       {"weight_norm", "layer_norm[0]", "layer_norm[1]", "neuron_norm[0]", "neuron_norm[3]"}) {
    const Quantity quantity(name, network, "k");
    BOOST_REQUIRE((quantity.needs() == Quantity::Needs::weights));
    BOOST_TEST(std::abs(quantity.of_weights(network, w) / quantity.of(o) - 1) < Real(1e-14));
  }
  BOOST_TEST((Quantity("loss", network, "k").needs() == Quantity::Needs::loss));
  BOOST_TEST((Quantity("proximity", network, "k").needs() == Quantity::Needs::gradient));
  for (const char* bad :
       {"los", "neuron_norm[4]", "layer_norm[-1]", "layer_norm[]", "neuron_norm", "loss[0]"})
    BOOST_CHECK_THROW(Quantity(bad, network, "k"), InputError);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::test
