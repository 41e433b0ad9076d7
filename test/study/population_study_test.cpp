// Studies with infinitely many inputs: what they refuse, the saddles of a teacher with two neurons by a
// reduced problem that is solved here, the closed form of one square, and the coordinates of a span.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numbers>

#include "saddleflow/base/error.hpp"
#include "saddleflow/flow/approach.hpp"
#include "saddleflow/flow/flow_assembly.hpp"
#include "saddleflow/problem/objective.hpp"
#include "saddleflow/pursuit/neuron_pursuit.hpp"
#include "saddleflow/saddle/critical_point.hpp"
#include "saddleflow/study/build.hpp"
#include "saddleflow/study/initial_weights.hpp"

namespace saddleflow {

BOOST_AUTO_TEST_SUITE(population_study_test)

namespace {

constexpr Real kPi = std::numbers::pi_v<Real>;

StudyTable population_of(const std::string& network, const std::string& data, const std::string& more = "") {
  return StudyTable::parse("[network]\n" + network + "[data]\ninputs = \"population\"\n" + data + more,
                           "population.toml");
}

const char* const kTwoTeachers =
    "targets = \"teacher_sum\"\nteacher_sum.vectors = [[1.0, 0.0], [0.0, 1.0]]\nteacher_sum.coefficients = "
    "[1.5, 1.0]\n";

Objective objective_of(const StudyTable& study) {
  const auto network = build_network(study);
  return Objective(network, build_dataset(study, *network), build_loss(study));
}

void refuses(const std::string& network, const std::string& data, const std::string& expected,
             const std::string& more = "") {
  BOOST_CHECK_EXCEPTION(
      objective_of(population_of(network, data, more)), InputError, [&](const InputError& e) {
        const std::string what = e.what();
        const bool fits = what.find(expected) != std::string::npos && what.starts_with("population.toml") &&
                          what.find('\n') == std::string::npos;
        if (!fits) BOOST_TEST_MESSAGE(what);
        return fits;
      });
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_a_population_does_not_have_is_refused_by_its_key) {
  const std::string layers = "layers = [2, 2, 1]\n", teacher = "targets = \"teacher\"\n";
  refuses("layers = [2, 2, 2, 1]\n", teacher, "network.layers");
  refuses("layers = [2, 2]\nkind = \"power_sum\"\n", teacher, "network.kind");
  refuses(layers + "bias = \"first\"\n", teacher, "network.bias");
  refuses(layers, teacher, "loss.kind", "[loss]\nkind = \"logistic\"\n");
  refuses(layers, teacher + "samples = 50\n", "data.samples");
  refuses(layers, teacher + "samples = 100\n", "data.samples");  // the default of other data
  refuses(layers, teacher + "noise = 0.1\n", "data.noise");
  refuses(layers, teacher + "scale = 2.0\n", "data.scale");
  refuses(layers, teacher + "test_samples = 10\n", "data.test_samples");
  refuses(layers, teacher + "file = \"x.csv\"\n", "data.file");
  refuses(layers, teacher + "teacher.hidden = [2, 2]\n", "data.teacher.hidden");
  refuses(layers, "targets = \"signs\"\n", "data.targets");
  refuses(layers, "targets = \"linear\"\nlinear.matrix = [[1.0, 0.0]]\n", "data.targets");
  refuses(layers,
          "targets = \"teacher_sum\"\nteacher_sum.vectors = [[0.0, 0.0]]\nteacher_sum.coefficients = "
          "[1.0]\n",
          "a teacher that is zero");
  for (const char* kind : {"aligned", "ntk", "mean_field", "mup"})
    refuses(layers, teacher + "population.coordinates = \"span\"\n", "init.kind",
            fmt::format("[init]\nkind = \"{}\"\n", kind));
}

// It has no number of samples, also not by default; files of older versions have one.
BOOST_AUTO_TEST_CASE(a_filled_study_is_a_study) {
  const std::string text =
      "[network]\nlayers = [2, 2, 1]\n[data]\ninputs = \"population\"\ntargets = \"teacher\"\n";
  const StudyTable study = StudyTable::parse(text, "s.toml");
  BOOST_TEST(!study.has("data.samples"));
  const StudyTable again = StudyTable::parse(study.filled(), "again.toml");
  BOOST_TEST(again.filled() == study.filled());
  BOOST_TEST(build_network(again)->kind() == "population");
  const StudyTable old = StudyTable::stored(text + "samples = 100\n", "run.h5");
  BOOST_TEST(old.filled() == study.filled());
  const StudyTable samples = StudyTable::stored(text, "run.h5", {"data.inputs=gaussian"});
  BOOST_TEST(samples.integer("data.samples") == 100);
}

// The teacher of a seed is that of its samples.
BOOST_AUTO_TEST_CASE(samples_of_the_same_study_tend_to_it) {
  const std::string teacher = "targets = \"teacher\"\nteacher.hidden = [3]\nseed = 4\nteacher.power = 1\n";
  Objective population = objective_of(population_of("layers = [3, 4, 2]\npower = 2\n", teacher));
  const StudyTable sampled = StudyTable::parse(
      "[network]\nlayers = [3, 4, 2]\npower = 2\n[data]\ninputs = "
      "\"gaussian\"\nsamples = 400000\n" +
          teacher + "[loss]\nreduction = \"mean\"\n",
      "sampled.toml");
  Objective samples = objective_of(sampled);
  const Vector w = gaussian_direction(population.network(), 3);
  const Real exact = population.value(w), estimate = samples.value(w);
  BOOST_TEST_MESSAGE(fmt::format("loss {:.6f}, of 400 000 samples {:.6f}", static_cast<double>(exact),
                                 static_cast<double>(estimate)));
  BOOST_TEST(std::abs(estimate - exact) < 0.01 * exact);
}

namespace {

/// E[(u.x)_+^p (v.x)_+^p] of unit vectors at the angle theta, by Simpson's rule over the angle of the input.
Real mean_product(int p, Real theta) {
  const Real low = theta - kPi / 2, high = kPi / 2;
  constexpr int kPieces = 4000;
  const Real h = (high - low) / kPieces;
  const auto f = [&](Real phi) {
    return std::pow(std::max(std::cos(phi) * std::cos(phi - theta), Real(0)), static_cast<Real>(p));
  };
  Real sum = 0;
  for (int i = 0; i < kPieces; ++i) {
    const Real x = low + static_cast<Real>(i) * h;
    sum += f(x) + 4 * f(x + h / 2) + f(x + h);
  }
  return sum * h / 6 / (2 * kPi) * std::exp2(static_cast<Real>(p)) * std::tgamma(static_cast<Real>(p) + 1);
}

/// One neuron beside two orthogonal teachers c_1, c_2: at the angle theta to the first one its best amplitude
/// leaves L = C - B^2 / (2 k(0)), B = c_1 k(theta) + c_2 k(pi/2 - theta). The least one over theta, by golden
/// sections.
Real loss_of_one_neuron(int p, Real c1, Real c2) {
  const Real k0 = mean_product(p, 0), mixed = mean_product(p, kPi / 2);
  const auto b = [&](Real theta) {
    return c1 * mean_product(p, theta) + c2 * mean_product(p, kPi / 2 - theta);
  };
  const Real ratio = (std::sqrt(Real(5)) - 1) / 2;
  Real low = 0, high = kPi / 2;
  for (int step = 0; step < 60; ++step) {
    const Real left = high - ratio * (high - low), right = low + ratio * (high - low);
    if (b(left) > b(right))
      high = right;
    else
      low = left;
  }
  const Real best = b((low + high) / 2);
  return (c1 * c1 + c2 * c2) * k0 / 2 + c1 * c2 * mixed - best * best / (2 * k0);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_student_of_two_neurons_reaches_the_saddle_of_one_and_then_the_teacher) {
  for (const int power : {1, 2}) {
    const Real expected = loss_of_one_neuron(power, Real(1.5), 1);
    // With ReLU both neurons turn into one direction, and how near they come is a small power of the size.
    const Real scale = power == 1 ? Real(1e-14) : Real(1e-3);
    Objective objective =
        objective_of(population_of(fmt::format("layers = [2, 2, 1]\npower = {}\n", power), kTwoTeachers));
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      // Outgoing weights of the teacher's sign: another neuron dies.
      Vector w = balanced_direction(objective.network(), seed);
      objective.network().layout().matrix(w, 1) = objective.network().layout().matrix(w, 1).cwiseAbs();
      ApproachOptions options;
      const Approach first = follow_to_critical_point(objective, scale * w, options);
      BOOST_REQUIRE(first.has_visit());
      const CriticalPoint point = analyse_critical_point(objective, first.closest);
      BOOST_TEST_MESSAGE(
          fmt::format("power {}, seed {}: loss {:.12f} at the saddle, {:.12f} of the reduced problem; {} "
                      "neurons, {} ways down",
                      power, seed, static_cast<double>(point.refinement.loss), static_cast<double>(expected),
                      point.active_neurons.front(), point.escapes.size()));
      BOOST_TEST(point.is_critical());
      BOOST_TEST((point.kind == CriticalKind::saddle));
      BOOST_TEST(!point.escapes.empty());
      BOOST_TEST(std::abs(point.refinement.loss - expected) < 1e-9 * expected);
      options.destination = Destination::minimum;
      options.loss = Real(1e-12) * objective.loss_at_origin();
      const Approach last = follow_to_critical_point(objective, scale * w, options);
      BOOST_TEST(objective.value(last.weights) <= 2 * options.loss);
      BOOST_TEST(last.left >= 1);
    }
  }
}

// THEORY.md, V5, with kappa = 1: b (a.x)^2 with |a|^2 = 2 b^2 at the angle theta to w*. v = b^{-3} obeys the
// linear equation dv / d ln tan(theta) = (3/2 + 3 cos^2 theta) v - 9, here by Runge and Kutta's rule.
BOOST_AUTO_TEST_CASE(one_square_follows_its_closed_form) {
  Objective objective = objective_of(population_of("layers = [3, 1, 1]\nslope = -1.0\npower = 2\n",
                                                   "targets = \"teacher_sum\"\nteacher_sum.vectors = [[1.0, "
                                                   "0.0, 0.0]]\nteacher_sum.coefficients = [1.0]\n"));
  const Real b0 = Real(0.2), theta0 = Real(1.2);
  Vector w(4);
  w << std::sqrt(Real(2)) * b0 * std::cos(theta0), std::sqrt(Real(2)) * b0 * std::sin(theta0), 0, b0;
  const auto angle_of = [](const Vector& at) { return std::atan2(at.segment(1, 2).norm(), at[0]); };
  for (const Real t_end : {Real(1), Real(2), Real(4)}) {
    FlowAssembly flow(objective, w);
    Observer nobody;
    IntegrationOptions until;
    until.t_end = t_end;
    const Vector end = flow.weights(flow.run(nobody, until).state);
    Real s = std::log(std::tan(theta0)), v = 1 / (b0 * b0 * b0);
    const Real target = std::log(std::tan(angle_of(end)));
    const auto slope = [](Real at, Real value) {
      return (Real(1.5) + 3 / (1 + std::exp(2 * at))) * value - 9;
    };
    constexpr int kSteps = 20'000;
    const Real h = (target - s) / kSteps;
    for (int i = 0; i < kSteps; ++i, s += h) {
      const Real k1 = slope(s, v), k2 = slope(s + h / 2, v + h / 2 * k1),
                 k3 = slope(s + h / 2, v + h / 2 * k2), k4 = slope(s + h, v + h * k3);
      v += h / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
    }
    const Real found = std::pow(end[3], -3);
    BOOST_TEST_MESSAGE(fmt::format("t = {}: angle {:.4f}, b^-3 off by {:.1e}", static_cast<double>(t_end),
                                   static_cast<double>(angle_of(end)), static_cast<double>(found / v - 1)));
    BOOST_TEST(std::abs(found / v - 1) < 1e-6);
  }
}

BOOST_AUTO_TEST_CASE(the_coordinates_of_a_span_are_those_of_the_same_flow) {
  const std::string network = "layers = [40, 3, 1]\npower = 1\n";
  const std::string data = "targets = \"teacher\"\nteacher.hidden = [2]\nseed = 3\n";
  const std::string start = "[init]\nkind = \"sphere\"\nscale = 0.1\nseed = 5\n";
  const StudyTable all = population_of(network, data, start);
  const StudyTable span = population_of(network, data + "population.coordinates = \"span\"\n", start);
  Objective wide = objective_of(all), narrow = objective_of(span);
  BOOST_TEST(narrow.network().input_count() == 40);
  BOOST_TEST(narrow.size() == 3 * 5 + 3);
  const Vector w = build_initial_weights(all, wide.network()),
               u = build_initial_weights(span, narrow.network());
  const Matrix basis = narrow.data().inputs.middleCols(2, 5);
  BOOST_TEST((basis.transpose() * basis - Matrix::Identity(5, 5)).norm() < 1e-13);
  const auto back = [&](const Vector& at) -> Matrix {
    return narrow.network().layout().matrix(at, 0) * basis.transpose();
  };
  BOOST_TEST((back(u) - wide.network().layout().matrix(w, 0)).norm() < 1e-14);
  Observer nobody;
  IntegrationOptions until;
  until.t_end = 50;
  FlowAssembly wide_flow(wide, w), narrow_flow(narrow, u);
  const Vector w_end = wide_flow.weights(wide_flow.run(nobody, until).state);
  const Vector u_end = narrow_flow.weights(narrow_flow.run(nobody, until).state);
  const Real apart = (back(u_end) - wide.network().layout().matrix(w_end, 0)).norm() / w_end.norm();
  BOOST_TEST_MESSAGE(fmt::format("t = 50: loss {:.3e} of {:.3e}, weights apart by {:.1e}",
                                 static_cast<double>(narrow.value(u_end)),
                                 static_cast<double>(narrow.loss_at_origin()), static_cast<double>(apart)));
  BOOST_TEST(apart < 1e-5);
  BOOST_CHECK_EXCEPTION(
      build_initial_weights(population_of(network, data + "population.coordinates = \"span\"\n",
                                          "[init]\nkind = \"run\"\nfile = \"x.h5\"\n"),
                            narrow.network()),
      InputError,
      [](const InputError& e) { return std::string(e.what()).find("init.kind") != std::string::npos; });
}

BOOST_AUTO_TEST_CASE(a_pursuit_grows_the_teacher_neuron_by_neuron) {
  for (const int power : {1, 2}) {
    const StudyTable study =
        population_of(fmt::format("layers = [2, 3, 1]\npower = {}\n", power), kTwoTeachers);
    const auto family = build_network(study);
    const Dataset data = build_dataset(study, *family);
    PursuitOptions options;
    options.starts = 20;
    options.budget = {3};
    options.loss = Real(1e-12);
    NeuronPursuit pursuit(family, data, build_loss(study), options);
    const auto first = pursuit.advance();
    BOOST_REQUIRE(first.has_value());
    BOOST_TEST(std::abs(first->loss_after - loss_of_one_neuron(power, Real(1.5), 1)) < 1e-9);
    const auto second = pursuit.advance();
    BOOST_REQUIRE(second.has_value());
    BOOST_TEST_MESSAGE(fmt::format("power {}: loss {:.6g}, then {:.3g}", power,
                                   static_cast<double>(first->loss_after),
                                   static_cast<double>(second->loss_after)));
    BOOST_TEST(second->loss_after <= 1e-12);
  }
}

// r is measured in units of the chart near the origin: the same number at the same weights, and its rate too.
BOOST_AUTO_TEST_CASE(proximity_is_that_of_either_chart) {
  Objective objective = objective_of(population_of("layers = [2, 3, 1]\npower = 2\n", kTwoTeachers));
  const Vector direction = gaussian_direction(objective.network(), 3);
  FlowAssemblyOptions options;
  options.events = no_flow_events();
  for (const Real size : {Real(0.5), Real(0.05), Real(1e-3)}) {
    FlowAssembly parts(objective, size * direction, options);
    const Vector cartesian = GradientFlow::initial_state(size * direction);
    const Vector polar = parts.polar_flow.enter(cartesian);
    const Real expected = parts.probe.proximity(cartesian), found = parts.probe.proximity(polar);
    BOOST_TEST_MESSAGE(fmt::format("|w| = {:g}: r = {:.9f} and {:.9f}", static_cast<double>(size),
                                   static_cast<double>(expected), static_cast<double>(found)));
    // Near the origin 1 - L / L(0) has few digits.
    BOOST_TEST(std::abs(found / expected - 1) < Real(1e-6));
    const Real rate = parts.probe.proximity_rate(cartesian),
               unit = std::pow(size, Real(objective.network().degree() - 2));
    BOOST_TEST(std::abs(parts.probe.proximity_rate(polar) * unit / rate - 1) < Real(1e-5));
  }
  FlowAssembly tiny(objective, direction, std::log(Real(1e-200)), options);
  const Real r = tiny.probe.proximity(tiny.start);
  BOOST_TEST((r > Real(0.1) && r < 1000));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow
