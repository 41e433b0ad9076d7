// Skeletons of linear networks with several hidden layers: modes against closed forms, rotations and flows.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/saddle/inactive_neurons.hpp"
#include "saddleflow/skeleton/flow_visits.hpp"
#include "saddleflow/skeleton/hidden_modes.hpp"

using namespace saddleflow;
namespace data = boost::unit_test::data;

BOOST_AUTO_TEST_SUITE(deep_modes_test)

namespace {

double plain(Real x) { return static_cast<double>(x); }

/// W_l = Q_l diag(sizes) Q_{l-1}^T: balanced, one mode for each size.
Vector aligned(const Network& network, const std::vector<Matrix>& bases, const Vector& sizes) {
  Vector w(network.parameter_count());
  for (int l = 0; l < network.layout().layer_count(); ++l) {
    const auto at = static_cast<std::size_t>(l);
    network.layout().matrix(w, l) = bases[at + 1] * sizes.asDiagonal() * bases[at].transpose();
  }
  return w;
}

std::vector<Matrix> random_bases(Random& random, const std::vector<Index>& sizes, Index modes) {
  std::vector<Matrix> bases;
  bases.reserve(sizes.size());
  for (const Index size : sizes) bases.push_back(random.orthonormal_columns(size, modes));
  return bases;
}

/// Hidden layers in other bases.
Vector rotated(const Network& network, const Vector& w, const std::vector<Matrix>& turns) {
  Vector result(w.size());
  const Layout& layout = network.layout();
  const int last = layout.layer_count() - 1;
  for (int l = 0; l <= last; ++l) {
    Matrix layer = layout.matrix(w, l);
    if (l < last) layer = (turns[static_cast<std::size_t>(l)] * layer).eval();
    if (l > 0) layer = (layer * turns[static_cast<std::size_t>(l) - 1].transpose()).eval();
    layout.matrix(result, l) = layer;
  }
  return result;
}

struct Correlated {
  explicit Correlated(const std::vector<Index>& layers, std::uint64_t seed)
      : network(feed_forward(layers, Activation())) {
    Random random(seed);
    const Index d = layers.front(), outputs = layers.back();
    Dataset data{random.normal_matrix(d, 30), Matrix(), "test"};
    data.targets = random.normal_matrix(outputs, d) * data.inputs;
    objective = std::make_unique<Objective>(network, std::move(data), Loss());
    direction = random.unit_vector(objective->size());
  }
  std::shared_ptr<const Network> network;
  std::unique_ptr<Objective> objective;
  Vector direction;
};

Skeleton skeleton_of(Objective& objective, const Vector& direction) {
  SkeletonOptions options;
  options.analyse = false;
  return compute_skeleton(objective, direction, options);
}

/// Of the flow's jumps, relative.
std::vector<Real> time_errors(const Correlated& problem, const Skeleton& skeleton, Real delta) {
  FlowVisitOptions options;
  options.rtol = Real(1e-10);
  options.analysis.search.starts = 2;
  options.slow_time = Real(1.5) * skeleton.jumps.back().time;
  options.loss = Real(1e-12) * skeleton.loss_at_origin;
  const FlowVisits flow = visits_of_flow(*problem.objective, problem.direction, std::log(delta), options);
  const auto matches = match_sequences(sequence_of(skeleton), flow.sequence);
  BOOST_REQUIRE(matches.size() == skeleton.jumps.size());
  std::vector<Real> errors;
  errors.reserve(matches.size());
  for (std::size_t i = 0; i < matches.size(); ++i) {
    BOOST_REQUIRE(matches[i].is_pair());
    errors.push_back(matches[i].time_difference / skeleton.jumps[i].time);
  }
  return errors;
}

}  // namespace

