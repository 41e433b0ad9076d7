// Flows from small starts come to their skeleton: like 1/ln(1/delta) for degree 2, like delta^{D-2} above.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "saddleflow/skeleton/flow_visits.hpp"
#include "saddleflow/study/build.hpp"
#include "saddleflow/study/initial_weights.hpp"
#include "skeleton/mirror_flow.hpp"
#include "skeleton/orthogonal.hpp"

using namespace saddleflow;

BOOST_AUTO_TEST_SUITE(skeleton_flow_test)

namespace {

double plain(Real x) { return static_cast<double>(x); }

struct Approach {
  Skeleton skeleton;
  std::vector<std::vector<Real>> errors;  ///< of slow times, per flow and stop; NaN: not visited
};

/// Prints and returns tau_delta - tau of every stop, for each ln(delta).
Approach approach(const char* what, Objective& objective, const Vector& direction,
                  const std::vector<Real>& log_deltas, FlowVisitOptions options, Real horizon) {
  Approach result;
  SkeletonOptions skeleton_options;
  skeleton_options.analyse = false;
  skeleton_options.analysis.search.starts = 8;
  result.skeleton = compute_skeleton(objective, direction, skeleton_options);
  const SaddleSequence expected = sequence_of(result.skeleton);
  BOOST_REQUIRE(!expected.stops.empty());
  const int degree = objective.network().degree();
  options.analysis.search.starts = 4;
  if (result.skeleton.end == SkeletonEnd::fitted) options.loss = Real(1e-12) * result.skeleton.loss_at_origin;
  for (const Real log_delta : log_deltas) {
    options.slow_time = horizon * expected.stops.back().time;
    if (degree == 2) options.slow_time += 50 / -log_delta;
    const FlowVisits flow = visits_of_flow(objective, direction, log_delta, options);
    std::vector<Real> errors(expected.stops.size(), std::numeric_limits<Real>::quiet_NaN());
    for (const StopMatch& match : match_sequences(expected, flow.sequence)) {
      BOOST_TEST(match.first >= 0,
                 what << " at ln(delta) = " << log_delta << ": a point beside the skeleton");
      if (match.is_pair()) errors[static_cast<std::size_t>(match.first)] = match.time_difference;
    }
    std::string line;
    for (const Real error : errors)
      line += fmt::format("  {:+.4e} ({:+.6g})", plain(error),
                          plain(degree == 2 ? -log_delta * error
                                            : error * std::exp(static_cast<Real>(2 - degree) * log_delta)));
    fmt::print("{}, ln(delta) = {:g}: tau_delta - tau (times ln(1/delta) or delta^-(D-2)):{}\n", what,
               plain(log_delta), line);
    result.errors.push_back(std::move(errors));
  }
  return result;
}

struct StudyProblem {
  explicit StudyProblem(const std::string& toml) {
    const StudyTable study = StudyTable::parse(toml, "study");
    const auto network = build_network(study);
    objective = std::make_unique<Objective>(network, build_dataset(study, *network), build_loss(study));
    direction = build_initial_weights(study, *network);
  }
  std::unique_ptr<Objective> objective;
  Vector direction;
};

/// The last two flows, of degree 2, have the same error * ln(1/delta), to `tolerance`.
void check_constants(const Approach& found, const std::vector<Real>& log_deltas, Real tolerance) {
  const std::size_t last = log_deltas.size() - 1;
  for (std::size_t k = 0; k < found.skeleton.jumps.size(); ++k) {
    const Real a = log_deltas[last - 1] * found.errors[last - 1][k],
               b = log_deltas[last] * found.errors[last][k];
    BOOST_TEST(std::abs(a - b) < tolerance * std::abs(b), "stop " << k << ": " << a << " and " << b);
  }
}

Dataset v7_inputs() {
  Dataset data;
  data.inputs = Matrix(2, 2);
  data.inputs << 1, 0, Real(0.5), std::sqrt(Real(0.75));
  data.targets = (Matrix(1, 2) << 1, Real(-0.2)).finished() * data.inputs;
  return data;
}

}  // namespace

// u - v of a coordinate that has grown to u = v is lost below rounding: (0.9, 0) is left at the right time
// down to alpha = 1e-16 or so: they are apart by alpha^{2/3} at most.
BOOST_AUTO_TEST_CASE(v7) {
  Objective objective(diagonal_linear(2), v7_inputs(), Loss());
  const Vector direction = (Vector(4) << 1, 1, 0, 0).finished();
  FlowVisitOptions options;
  options.rtol = Real(1e-10);
  std::vector<Real> logs;
  for (const Real alpha : {1e-4, 1e-7, 1e-10, 1e-13, 1e-16}) logs.push_back(std::log(2 * alpha));
  const Approach found = approach("V7", objective, direction, logs, options, Real(1.3));
  check_constants(found, logs, Real(1e-4));
}

