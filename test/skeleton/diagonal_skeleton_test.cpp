// The skeleton of diagonal linear networks: V7 (THEORY.md, section 6), cones by enumeration of their faces,
// and the jump process against Bregman's iteration, the implicit Euler steps of the limit of the mirror flow.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/skeleton/cone_minimum.hpp"
#include "saddleflow/skeleton/skeleton.hpp"
#include "skeleton/bregman.hpp"

using namespace saddleflow;

BOOST_AUTO_TEST_SUITE(diagonal_skeleton_test)

namespace {

double shown(Real x) { return static_cast<double>(x); }

/// X X^T = Sigma, y = X^T beta*.
Dataset v7_data() {
  Dataset data;
  data.inputs = Matrix(2, 2);
  data.inputs << 1, 0, Real(0.5), std::sqrt(Real(0.75));
  const Vector target = (Vector(2) << 1, Real(-0.2)).finished();
  data.targets = target.transpose() * data.inputs;
  return data;
}

enum class RandomTargets { numbers, signs };

Dataset random_data(Index d, Index n, std::uint64_t seed, RandomTargets targets) {
  Random random(seed);
  Dataset data;
  const Matrix mixing = random.normal_matrix(d, d);
  data.inputs = mixing * random.normal_matrix(d, n);
  const Vector beta = random.normal_matrix(d, 1);
  data.targets =
      beta.transpose() * data.inputs + Real(0.3) * data.inputs.row(0).norm() * random.normal_matrix(1, n);
  if (targets == RandomTargets::signs)
    data.targets = data.targets.unaryExpr([](Real y) { return y > 0 ? Real(1) : Real(-1); });
  return data;
}

SkeletonOptions without_points() {
  SkeletonOptions options;
  options.analyse = false;
  return options;
}

Skeleton skeleton_of(const Dataset& data, const Loss& loss) {
  Objective objective(diagonal_linear(data.inputs.rows()), data, loss);
  Vector direction = Vector::Zero(objective.size());
  direction.head(data.inputs.rows()).setOnes();
  return compute_skeleton(objective, direction, without_points());
}

Vector beta_of(const SkeletonJump& jump) {
  const Index d = jump.weights.size() / 2;
  return jump.weights.head(d).cwiseProduct(jump.weights.tail(d));
}

/// The least loss over the faces of the cone, each by least squares.
Real least_loss_by_enumeration(const Dataset& data, const Vector& sigma) {
  const Index d = sigma.size();
  Real least = data.targets.squaredNorm() / 2;
  for (Index set = 1; set < (Index(1) << d); ++set) {
    std::vector<Index> face;
    bool inside = true;
    for (Index j = 0; j < d; ++j)
      if (set >> j & 1) {
        face.push_back(j);
        inside = inside && sigma[j] != 0;
      }
    if (!inside) continue;
    const Matrix x = data.inputs(face, Eigen::all);
    const Vector beta = minimum_norm_least_squares(x.transpose(), data.targets.transpose());
    bool feasible = true;
    for (std::size_t k = 0; k < face.size(); ++k)
      feasible = feasible && beta[static_cast<Index>(k)] * sigma[face[k]] >= 0;
    if (feasible) least = std::min(least, (beta.transpose() * x - data.targets).squaredNorm() / 2);
  }
  return least;
}

}  // namespace

BOOST_AUTO_TEST_CASE(v7_is_exact) {
  const Skeleton skeleton = skeleton_of(v7_data(), Loss());
  BOOST_REQUIRE(skeleton.jumps.size() == 2);
  const Real first = skeleton.jumps[0].time, second = skeleton.jumps[1].time;
  const Vector between = beta_of(skeleton.jumps[0]), last = beta_of(skeleton.jumps[1]);
  fmt::print(
      "V7: jumps at {:.17g} (10/9 {:+.1e}) and {:.17g} (10 {:+.1e}) through ({:.17g}, {:g}) to ({:.17g}, "
      "{:.17g})\n",
      shown(first), shown(first - Real(10) / 9), shown(second), shown(second - 10), shown(between[0]),
      shown(between[1]), shown(last[0]), shown(last[1]));
  BOOST_TEST(std::abs(first - Real(10) / 9) < Real(1e-14));
  BOOST_TEST(std::abs(second - 10) < Real(1e-12));
  BOOST_TEST((between - Vector(Vector::Unit(2, 0) * Real(0.9))).norm() < Real(1e-14));
  BOOST_TEST((last - (Vector(2) << 1, Real(-0.2)).finished()).norm() < Real(1e-14));
  BOOST_TEST(between[1] == 0);
  BOOST_TEST((skeleton.end == SkeletonEnd::fitted));
  BOOST_TEST(skeleton.jumps[1].clocks[1] == -1);
}

