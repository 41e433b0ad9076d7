// The skeleton of networks with one hidden layer against closed forms: V8, the modes of linear and quadratic
// networks, blow-up times.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "saddleflow/base/random.hpp"
#include "saddleflow/skeleton/flow_visits.hpp"
#include "saddleflow/skeleton/inactive_clocks.hpp"
#include "saddleflow/skeleton/parallel_groups.hpp"
#include "saddleflow/skeleton/skeleton.hpp"
#include "saddleflow/study/build.hpp"
#include "saddleflow/study/initial_weights.hpp"
#include "skeleton/orthogonal.hpp"

using namespace saddleflow;

BOOST_AUTO_TEST_SUITE(neuron_skeleton_test)

namespace {

double number(Real x) { return static_cast<double>(x); }

void print_jumps(const char* what, const Skeleton& skeleton) {
  fmt::print("{}: {} jumps, {}\n", what, skeleton.jumps.size(), name_of(skeleton.end));
  for (const SkeletonJump& jump : skeleton.jumps)
    fmt::print("  tau {:.12g}: on {}, off {}, active {}, loss {:.12g}{}\n", number(jump.time),
               fmt::join(jump.activated, " "), fmt::join(jump.deactivated, " "), fmt::join(jump.active, " "),
               number(jump.loss), jump.point ? std::string(", ") + name_of(jump.point->kind) : "");
}

}  // namespace

BOOST_AUTO_TEST_CASE(v8_jumps_and_plateau) {
  const Dataset data = pursuit_test::orthogonal_data();
  const auto network = feed_forward({data.inputs.rows(), 12, 1}, Activation(0, 1));
  Objective objective(network, data, Loss(square_loss(), Reduction::mean));
  const Skeleton skeleton = compute_skeleton(objective, pursuit_test::orthogonal_start(*network, data));
  print_jumps("V8", skeleton);
  const auto plus = pursuit_test::of_sign(data, 1), minus = pursuit_test::of_sign(data, -1);
  BOOST_REQUIRE(skeleton.jumps.size() >= 2);
  const SkeletonJump &first = skeleton.jumps[0], &second = skeleton.jumps[1];
  fmt::print("V8: tau+ D+ - 1 = {:.1e}, tau- D- - 1 = {:.1e}, plateau off by {:.1e}, last loss {:.1e}\n",
             number(first.time * plus.rate - 1), number(second.time * minus.rate - 1),
             number(first.loss / minus.residual - 1), number(second.loss));
  BOOST_TEST(std::abs(first.time * plus.rate - 1) < Real(1e-8));
  BOOST_TEST(std::abs(second.time * minus.rate - 1) < Real(1e-8));
  BOOST_TEST(std::abs(first.loss / minus.residual - 1) < Real(1e-8));
  BOOST_TEST(second.loss < Real(1e-16));
  BOOST_TEST((skeleton.end == SkeletonEnd::fitted));
}

// Two-layer linear, whitened: mode i is learnt at tau = 1/s_i (V2, V3), whatever the start.
BOOST_AUTO_TEST_CASE(whitened_linear_modes) {
  constexpr Index d = 4;
  const Vector s = (Vector(d) << 3, 2, Real(0.7), Real(0.25)).finished();
  Random random(5);
  Dataset data;
  data.inputs = random.orthonormal_columns(d, d);
  const Matrix map = random.orthonormal_columns(d, d) * s.asDiagonal() * random.orthonormal_columns(d, d);
  data.targets = map * data.inputs;
  const auto network = feed_forward({d, 6, d}, Activation());
  Objective objective(network, data, Loss());
  const Skeleton skeleton = compute_skeleton(objective, Random(6).unit_vector(objective.size()));
  print_jumps("linear, whitened", skeleton);
  BOOST_REQUIRE(skeleton.jumps.size() == d);
  Real times = 0, losses = 0;
  for (Index i = 0; i < d; ++i) {
    const SkeletonJump& jump = skeleton.jumps[static_cast<std::size_t>(i)];
    times = std::max(times, std::abs(jump.time * s[i] - 1));
    losses = std::max(losses, std::abs(jump.loss - s.tail(d - 1 - i).squaredNorm() / 2));
    BOOST_REQUIRE(jump.point.has_value());
    BOOST_TEST((jump.point->kind == (i + 1 < d ? CriticalKind::saddle : CriticalKind::minimum)));
  }
  fmt::print("linear, whitened: tau_i s_i - 1 up to {:.1e}, losses off by {:.1e}\n", number(times),
             number(losses));
  BOOST_TEST(times < Real(1e-11));
  BOOST_TEST(losses < Real(1e-12));
  BOOST_TEST((skeleton.end == SkeletonEnd::fitted));
}

// V5: H = b (a . x)^2 on the circle, N* = (2/sqrt 3)(n/8) at a = sqrt(2/3) w*, b = sqrt(1/3); blow-up of c u*
// at tau = 1 / (D (D-2) N* c).
BOOST_AUTO_TEST_CASE(blow_up_on_the_ray) {
  constexpr Index n = 12;
  Dataset data;
  data.inputs.resize(2, n);
  data.targets.resize(1, n);
  for (Index i = 0; i < n; ++i) {
    const Real angle = 2 * std::acos(Real(-1)) * static_cast<Real>(i) / n;
    data.inputs.col(i) << std::cos(angle), std::sin(angle);
    data.targets(0, i) = std::pow(std::cos(angle), 2);
  }
  const auto network = feed_forward({2, 2, 1}, Activation(-1, 2));
  Objective objective(network, data, Loss());
  const Vector share = (Vector(2) << Real(0.8), Real(0.6)).finished();
  Vector w = Vector::Zero(objective.size());
  for (Index k = 0; k < 2; ++k) {
    network->layout().matrix(w, 0)(k, 0) = share[k] * std::sqrt(Real(2) / 3);
    network->layout().matrix(w, 1)(0, k) = share[k] * std::sqrt(Real(1) / 3);
  }
  const Skeleton skeleton = compute_skeleton(objective, w);
  print_jumps("V5", skeleton);
  BOOST_REQUIRE(skeleton.jumps.size() == 1);
  const Real exact = 1 / (3 * (2 / std::sqrt(Real(3))) * (Real(n) / 8) * share[0]);
  fmt::print("V5: blow-up at {:.15g}, off by {:.1e}; loss {:.1e}\n", number(skeleton.jumps[0].time),
             number(skeleton.jumps[0].time / exact - 1), number(skeleton.jumps[0].loss));
  BOOST_TEST(std::abs(skeleton.jumps[0].time / exact - 1) < Real(1e-9));
  BOOST_TEST(skeleton.jumps[0].activated == std::vector<Index>{0}, boost::test_tools::per_element());
  BOOST_TEST((skeleton.end == SkeletonEnd::fitted));
}

// One input x = 1 with residual r: a' = r sigma'(a) b, b' = r sigma(a), so that a + b and a - b grow and fall
// like e^{r t} for a > 0; |a| = |b| up to what the balance keeps apart.
BOOST_AUTO_TEST_CASE(a_neuron_turns_where_the_balance_holds_it) {
  Dataset data;
  data.inputs = data.targets = Matrix::Ones(1, 1);
  const auto network = feed_forward({1, 2, 1}, Activation(Real(0.5), 1));
  Objective objective(network, data, Loss());
  // ||a|| > ||b||, ||a|| < ||b||; weights a_1, a_2, b_1, b_2.
  const Vector w = (Vector(4) << 1, Real(0.5), Real(0.5), 1).finished();
  const auto clocks_at = [&](Real rise, Real fall, Real after) {
    const auto clocks_of_inactive = make_inactive_clocks(objective, w);
    clocks_of_inactive->look(Vector(), Matrix::Ones(1, 1));
    BOOST_TEST(clocks_of_inactive->advance(rise, 0).empty());
    clocks_of_inactive->look(Vector(), -Matrix::Ones(1, 1));
    BOOST_TEST(std::abs(clocks_of_inactive->wait() - fall) < Real(1e-9));
    BOOST_TEST(clocks_of_inactive->advance(clocks_of_inactive->wait(), Real(1e-9)).empty());
    BOOST_TEST(clocks_of_inactive->advance(after, Real(1e-9)).empty());
    Vector clocks = Vector::Zero(2);
    clocks_of_inactive->write_clocks(clocks);
    return clocks;
  };
  // Rate 1 for a > 0; the second neuron passes to a < 0, slope 1/2.
  const Vector clocks = clocks_at(Real(0.4), Real(0.4), Real(0.3));
  fmt::print("turned neurons: S = {:.12g} and {:.12g}, expected 0.3 and 0.15\n", number(clocks[0]),
             number(clocks[1]));
  BOOST_TEST(std::abs(clocks[0] - Real(0.3)) < Real(1e-9));
  BOOST_TEST(std::abs(clocks[1] - Real(0.15)) < Real(1e-9));
}