// A mode of size c in all layers on whitened data: c' = s c^{D-1}, at infinity at c^{2-D} / ((D-2) s). The
// strongest comes first: before it the others would be saddles of N.
BOOST_DATA_TEST_CASE(aligned_modes_blow_up_in_time, data::make({1, 2, 3}), between) {
  std::vector<Index> sizes{3, 5};
  for (int l = 0; l < between; ++l) sizes.push_back(4 + l);
  sizes.push_back(3);
  Random random(7);
  const auto network = feed_forward(sizes, Activation());
  std::vector<Matrix> bases = random_bases(random, sizes, 3);
  const Vector strengths = (Vector(3) << 2, Real(1.3), Real(0.6)).finished();
  Dataset whitened{Matrix::Identity(3, 3), bases.back() * strengths.asDiagonal() * bases.front().transpose(),
                   "test"};
  Objective objective(network, std::move(whitened), Loss());
  const Vector sizes_of_modes = (Vector(3) << Real(0.7), Real(0.8), Real(0.9)).finished();
  const Vector start = aligned(*network, bases, sizes_of_modes);
  SkeletonOptions options;
  options.analysis.search.starts = 4;
  const Skeleton skeleton = compute_skeleton(objective, start, options);
  const int degree = network->degree();
  const Vector unit = sizes_of_modes / start.norm();
  const Vector exact = unit.array().pow(static_cast<Real>(2 - degree)) / (strengths.array() * (degree - 2));
  BOOST_REQUIRE_MESSAGE(skeleton.jumps.size() == 3, skeleton.jumps.size()
                                                        << " jumps, " << name_of(skeleton.end) << ", "
                                                        << skeleton.detail);
  Real worst = 0;
  for (Index i = 0; i < 3; ++i) {
    const SkeletonJump& jump = skeleton.jumps[static_cast<std::size_t>(i)];
    const Real off = std::abs(jump.time / exact[i] - 1);
    worst = std::max(worst, off);
    BOOST_TEST((jump.active_neurons ==
                std::vector<Index>(static_cast<std::size_t>(degree) - 1, static_cast<Index>(i + 1))));
    BOOST_TEST((jump.point->kind == (i < 2 ? CriticalKind::saddle : CriticalKind::minimum)));
  }
  fmt::print("degree {}: modes at {:.6g}, {:.6g}, {:.6g}, off by {:.1e}\n", degree, plain(exact[0]),
             plain(exact[1]), plain(exact[2]), plain(worst));
  BOOST_TEST(worst < Real(1e-6));
  BOOST_TEST((skeleton.end == SkeletonEnd::fitted));
  BOOST_TEST(skeleton.later_degree == degree);
}

// Where the hidden layers are rotated nothing else changes.
BOOST_DATA_TEST_CASE(rotations_change_nothing, data::xrange(1, 4), seed) {
  const Correlated problem({4, 5, 4, 2}, static_cast<std::uint64_t>(seed));
  Random random(static_cast<std::uint64_t>(seed) + 10);
  const std::vector<Matrix> turns{random.orthonormal_columns(5, 5), random.orthonormal_columns(4, 4)};
  const Skeleton one = skeleton_of(*problem.objective, problem.direction);
  const Skeleton other = skeleton_of(*problem.objective, rotated(*problem.network, problem.direction, turns));
  BOOST_REQUIRE(one.jumps.size() == 2);
  BOOST_REQUIRE(other.jumps.size() == 2);
  Real times = 0, losses = 0;
  for (std::size_t i = 0; i < 2; ++i) {
    times = std::max(times, std::abs(other.jumps[i].time / one.jumps[i].time - 1));
    losses = std::max(losses, std::abs(other.jumps[i].loss - one.jumps[i].loss) / one.loss_at_origin);
  }
  fmt::print("seed {}: rotated, times off by {:.1e}, losses by {:.1e}\n", seed, plain(times), plain(losses));
  BOOST_TEST(times < Real(1e-6));
  BOOST_TEST(losses < Real(1e-12));
}

// A layer of two neurons lets two modes pass.
BOOST_AUTO_TEST_CASE(a_narrow_layer_ends_it) {
  const Correlated problem({4, 2, 6, 3}, 5);
  const Skeleton skeleton = skeleton_of(*problem.objective, problem.direction);
  BOOST_REQUIRE(skeleton.jumps.size() == 2);
  BOOST_TEST((skeleton.jumps[1].active_neurons == std::vector<Index>{2, 2}));
  BOOST_TEST((skeleton.end == SkeletonEnd::no_growth));
  BOOST_TEST(skeleton.jumps[1].loss > Real(1e-3) * skeleton.loss_at_origin);
}

