// A loss that is given as a function of the weights, against the network that it is made of.
#include "saddleflow/problem/function_problem.hpp"

#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <memory>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/correlation/kkt_search.hpp"
#include "saddleflow/flow/flow_assembly.hpp"
#include "saddleflow/job/saddle_run.hpp"
#include "saddleflow/saddle/critical_point.hpp"

namespace saddleflow::test {

BOOST_AUTO_TEST_SUITE(function_problem_test)

namespace {

Dataset function_samples() {
  Random random(3);
  Dataset data;
  data.inputs = random.normal_matrix(3, 12);
  data.targets = random.normal_matrix(1, 12);
  return data;
}

std::shared_ptr<Objective> inner_objective() {
  return std::make_shared<Objective>(feed_forward({3, 4, 1}, Activation(-1, 2)), function_samples(), Loss());
}

/// Calls `action` and expects an InputError that says `part`.
template <class Action>
void expect_refusal(Action&& action, const std::string& part) {
  BOOST_CHECK_EXCEPTION(action(), InputError, [&](const InputError& error) {
    BOOST_TEST_MESSAGE(error.what());
    return std::string(error.what()).find(part) != std::string::npos;
  });
}

enum class Given { gradient, products, everything };

FunctionProblem problem_of(const std::shared_ptr<Objective>& inner, Given given) {
  FunctionProblem problem;
  problem.size = inner->size();
  problem.value = [inner](const Vector& w) { return inner->value(w); };
  problem.gradient = [inner](const Vector& w, Vector& g) { inner->gradient(w, g); };
  if (given != Given::gradient)
    problem.hessian_vector = [inner](const Vector& w, const Vector& v, Vector& out) {
      inner->hessian_vector(w, v, out);
    };
  if (given == Given::everything) {
    problem.hessian = [inner](const Vector& w, Matrix& out) { inner->hessian(w, out); };
    problem.value_and_gradient = [inner](const Vector& w, Vector& g) { return inner->gradient(w, g); };
  }
  problem.degree = 3;
  problem.reference = inner->loss_at_origin();
  for (const Neuron& neuron : inner->network().neurons()) {
    problem.neurons.push_back(neuron.incoming);
    problem.neurons.back().insert(problem.neurons.back().end(), neuron.outgoing.begin(),
                                  neuron.outgoing.end());
  }
  return problem;
}

std::unique_ptr<Objective> objective_of(FunctionProblem problem) {
  const auto shared = std::make_shared<const FunctionProblem>(std::move(problem));
  return std::make_unique<Objective>(function_network(shared), function_data(*shared),
                                     Loss(function_loss(shared)));
}

}  // namespace

BOOST_DATA_TEST_CASE(derivatives_are_those_of_the_network, boost::unit_test::data::xrange(3), which) {
  const auto given = static_cast<Given>(which);
  const auto inner = inner_objective();
  const auto outer = objective_of(problem_of(inner, given));
  Random random(4);
  const Vector w = random.normal_matrix(inner->size(), 1), v = random.normal_matrix(inner->size(), 1);
  const Real value = inner->value(w);
  Vector g(w.size()), h(w.size()), mine(w.size());
  Matrix whole, my_whole;
  inner->gradient(w, g);
  BOOST_TEST(outer->value(w) == value);
  BOOST_TEST(outer->gradient(w, mine) == value);
  BOOST_TEST((mine - g).norm() == 0);
  inner->hessian_vector(w, v, h);
  outer->hessian_vector(w, v, mine);
  inner->hessian(w, whole);
  outer->hessian(w, my_whole);
  const Real product_error = (mine - h).norm() / h.norm(), error = (my_whole - whole).norm() / whole.norm();
  BOOST_TEST_MESSAGE(fmt::format("product off by {:.1e}, Hessian by {:.1e}",
                                 static_cast<double>(product_error), static_cast<double>(error)));
  // Central differences: rounding over the step, and the square of the step.
  const Real bound = given == Given::gradient ? 100 * kDifferenceStep * kDifferenceStep : Real(1e-13);
  BOOST_TEST(product_error <= bound);
  BOOST_TEST(error <= bound);
  BOOST_TEST(outer->output_tangent(w, v)(0, 0) == g.dot(v));
}

// At weights where all terms of r count, and near the origin, where L(0) - L is rounding.
BOOST_DATA_TEST_CASE(proximity_rate_is_the_derivative_of_its_logarithm,
                     boost::unit_test::data::xrange(5) * boost::unit_test::data::xrange(4), which, seed) {
  const auto inner = inner_objective();
  FunctionProblem problem = problem_of(inner, Given::everything);
  if (which == 1) problem.degree = 0;
  if (which == 2) problem.attained = false;
  if (which == 3) problem.infimum.reset();
  const auto outer = objective_of(std::move(problem));
  Random random(static_cast<std::uint64_t>(seed + 10));
  const Vector w = random.normal_matrix(outer->size(), 1) * (which == 4 ? Real(1e-3) : Real(0.4));
  GradientFlow flow(*outer);
  const Vector x = GradientFlow::initial_state(w);
  Probe probe(flow, x);
  Vector f(x.size());
  flow(x, f, 0);
  const Real h = Real(1e-6) * w.norm() / f.head(w.size()).norm();
  const Real difference =
      (std::log(probe.proximity(x + h * f)) - std::log(probe.proximity(x - h * f))) / (2 * h);
  const Real rate = probe.proximity_rate(x);
  BOOST_TEST_MESSAGE(fmt::format("rate {:.9g}, difference {:.9g}", static_cast<double>(rate),
                                 static_cast<double>(difference)));
  BOOST_TEST(std::abs(rate - difference) <= Real(1e-6) * std::abs(rate));
}

BOOST_AUTO_TEST_CASE(proximity_is_of_order_one_however_near_the_origin) {
  const auto inner = inner_objective();
  const auto outer = objective_of(problem_of(inner, Given::gradient));
  Random random(5);
  const Vector u = random.unit_vector(outer->size());
  GradientFlow flow(*outer);
  const Vector x = GradientFlow::initial_state(u);
  Probe probe(flow, x);
  for (const Real size : {Real(1e-2), Real(1e-5), Real(1e-7), Real(1e-30)}) {
    const Real r = probe.proximity(GradientFlow::initial_state(size * u));
    BOOST_TEST_MESSAGE(
        fmt::format("r = {:.4g} at {:.0e}", static_cast<double>(r), static_cast<double>(size)));
    BOOST_TEST(r > Real(0.5));
    BOOST_TEST(r < Real(1000));
  }
}

BOOST_AUTO_TEST_CASE(what_needs_homogeneity_is_refused) {
  const auto inner = inner_objective();
  const auto outer = objective_of(problem_of(inner, Given::everything));
  Correlation correlation(*outer);
  const Vector u = Random(6).unit_vector(outer->size());
  expect_refusal([&] { correlation.value(u); }, "homogeneous");
  expect_refusal([&] { find_kkt_points(correlation, {}); }, "KKT points");
  FlowAssemblyOptions polar;
  polar.charts = FlowAssemblyOptions::Charts::polar;
  expect_refusal([&] { FlowAssembly(*outer, u, polar); }, "polar chart");
  FlowAssemblyOptions settled;
  settled.events.escape = {EscapeBy::direction};
  expect_refusal([&] { FlowAssembly(*outer, u, settled); }, "events.escape.by");
}

BOOST_AUTO_TEST_CASE(kinks_that_nobody_knows_are_warned_of) {
  FunctionProblem problem = problem_of(inner_objective(), Given::everything);
  problem.smooth = false;
  const auto outer = objective_of(std::move(problem));
  FlowAssemblyOptions quiet;
  quiet.on_warning = nullptr;
  FlowAssembly parts(*outer, Random(6).unit_vector(outer->size()), quiet);
  BOOST_REQUIRE(parts.warnings.size() == 1u);
  BOOST_TEST(parts.warnings[0].find("kinks") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_missing_or_does_not_fit_is_named) {
  const FunctionProblem good = problem_of(inner_objective(), Given::gradient);
  const auto refused = [&](auto change, const std::string& message) {
    FunctionProblem problem = good;
    change(problem);
    expect_refusal([&] { check_function(problem); }, message);
  };
  check_function(good);
  refused([](FunctionProblem& p) { p.gradient = nullptr; }, "no gradient");
  refused([](FunctionProblem& p) { p.value = nullptr; }, "no value");
  refused([](FunctionProblem& p) { p.size = 0; }, "0 weights");
  refused([](FunctionProblem& p) { p.neurons = {{0}, {16}}; }, "neuron 1: found weight 16");
  refused([](FunctionProblem& p) { p.neurons = {{0}, {0}}; }, "second time");
  refused([](FunctionProblem& p) { p.reference = 0; }, "reference");
  refused([](FunctionProblem& p) { p.degree = -1; }, "degree");
  // The data of another function.
  const auto shared = std::make_shared<const FunctionProblem>(good);
  Dataset other = function_data(good);
  other.targets *= 2;
  expect_refusal([&] { Objective(function_network(shared), other, Loss(function_loss(shared))); },
                 "another one");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::test
