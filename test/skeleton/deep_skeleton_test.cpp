// Skeletons of networks with several hidden layers, against closed forms, a slow integration and flows.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/correlation/kkt_search.hpp"
#include "saddleflow/correlation/separable.hpp"
#include "saddleflow/job/skeleton_run.hpp"
#include "saddleflow/pursuit/growth.hpp"
#include "saddleflow/saddle/inactive_neurons.hpp"
#include "saddleflow/skeleton/flow_visits.hpp"
#include "saddleflow/skeleton/hidden_subset.hpp"
#include "saddleflow/skeleton/inactive_clocks.hpp"
#include "saddleflow/study/build.hpp"
#include "saddleflow/study/initial_weights.hpp"

using namespace saddleflow;
namespace data = boost::unit_test::data;

BOOST_AUTO_TEST_SUITE(deep_skeleton_test)

namespace {

double plain(Real x) { return static_cast<double>(x); }

std::string study_text(const std::string& network, int samples, const std::string& teacher, int seed) {
  return fmt::format(
      "[network]\n{}\n[data]\ninputs = \"sphere\"\nsamples = {}\nseed = {}\n[data.teacher]\nhidden = {}\n"
      "[init]\nscale = 0.03\nseed = {}\n[flow]\nt_end = 160\n",
      network, samples, seed, teacher, seed);
}

struct Problem {
  explicit Problem(const std::string& toml) {
    const StudyTable study = StudyTable::parse(toml, "study");
    const auto network = build_network(study);
    objective = std::make_unique<Objective>(network, build_dataset(study, *network), build_loss(study));
    direction = build_initial_weights(study, *network).stableNormalized();
  }
  std::unique_ptr<Objective> objective;
  Vector direction;
};

Problem squared_relu(int seed = 1) {
  return Problem(study_text("layers = [4, 6, 4, 1]\npower = 2\nslope = 0.0", 60, "[2, 2]", seed));
}

}  // namespace

// Some neurons of each layer are the whole network with the others at zero.
BOOST_AUTO_TEST_CASE(a_subset_is_the_network_without_the_others) {
  Random random(1);
  const auto network = feed_forward({3, 4, 5, 2}, Activation(Real(0.2), 2));
  Objective whole(network, {random.normal_matrix(3, 7), Matrix::Zero(2, 7), "test"}, Loss());
  const std::vector<Index> kept{1, 3, 4, 6, 7};
  const HiddenSubset subset = hidden_subset(*network, kept);
  BOOST_TEST((subset.network->layer_sizes() == std::vector<Index>{3, 2, 3, 2}));
  const Vector w = random.unit_vector(whole.size());
  const Matrix expected = whole.outputs(put_to_zero(*network, w, {0, 2, 5, 8}));
  Objective part(subset.network, whole.data(), Loss());
  const Real off = (part.outputs(subset.take(w)) - expected).norm() / expected.norm();
  fmt::print("subset of 2 and 3 of 4 and 5 neurons: outputs off by {:.1e}\n", plain(off));
  BOOST_TEST(off < Real(1e-14));
  BOOST_TEST((subset.embed(subset.take(w), w.size()) - put_to_zero(*network, w, {0, 2, 5, 8})).norm() == 0);
  BOOST_CHECK_EXCEPTION(hidden_subset(*network, {0, 1}), InputError, [](const InputError& e) {
    return std::string(e.what()) == "subset: no neuron of hidden layer 2, expected one at least";
  });
  BOOST_CHECK_THROW(hidden_subset(*network, {0, 9}), InputError);
}

// From a KKT point, one neuron a layer, the network blows up at 1 / (D (D-2) N).
BOOST_AUTO_TEST_CASE(a_kkt_point_blows_up_in_time) {
  const Problem problem = squared_relu();
  const Objective& whole = *problem.objective;
  const auto narrow = with_widths(whole.network(), {1, 1});
  Correlation correlation(Objective(narrow, whole.data(), whole.loss()));
  KktSearchOptions search;
  search.starts = 8;
  search.descend = false;
  const KktPoint best = find_kkt_points(correlation, search).entries.front().point;
  BOOST_REQUIRE(best.value > 0);
  const Vector direction = carried_over(*narrow, best.direction, whole.network());
  SkeletonOptions options;
  options.analyse = false;
  options.jumps = 1;
  const Skeleton skeleton = compute_skeleton(*problem.objective, direction, options);
  BOOST_REQUIRE(skeleton.jumps.size() == 1);
  const Real exact = 1 / (7 * 5 * best.value);
  fmt::print("blow-up of degree 7 at {:.15g}, off by {:.1e}\n", plain(skeleton.jumps[0].time),
             plain(skeleton.jumps[0].time / exact - 1));
  BOOST_TEST(std::abs(skeleton.jumps[0].time / exact - 1) < Real(1e-9));
  BOOST_TEST((skeleton.jumps[0].activated == std::vector<Index>{0, 6}));
  BOOST_TEST((skeleton.jumps[0].active_neurons == std::vector<Index>{1, 1}));
}