// A neuron that comes back from the active ones and is pushed on: H = w^3, w' = -3 r w^2 from infinity is
// 1 / (3 r tau); for degree 2, norm delta^{1-S}, S falls from 1 at the rate 2 |N|.
BOOST_AUTO_TEST_CASE(neurons_come_back) {
  Dataset data;
  data.inputs = data.targets = Matrix::Ones(1, 1);
  const Real r = Real(0.7), tau = 2;
  const auto state_after = [&](const std::shared_ptr<const Network>& network, const Vector& direction) {
    Objective objective(network, data, Loss());
    const auto clocks_of_inactive =
        make_inactive_clocks(objective, Vector::Unit(objective.size(), objective.size() - 1));
    clocks_of_inactive->look(Vector(), Matrix::Constant(1, 1, r));
    clocks_of_inactive->add({0, direction});
    clocks_of_inactive->look(Vector(), Matrix::Constant(1, 1, -r));
    clocks_of_inactive->advance(tau, 0);
    Vector clocks = Vector::Zero(2);
    clocks_of_inactive->write_clocks(clocks);
    return clocks[0];
  };
  const Real cube = state_after(power_sum(1, 2, Activation(0, 3)), Vector::Ones(1));
  const Real relu =
      state_after(feed_forward({1, 2, 1}, Activation(0, 1)), Vector::Constant(2, std::sqrt(Real(0.5))));
  fmt::print("neurons that come back: ln norm {:.9f} (closed form {:.9f}), S = {:.12f} ({:.12f})\n",
             number(cube), number(-std::log(3 * r * tau)), number(relu), number(1 - r * tau));
  BOOST_TEST(std::abs(cube + std::log(3 * r * tau)) < Real(1e-8));
  BOOST_TEST(std::abs(relu - (1 - r * tau)) < Real(1e-10));
}

BOOST_AUTO_TEST_CASE(parallel_neurons_are_one) {
  const auto network = feed_forward({3, 3, 2}, Activation(0, 1));
  Objective objective(network, {Random(1).normal_matrix(3, 8), Random(2).normal_matrix(2, 8), "test"},
                      Loss());
  Vector w = Random(3).unit_vector(objective.size());
  network->layout().matrix(w, 0).row(2) = Real(0.3) * network->layout().matrix(w, 0).row(0);
  network->layout().matrix(w, 1).col(2) = Real(0.3) * network->layout().matrix(w, 1).col(0);
  const auto groups = parallel_groups(*network, w, {0, 1, 2});
  BOOST_REQUIRE(groups.size() == 2);
  const Vector one = gathered(*network, w, groups);
  const Matrix outputs = objective.outputs(w);
  BOOST_TEST((objective.outputs(one) - outputs).norm() < Real(1e-14));
  BOOST_TEST((distributed(*network, one, groups) - w).norm() < Real(1e-15));
  BOOST_TEST(one.isZero(0) == false);
  BOOST_TEST(network->layout().matrix(one, 0).row(2).isZero(0));
}

// From where the direction was before a jump the NCF flow of the new residual takes neuron 5 of this problem
// to a growing limit, S = 1 at tau = 0.48; along the jump it goes elsewhere, and the flow stays where it is.
BOOST_AUTO_TEST_CASE(directions_ride_along_a_jump) {
  const StudyTable study = StudyTable::parse(
      "[network]\nlayers = [3, 8, 1]\nslope = 0.0\npower = 1\n[data]\ninputs = \"gaussian\"\nsamples = 12\n"
      "seed = 5\n[data.teacher]\nhidden = [2]\n",
      "riding");
  const auto network = build_network(study);
  Objective objective(network, build_dataset(study, *network), build_loss(study));
  const Vector direction = build_initial_weights(study, *network);
  const Skeleton skeleton = compute_skeleton(objective, direction);
  print_jumps("riding", skeleton);
  BOOST_REQUIRE(skeleton.jumps.size() == 1);
  BOOST_TEST((skeleton.end == SkeletonEnd::no_growth));
  FlowVisitOptions options;
  options.slow_time = 2;
  const FlowVisits flow = visits_of_flow(objective, direction, -60, options);
  fmt::print("riding: plateau {:.6g}, the flow from delta = e^-60 has {:.6g} at tau = 2\n",
             number(skeleton.jumps[0].loss), number(flow.loss));
  BOOST_TEST(std::abs(flow.loss / skeleton.jumps[0].loss - 1) < Real(1e-2));
}

BOOST_AUTO_TEST_CASE(separable_data_lead_to_infinity) {
  Dataset data;
  data.inputs = Random(1).normal_matrix(2, 10);
  data.targets = data.inputs.row(0).cwiseSign();
  Objective objective(feed_forward({2, 4, 1}, Activation()), data, Loss(logistic_loss()));
  const Skeleton skeleton = compute_skeleton(objective, Random(2).unit_vector(objective.size()));
  print_jumps("separable", skeleton);
  BOOST_TEST((skeleton.end == SkeletonEnd::no_minimiser));
  BOOST_TEST(skeleton.jumps.empty());
}

BOOST_AUTO_TEST_SUITE_END()
