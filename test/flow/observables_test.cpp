#include "saddleflow/flow/probe.hpp"

#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "flow/random_problem.hpp"
#include "saddleflow/base/error.hpp"

namespace saddleflow::test {

BOOST_AUTO_TEST_SUITE(observables_test)

namespace {

const std::vector<Loss> kLosses{Loss(square_loss(), Reduction::sum), Loss(square_loss(), Reduction::mean),
                                Loss(logistic_loss(), Reduction::sum)};

Observables observed(Probe& probe, const Vector& x) {
  Observables o;
  probe.observe(x, o);
  return o;
}

}  // namespace

BOOST_DATA_TEST_CASE(proximity_rate_is_the_derivative_along_the_flow,
                     boost::unit_test::data::xrange(3) * boost::unit_test::data::xrange(4), which, seed) {
  RandomProblem p(static_cast<std::uint64_t>(seed), {3, 4, 1}, Activation(-1, 2),
                  kLosses[static_cast<std::size_t>(which)]);
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