// H = c (sum_k v_k (a_k . x)^2)^2 with neuron 0 active: neuron 1 sees N = kappa v (a . x)^2, kappa = 2 c z r,
// whose maximum on the sphere is 2 kappa |x|^2 / 3^{3/2}.
BOOST_AUTO_TEST_CASE(an_inactive_neuron_blows_up_in_time) {
  const auto network = feed_forward({2, 2, 1, 1}, Activation(-1, 2));
  const Vector x = (Vector(2) << Real(0.8), Real(1.1)).finished();
  const Real target = 2, a0 = Real(0.9), v0 = Real(0.7), c = Real(1.3);
  Objective objective(network, {x, Matrix::Constant(1, 1, target), "test"}, Loss());
  Vector point = Vector::Zero(objective.size()), direction = point;
  const Layout& layout = network->layout();
  layout.matrix(point, 0)(0, 0) = a0;
  layout.matrix(point, 1)(0, 0) = v0;
  layout.matrix(point, 2)(0, 0) = c;
  const Real z = v0 * std::pow(a0 * x[0], 2), kappa = 2 * c * z * (target - c * z * z);
  BOOST_REQUIRE(kappa > 0);
  const Real size = Real(0.3);
  layout.matrix(direction, 0).row(1) = size * std::sqrt(Real(2) / 3) * x.normalized().transpose();
  layout.matrix(direction, 1)(0, 1) = size / std::sqrt(Real(3));
  layout.matrix(direction, 2)(0, 0) = std::sqrt(1 - size * size);
  const auto clocks_of_inactive = make_inactive_clocks(objective, direction);
  clocks_of_inactive->look(point, Matrix());
  const Real value = 2 * kappa * x.squaredNorm() / std::pow(Real(3), Real(1.5));
  const Real exact = 1 / (3 * value * size);
  fmt::print("inactive neuron blows up at {:.15g}, off by {:.1e}\n", plain(clocks_of_inactive->wait()),
             plain(clocks_of_inactive->wait() / exact - 1));
  BOOST_TEST(std::abs(clocks_of_inactive->wait() / exact - 1) < Real(1e-9));
  const auto due = clocks_of_inactive->advance(clocks_of_inactive->wait(), 0);
  BOOST_REQUIRE(due.size() == 1);
  BOOST_TEST(due[0].first == 1);
  BOOST_TEST((due[0].second - neuron_weights(*network, direction, 1) / size).norm() < Real(1e-7));
}

// What is left of the inactive neurons where the others escape to infinity, by the fourth-order Runge-Kutta
// method in the time ds = rho^{D-2} dt: at rho it is off by a multiple of 1/rho.
BOOST_AUTO_TEST_CASE(what_is_left_of_inactive_neurons) {
  const Problem problem = squared_relu();
  const Network& network = problem.objective->network();
  Correlation correlation(*problem.objective);
  const auto rate = [&](const Vector& u) {
    Vector g(u.size());
    correlation.gradient(u, g);
    return Vector(std::pow(u.norm(), Real(-5)) * g);
  };
  Vector u = problem.direction;
  while (u.norm() < Real(1e5)) {
    const Vector k1 = rate(u);
    const Real h = Real(1e-3) * u.norm() / k1.norm();
    const Vector k2 = rate(u + h / 2 * k1), k3 = rate(u + h / 2 * k2), k4 = rate(u + h * k3);
    u += h / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
  }
  const auto clocks_of_inactive = make_inactive_clocks(*problem.objective, problem.direction);
  clocks_of_inactive->look(Vector::Zero(u.size()), Matrix());
  Vector point = Vector::Zero(u.size());
  for (const auto& [k, direction] : clocks_of_inactive->advance(clocks_of_inactive->wait(), 0))
    point(neuron_parameters(network, k)) = direction;
  clocks_of_inactive->look(point, Matrix());
  const Vector active = neuron_norms(network, point);
  Vector clocks = Vector::Zero(active.size());
  clocks_of_inactive->write_clocks(clocks);
  Real worst = 0;
  Index checked = 0;
  for (Index k = 0; k < clocks.size(); ++k) {
    if (active[k] > 0 || clocks[k] == 0) continue;
    // The weights that act beside the point: not those to other inactive neurons.
    Real square = 0;
    for (const Index i : neuron_parameters(network, k)) {
      const ParameterPlace place = network.layout().place(i);
      const bool between = place.layer == 1 && active[place.column] == 0 && active[6 + place.row] == 0;
      if (!between) square += u[i] * u[i];
    }
    worst = std::max(worst, std::abs(std::exp(clocks[k]) / std::sqrt(square) - 1));
    ++checked;
  }
  fmt::print("what is left of {} inactive neurons: off by {:.1e}\n", checked, plain(worst));
  BOOST_TEST(checked == 8);
  BOOST_TEST(worst < Real(1e-4));
}