BOOST_AUTO_TEST_CASE(v7_first_jump_from_everywhere) {
  Objective objective(diagonal_linear(2), v7_inputs(), Loss());
  const Vector direction = (Vector(4) << 1, 1, 0, 0).finished();
  FlowVisitOptions options;
  options.charts = FlowAssemblyOptions::Charts::polar;
  options.rtol = Real(1e-10);
  for (const Real log_delta : {Real(-92), Real(-1000)}) {
    options.slow_time = 3;
    const FlowVisits flow = visits_of_flow(objective, direction, log_delta, options);
    BOOST_REQUIRE(flow.sequence.stops.size() == 1);
    const Real constant = -log_delta * (flow.sequence.stops[0].time - Real(10) / 9);
    fmt::print("V7, ln(delta) = {:g}: first jump at {:.8f}, error * ln(1/delta) = {:.6f}\n", plain(log_delta),
               plain(flow.sequence.stops[0].time), plain(constant));
    // Alone: beta' = 2 (0.9 - beta) beta, half of the fall of the loss at beta = 0.9 (1 - 1/sqrt 2); beta(0)
    // = 2 alpha^2 e^{1.8 t} / 2 with alpha = delta / 2.
    const Real exact = std::log((std::sqrt(Real(2)) - 1) * Real(0.9) * 8) / Real(1.8);
    BOOST_TEST(std::abs(constant - exact) < Real(1e-5), constant << " and " << exact);
  }
}

// The same flow in the dual coordinate, which no alpha is too small for: the same constants, tau ln(1/alpha)
// being tau ln(1/delta) - tau ln 2.
BOOST_AUTO_TEST_CASE(v7_in_dual_coordinates) {
  const Real first_constant = std::log((std::sqrt(Real(2)) - 1) * Real(0.9) * 8) / Real(1.8);
  for (const Real log_alpha : {Real(-100), Real(-1000)}) {
    const Real h = Real(-1e-2) / log_alpha;
    const pursuit_test::MirrorJumps jumps = pursuit_test::mirror_flow(v7_inputs(), log_alpha, h, 11);
    const Real first = -log_alpha * (jumps.first - Real(10) / 9) + std::log(Real(2)) * 10 / 9;
    const Real second = -log_alpha * (jumps.second - 10) + std::log(Real(2)) * 10;
    fmt::print("V7, alpha = e^{:g}: half of each fall at {:.6f} and {:.6f}; constants {:.5f} and {:.5f}\n",
               plain(log_alpha), plain(jumps.first), plain(jumps.second), plain(first), plain(second));
    BOOST_TEST(std::abs(first - first_constant) < Real(3e-3));
    // 1.97926: of the flows in v7.
    BOOST_TEST(std::abs(second - Real(1.97926)) < Real(1e-2));
  }
}

BOOST_AUTO_TEST_CASE(v8) {
  const Dataset data = pursuit_test::orthogonal_data();
  const auto network = feed_forward({data.inputs.rows(), 12, 1}, Activation(0, 1));
  Objective objective(network, data, Loss(square_loss(), Reduction::mean));
  const std::vector<Real> logs{-28, -56, -112};
  const Approach found =
      approach("V8", objective, pursuit_test::orthogonal_start(*network, data), logs, {}, Real(1.5));
  check_constants(found, logs, Real(2e-3));
}

BOOST_AUTO_TEST_CASE(linear_modes) {
  StudyProblem problem(
      "[network]\nlayers = [4, 8, 3]\nslope = 1.0\npower = 1\n[data]\ninputs = \"gaussian\"\nsamples = 20\n"
      "noise = 0.5\nseed = 1\n[data.teacher]\nhidden = [3]\n");
  const std::vector<Real> logs{-16, -24, -32};
  const Approach found =
      approach("linear, three outputs", *problem.objective, problem.direction, logs, {}, Real(1.2));
  BOOST_TEST(found.skeleton.jumps.size() == 3);
  check_constants(found, logs, Real(5e-3));
}

BOOST_AUTO_TEST_CASE(leaky_relu) {
  StudyProblem problem(
      "[network]\nlayers = [3, 8, 1]\nslope = 0.2\npower = 1\n[data]\ninputs = \"gaussian\"\nsamples = 12\n"
      "seed = 2\n[data.teacher]\nhidden = [2]\n");
  const std::vector<Real> logs{-20, -40, -60};
  const Approach found = approach("leaky ReLU", *problem.objective, problem.direction, logs, {}, Real(2));
  BOOST_TEST(found.skeleton.jumps.size() == 3);
  check_constants(found, logs, Real(2e-3));
}

BOOST_AUTO_TEST_CASE(squared_relu) {
  StudyProblem problem(
      "[network]\nlayers = [10, 20, 1]\n[data]\ninputs = \"sphere\"\nsamples = 100\nseed = "
      "1\n[data.teacher]\n"
      "hidden = [3]\n");
  const std::vector<Real> logs{std::log(Real(1e-2)), std::log(Real(1e-3)), std::log(Real(1e-4))};
  const Approach found = approach("squared ReLU", *problem.objective, problem.direction, logs, {}, Real(2));
  BOOST_REQUIRE(found.skeleton.jumps.size() == 3);
  BOOST_TEST((found.skeleton.end == SkeletonEnd::fitted));
  for (std::size_t k = 0; k < 3; ++k) {
    const Real ratio = found.errors[1][k] / found.errors[2][k];
    BOOST_TEST(std::abs(ratio - 10) < 1, "stop " << k << ": errors fall by " << ratio << " for 10");
    BOOST_TEST(std::abs(found.errors[2][k]) < Real(5e-4) * found.skeleton.jumps[k].time);
  }
}

BOOST_AUTO_TEST_SUITE_END()