BOOST_AUTO_TEST_CASE(cone_against_enumeration) {
  Real worst = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Index d = 3 + static_cast<Index>(seed % 4);
    const Dataset data = random_data(d, seed % 3 == 0 ? d - 1 : 2 * d, 100 + seed, RandomTargets::numbers);
    Random random(seed);
    Vector sigma(d);
    for (Index j = 0; j < d; ++j) sigma[j] = random.uniform() < Real(0.2) ? Real(0) : random.sign();
    const ConeMinimum found = minimise_on_cone(data, Loss(), sigma, Vector::Zero(d));
    const Real exact = least_loss_by_enumeration(data, sigma);
    worst = std::max(worst, std::abs(found.loss - exact) / (data.targets.squaredNorm() / 2));
    BOOST_TEST(found.beta.cwiseProduct(sigma).minCoeff() >= 0);
  }
  fmt::print("cones, 60 random problems of d = 3..6: loss off that by enumeration by {:.1e} of L(0)\n",
             shown(worst));
  BOOST_TEST(worst < Real(1e-13));
}

BOOST_AUTO_TEST_CASE(logistic_cones) {
  Real worst = 0;
  Index found = 0, unbounded = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Index d = 3 + static_cast<Index>(seed % 3);
    const Loss loss(logistic_loss());
    const Dataset data = random_data(d, 6 * d, 300 + seed, RandomTargets::signs);
    const Vector sigma = Random(seed).normal_matrix(d, 1).cwiseSign();
    const ConeMinimum minimum = minimise_on_cone(data, loss, sigma, Vector::Zero(d));
    BOOST_TEST((minimum.status != ConeMinimum::Status::stalled), "seed " << seed);
    if (minimum.status == ConeMinimum::Status::unbounded) {
      ++unbounded;
      BOOST_TEST(pursuit_test::slow_cone_loss(data, loss, sigma, Real(1e4)) <
                 pursuit_test::slow_cone_loss(data, loss, sigma, Real(1)));
      continue;
    }
    ++found;
    // First-order conditions: a certificate, as the loss is convex.
    const Real unit = data.inputs.norm() * data.targets.norm();
    for (Index j = 0; j < d; ++j) {
      const Real slope = sigma[j] * minimum.gradient[j] / unit;
      worst = std::max(worst, minimum.beta[j] != 0 ? std::abs(slope) : -slope);
    }
  }
  fmt::print("logistic cones: {} minima, slopes off the first-order conditions by {:.1e}; {} without one\n",
             found, shown(worst), unbounded);
  BOOST_TEST(found > 20);
  BOOST_TEST(worst < Real(1e-12));
}

BOOST_AUTO_TEST_CASE(a_ray_without_full_separation_is_told) {
  // The first coordinate separates one pair of samples, the second is pulled both ways.
  Dataset data;
  data.inputs = Matrix(2, 4);
  data.inputs << 1, -1, 0, 0, 0, 0, 1, 2;
  data.targets = Matrix(1, 4);
  data.targets << 1, -1, 1, -1;
  const Loss loss(logistic_loss());
  const Vector both = (Vector(2) << 1, -1).finished(), bent = (Vector(2) << -1, -1).finished();
  BOOST_TEST((minimise_on_cone(data, loss, both, Vector::Zero(2)).status == ConeMinimum::Status::unbounded));
  const ConeMinimum minimum = minimise_on_cone(data, loss, bent, Vector::Zero(2));
  BOOST_TEST((minimum.status == ConeMinimum::Status::found));
  BOOST_TEST(minimum.beta[0] == 0);
  // 1/(1 + e^b) = 2/(1 + e^{-2b}).
  const Real b = minimum.beta[1];
  BOOST_TEST(std::abs(1 / (1 + std::exp(b)) - 2 / (1 + std::exp(-2 * b))) < Real(1e-14));
}