// Inactive weights E beside a balanced mode, in bases rotated by an angle of their size: what comes back is
// E.
BOOST_DATA_TEST_CASE(connections_are_turned_away, data::make({2, 3}), hidden) {
  std::vector<Index> sizes{4, 5, 4};
  if (hidden == 3) sizes.push_back(5);
  sizes.push_back(3);
  const auto network = feed_forward(sizes, Activation());
  Random random(3);
  const Layout& layout = network->layout();
  Vector active = Vector::Zero(network->parameter_count()), inactive = random.unit_vector(active.size());
  std::vector<Matrix> bases = random_bases(random, sizes, 2), corner;
  for (std::size_t l = 1; l + 1 < bases.size(); ++l) {
    corner.push_back(random.orthonormal_columns(2, 2));
    bases[l] = Matrix::Zero(sizes[l], 2);
    bases[l].topRows(2) = corner.back();
  }
  active = aligned(*network, bases, (Vector(2) << 2, 1).finished());
  std::vector<Index> inactive_neurons, active_neurons;
  for (Index k = 0; k < static_cast<Index>(network->neurons().size()); ++k)
    (network->neurons()[static_cast<std::size_t>(k)].index < 2 ? active_neurons : inactive_neurons)
        .push_back(k);
  inactive = put_to_zero(*network, inactive, active_neurons);
  const Real size = Real(1e-6);
  std::vector<Matrix> turns;
  for (std::size_t l = 1; l + 1 < sizes.size(); ++l) {
    const Matrix a = size * random.normal_matrix(sizes[l], sizes[l]);
    turns.push_back(thin_qr(Matrix(Matrix::Identity(sizes[l], sizes[l]) + a - a.transpose())).q);
  }
  // Signs as they were.
  for (Matrix& turn : turns)
    for (Index j = 0; j < turn.cols(); ++j)
      if (turn(j, j) < 0) turn.col(j) = -turn.col(j);
  const Vector moved = rotated(*network, active + size * inactive, turns);
  const Vector beside = put_to_zero(*network, moved, inactive_neurons);
  const Vector riders = (moved - beside) / size;
  const Vector back = disconnected(*network, beside, riders, inactive_neurons);
  fmt::print("{} hidden layers: connections {:.2f}, inactive weights off by {:.1e}\n", hidden,
             plain((riders - put_to_zero(*network, riders, active_neurons)).norm()),
             plain((back - inactive).norm()));
  BOOST_TEST((riders - put_to_zero(*network, riders, active_neurons)).norm() > Real(0.1));
  BOOST_TEST((back - inactive).norm() < Real(1e-4));
  BOOST_TEST(layout.matrix(back, 1).topRows(2).isZero(0));
}

// Data that are not white: the mode's directions turn while it jumps. Off by a multiple of delta; with seed
// 2, whose first two singular values are near one another, by a lower power of it: the directions have not
// settled when the jump begins.
BOOST_DATA_TEST_CASE(flows_come_to_it, data::make({5, 2}), seed) {
  const Correlated problem({4, 5, 5, 3}, static_cast<std::uint64_t>(seed));
  const Skeleton skeleton = skeleton_of(*problem.objective, problem.direction);
  BOOST_REQUIRE_MESSAGE(skeleton.jumps.size() == 3, skeleton.jumps.size()
                                                        << " jumps, " << name_of(skeleton.end) << ", "
                                                        << skeleton.detail);
  BOOST_TEST((skeleton.end == SkeletonEnd::fitted));
  std::vector<std::vector<Real>> errors;
  for (const Real delta : {Real(3e-2), Real(3e-3), Real(3e-4)}) {
    errors.push_back(time_errors(problem, skeleton, delta));
    fmt::print("seed {}, delta = {:g}: jumps off by {:.3e}, {:.3e}, {:.3e}\n", seed, plain(delta),
               plain(errors.back()[0]), plain(errors.back()[1]), plain(errors.back()[2]));
  }
  const bool settled = seed == 5;
  for (std::size_t i = 0; i < 3; ++i) {
    const Real ratio = errors[1][i] / errors[2][i];
    BOOST_TEST(std::abs(errors[2][i]) < Real(1e-3));
    BOOST_TEST((settled ? std::abs(ratio - 10) < 1 : ratio > 3), "a tenth of delta divides by " << ratio);
    // The limit of the last two.
    if (settled) BOOST_TEST(std::abs((10 * errors[2][i] - errors[1][i]) / 9) < Real(3e-6));
  }
}