// The first jump is that of the flow to the tolerance, the times since then differ like delta.
BOOST_AUTO_TEST_CASE(flows_come_to_it) {
  Problem problem = squared_relu();
  const Skeleton skeleton = compute_skeleton(*problem.objective, problem.direction);
  BOOST_REQUIRE(skeleton.jumps.size() == 2);
  BOOST_TEST((skeleton.end == SkeletonEnd::fitted));
  BOOST_TEST(skeleton.later_degree == 3);
  BOOST_TEST((skeleton.jumps[0].point->kind == CriticalKind::saddle));
  std::vector<Real> errors;
  for (const Real delta : {Real(0.03), Real(0.01), Real(0.003)}) {
    FlowVisitOptions options;
    options.rtol = Real(1e-10);
    options.slow_time = 2 * skeleton.jumps[0].time;
    options.loss = Real(1e-12) * skeleton.loss_at_origin;
    const FlowVisits flow = visits_of_flow(*problem.objective, problem.direction, std::log(delta), options);
    const auto matches = match_sequences(sequence_of(skeleton), flow.sequence);
    BOOST_REQUIRE(matches.size() == 2);
    BOOST_REQUIRE((matches[0].is_pair() && matches[1].is_pair()));
    const Real first = matches[0].time_difference / skeleton.jumps[0].time;
    errors.push_back(matches[1].time_difference / skeleton.jumps[1].after);
    fmt::print("delta = {:g}: first jump off by {:.1e}, time to the second by {:.4e}, over delta {:.5f}\n",
               plain(delta), plain(first), plain(errors.back()), plain(errors.back() / delta));
    BOOST_TEST(std::abs(first) < Real(1e-9));
  }
  BOOST_TEST(std::abs(errors[0] / errors[1] - 3) < Real(0.1));
  // The limit of the three, extrapolated; the time of the last has lost 2e-5 to rounding.
  BOOST_TEST(std::abs((3 * errors[1] - errors[0]) / 2) < Real(1e-4));
}

// Other widths, outputs and slopes: where the flow goes, the skeleton has been.
BOOST_DATA_TEST_CASE(flows_visit_its_points, data::xrange(1, 5), seed) {
  Problem problem(study_text("layers = [3, 5, 5, 2]\npower = 2\nslope = 0.3", 60, "[1, 2]", seed));
  SkeletonOptions options;
  options.analyse = false;
  options.jumps = 2;
  const Skeleton skeleton = compute_skeleton(*problem.objective, problem.direction, options);
  BOOST_REQUIRE(!skeleton.jumps.empty());
  FlowVisitOptions visiting;
  visiting.slow_time = 2 * skeleton.jumps[0].time;
  visiting.loss = Real(1e-12) * skeleton.loss_at_origin;
  visiting.max_steps = 4'000;
  const FlowVisits flow =
      visits_of_flow(*problem.objective, problem.direction, std::log(Real(0.01)), visiting);
  const auto matches = match_sequences(sequence_of(skeleton), flow.sequence);
  std::size_t met = 0;
  for (const StopMatch& match : matches) {
    if (!match.is_pair()) continue;
    ++met;
    const SkeletonJump& jump = skeleton.jumps[static_cast<std::size_t>(match.first)];
    const Real scale = jump.after > 0 ? jump.after : jump.time;
    fmt::print("seed {}, jump {}: loss {:.6g}, time off by {:.1e}\n", seed, match.first + 1, plain(jump.loss),
               plain(match.time_difference / scale));
    BOOST_TEST(std::abs(match.time_difference) < Real(0.05) * scale);
  }
  BOOST_TEST(met >= 1U);
}

BOOST_AUTO_TEST_CASE(power_one_is_refused_and_flows_stand_alone) {
  const std::string toml = study_text("layers = [4, 6, 4, 1]\npower = 1\nslope = 0.2", 40, "[2, 1]", 1);
  Problem problem(toml);
  BOOST_CHECK_THROW(compute_skeleton(*problem.objective, problem.direction), InputError);
  const StudyTable study = StudyTable::parse(toml, "study");
  SkeletonRunOptions options;
  options.skeleton.analysis.search.starts = 4;
  BOOST_CHECK_THROW(run_skeleton(study, options), InputError);
  options.deltas = {Real(1e-3), Real(1e-4)};
  const SkeletonRun run = run_skeleton(study, options);
  BOOST_TEST((run.skeleton.end == SkeletonEnd::not_known));
  BOOST_REQUIRE(run.others.size() == 2);
  BOOST_REQUIRE(run.others[1].matches.size() == 3);
  // Beside the flow from 1e-3, in units of ln(1/delta) after the first saddle.
  for (const StopMatch& match : run.others[1].matches) {
    BOOST_REQUIRE(match.is_pair());
    const SaddleStop& stop = run.others[1].sequence.stops[static_cast<std::size_t>(match.second)];
    BOOST_TEST(std::abs(match.time_difference) < Real(0.1) * std::max(stop.after, stop.time));
  }
}

BOOST_AUTO_TEST_SUITE_END()