BOOST_AUTO_TEST_CASE(process_against_bregman_iteration) {
  Index left = 0, problems = 0;
  Real worst = 0;
  for (std::uint64_t seed = 0; seed < 24; ++seed) {
    const bool logistic = seed % 4 == 3;
    const Index d = 3 + static_cast<Index>(seed % 4);
    const Loss loss(logistic ? logistic_loss() : square_loss(), Reduction::mean);
    const Dataset data = random_data(d, logistic ? 12 * d : 2 * d, 500 + seed,
                                     logistic ? RandomTargets::signs : RandomTargets::numbers);
    const Skeleton skeleton = skeleton_of(data, loss);
    BOOST_REQUIRE(!skeleton.jumps.empty());
    for (const SkeletonJump& jump : skeleton.jumps) left += static_cast<Index>(jump.deactivated.size());
    const Real horizon = Real(1.2) * skeleton.jumps.back().time;
    constexpr int kSteps = 4000;
    pursuit_test::Bregman slow(data, loss, horizon / kSteps);
    Real distance = 0, size = 0;
    int compared = 0;
    for (int k = 1; k <= kSteps; ++k) {
      slow.step();
      const Real t = horizon * k / kSteps;
      Vector beta = Vector::Zero(d);
      bool near_jump = false;
      for (const SkeletonJump& jump : skeleton.jumps) {
        if (jump.time <= t) beta = beta_of(jump);
        near_jump = near_jump || std::abs(jump.time - t) < 2 * horizon / kSteps;
      }
      if (near_jump) continue;
      ++compared;
      distance = std::max(distance, (slow.beta() - beta).norm());
      size = std::max(size, beta.norm());
    }
    BOOST_TEST(compared > kSteps / 2);
    BOOST_TEST(distance < Real(1e-6) * size, "seed " << seed);
    worst = std::max(worst, distance / size);
    ++problems;
  }
  fmt::print(
      "jump process, {} random problems of d = 3..6 ({} coordinates leave): beta off Bregman's iteration "
      "with 4000 steps by {:.1e}, two steps around each jump left out\n",
      problems, left, shown(worst));
  BOOST_TEST(left >= 3);
}

BOOST_AUTO_TEST_CASE(ties_are_one_jump_and_sides_follow_the_start) {
  Dataset data;
  data.inputs = Matrix::Identity(3, 3);
  data.targets = Matrix(1, 3);
  data.targets << 2, -2, 1;
  const Skeleton both = skeleton_of(data, Loss());
  BOOST_REQUIRE(both.jumps.size() == 2);
  BOOST_TEST(both.jumps[0].activated.size() == 2);
  BOOST_TEST(std::abs(both.jumps[0].time - Real(0.5)) < Real(1e-15));
  BOOST_TEST(std::abs(both.jumps[1].time - 1) < Real(1e-15));
  // u = v: no way to negative values.
  Objective objective(diagonal_linear(3), data, Loss());
  const Skeleton positive = compute_skeleton(objective, Vector::Ones(6), without_points());
  BOOST_REQUIRE(positive.jumps.size() == 2);
  BOOST_TEST(beta_of(positive.jumps[1])[1] == 0);
  BOOST_TEST((positive.end == SkeletonEnd::no_growth));
}

BOOST_AUTO_TEST_CASE(separable_data_have_no_minimiser) {
  Dataset data;
  data.inputs = Matrix::Identity(2, 2);
  data.targets = (Matrix(1, 2) << 1, -1).finished();
  const Skeleton skeleton = skeleton_of(data, Loss(logistic_loss()));
  BOOST_TEST((skeleton.end == SkeletonEnd::no_minimiser));
  BOOST_TEST(skeleton.jumps.empty());
}

BOOST_AUTO_TEST_CASE(networks_without_a_skeleton_are_refused) {
  Dataset data;
  data.inputs = Matrix::Identity(2, 2);
  data.targets = Matrix::Ones(1, 2);
  Objective deep(feed_forward({2, 2, 2, 1}, Activation(0, 1)), data, Loss());
  BOOST_CHECK_THROW(compute_skeleton(deep, Vector::Ones(deep.size())), InputError);
  Objective flat(feed_forward({2, 1}, Activation()), data, Loss());
  BOOST_CHECK_THROW(compute_skeleton(flat, Vector::Ones(flat.size())), InputError);
  Objective diagonal(diagonal_linear(2), data, Loss());
  BOOST_CHECK_THROW(compute_skeleton(diagonal, Vector::Zero(4)), InputError);
}

BOOST_AUTO_TEST_SUITE_END()