// Two outputs, whitened, singular values 2 and `second`: the direction of the first mode turns for ever more
// slowly, and the other one has to be carried along all the way.
BOOST_DATA_TEST_CASE(near_singular_values, data::make({1.9, 1.95, 2.0}), second) {
  Correlated problem({2, 3, 3, 2}, 2);
  Matrix targets = Matrix::Zero(2, 2);
  targets.diagonal() << 2, static_cast<Real>(second);
  problem.objective = std::make_unique<Objective>(
      problem.network, Dataset{Matrix::Identity(2, 2), targets, "whitened"}, Loss());
  const Skeleton skeleton = skeleton_of(*problem.objective, problem.direction);
  BOOST_REQUIRE(skeleton.jumps.size() == 2);
  const std::vector<Real> errors = time_errors(problem, skeleton, Real(1e-4));
  fmt::print("singular values 2 and {}: flow from 1e-4 off by {:.2e}, {:.2e}\n", second, plain(errors[0]),
             plain(errors[1]));
  for (const Real error : errors) BOOST_TEST(std::abs(error) < Real(2e-4));
}

// There is no polar chart where a layer is zero; the flow begins in the Cartesian one.
BOOST_AUTO_TEST_CASE(a_layer_may_be_zero) {
  Correlated problem({4, 5, 4, 2}, 1);
  problem.network->layout().matrix(problem.direction, 2).setZero();
  const Skeleton skeleton = skeleton_of(*problem.objective, problem.direction);
  BOOST_REQUIRE(skeleton.jumps.size() == 2);
  problem.direction.normalize();
  const std::vector<Real> errors = time_errors(problem, skeleton, Real(1e-3));
  fmt::print("last layer zero: flow from 1e-3 off by {:.1e}, {:.1e}\n", plain(errors[0]), plain(errors[1]));
  for (const Real error : errors) BOOST_TEST(std::abs(error) < Real(1e-2));
}

// One mode alone in the start: what rounding has left beside it is no other mode.
BOOST_AUTO_TEST_CASE(nothing_comes_of_rounding) {
  const Correlated problem({4, 5, 4, 2}, 1);
  Random random(4);
  const Vector start = aligned(*problem.network, random_bases(random, {4, 5, 4, 2}, 1), Vector::Ones(1));
  const Skeleton skeleton = skeleton_of(*problem.objective, start);
  BOOST_REQUIRE(skeleton.jumps.size() == 1);
  BOOST_TEST((skeleton.end == SkeletonEnd::no_growth));
}

// The plateaus are a hundred times as long, their slopes mostly rounding: with errors held against that the
// flow from 1e-5 took 50 times the steps of that from 1e-3.
BOOST_AUTO_TEST_CASE(long_plateaus_cost_few_steps) {
  const Correlated problem({4, 5, 5, 3}, 5);
  std::vector<Real> steps;
  for (const Real delta : {Real(1e-3), Real(1e-5)}) {
    FlowVisitOptions options;
    options.rtol = Real(1e-10);
    options.slow_time = 1;
    options.analysis.search.starts = 1;
    const FlowVisits flow = visits_of_flow(*problem.objective, problem.direction, std::log(delta), options);
    fmt::print("delta = {:g}: {} steps\n", plain(delta), flow.steps);
    steps.push_back(static_cast<Real>(flow.steps));
  }
  BOOST_TEST(steps[1] < 2 * steps[0]);
}

BOOST_AUTO_TEST_SUITE_END()
