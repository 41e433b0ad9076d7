// KKT points neuron by neuron, beside those that all neurons together lead to.
#include "saddleflow/correlation/neuron_ascent.hpp"

#include <fmt/format.h>

#include <atomic>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "correlation/problems.hpp"
#include "saddleflow/base/workers.hpp"
#include "saddleflow/correlation/certificate.hpp"
#include "saddleflow/correlation/clarke.hpp"
#include "saddleflow/correlation/kkt_ascent.hpp"
#include "saddleflow/correlation/kkt_search.hpp"
#include "saddleflow/correlation/neuron_certificate.hpp"
#include "saddleflow/correlation/second_order.hpp"
#include "saddleflow/correlation/sphere.hpp"
#include "saddleflow/correlation/tangent_space.hpp"
#include "saddleflow/network/bilinear.hpp"
#include "saddleflow/network/convolution.hpp"
#include "saddleflow/network/families.hpp"

BOOST_AUTO_TEST_SUITE(neuron_ascent_test)

using namespace saddleflow;
using namespace saddleflow::test;
namespace bdata = boost::unit_test::data;

namespace {

struct Family {
  std::string name;
  std::function<std::shared_ptr<const Network>()> make;
};

std::ostream& operator<<(std::ostream& out, const Family& family) { return out << family.name; }

std::shared_ptr<const Network> layered(Real slope, int power) {
  return feed_forward({4, 5, 2}, Activation(slope, power));
}

const std::vector<Family> families{
    {"squared ReLU", [] { return layered(0, 2); }},
    {"cubic leaky ReLU", [] { return layered(Real(0.3), 3); }},
    {"square", [] { return layered(-1, 2); }},
    {"ReLU", [] { return layered(0, 1); }},
    {"leaky ReLU", [] { return layered(Real(0.1), 1); }},
    {"linear", [] { return layered(1, 1); }},
    {"power sum", [] { return power_sum(4, 5, Activation(Real(0.2), 3)); }},
    {"bilinear", [] { return bilinear(2, 3, 4, BilinearOuter::trained); }},
    {"convolution",
     [] {
       return convolution({sequence_patches(6, 3, 1), 4, 2, OuterWeights::dense}, Activation(0, 2));
     }},
};

constexpr std::uint64_t kSeed = 91;  // of data and starts

struct Problem {
  explicit Problem(const Family& family)
      : objective(random_objective(family.make(), 12, kSeed)), n(objective) {}
  Objective objective;
  Correlation n;
};

/// A KKT point with as many active neurons as may be, found by all neurons together.
KktPoint some_point(Correlation& n, Random& random) {
  return ascend(CorrelationOnSphere(n, 1), random.unit_vector(n.size()), kKktTolerance);
}

}  // namespace

BOOST_DATA_TEST_CASE(the_same_limits_as_all_neurons_together, bdata::make(families), family) {
  Problem problem(family);
  BOOST_TEST_REQUIRE(NeuronSum::applies_to(problem.n.network()));
  Random random(kSeed);
  int found = 0, missed = 0;
  Real worst = 0;
  for (int start = 0; start < 12; ++start) {
    const Vector u = random.unit_vector(problem.n.size());
    for (const int sign : {1, -1}) {
      NeuronSum sum(problem.n);
      const KktPoint apart = ascend_by_neurons(sum, sign, u, kKktTolerance);
      const KktPoint together = ascend(CorrelationOnSphere(problem.n, sign), u, kKktTolerance);
      if (apart.null || together.null) {
        BOOST_TEST(apart.null == together.null);
        continue;
      }
      BOOST_TEST(apart.residual <= kKktTolerance);
      BOOST_TEST(std::abs(apart.direction.norm() - 1) < Real(1e-14));
      const bool same = equivalent(problem.n, apart.direction, together.direction);
      ++(same ? found : missed);
      worst =
          std::max(worst, same ? std::abs(apart.value - together.value) / std::abs(together.value) : Real(0));
    }
  }
  BOOST_TEST_MESSAGE(fmt::format("{}: {} the same, {} not; values off by {:.1e} (seed {})", family.name,
                                 found, missed, static_cast<double>(worst), kSeed));
  BOOST_TEST(found >= 12);
  // The border between two basins may pass between the errors of two integrations.
  BOOST_TEST(missed <= 1);
  BOOST_TEST(worst < Real(1e-12));
}

// Families whose points are on no kink.
const std::vector<Family> smooth_families = [] {
  std::vector<Family> smooth;
  for (const Family& family : families)
    if (!family.make()->traits().kinked()) smooth.push_back(family);
  return smooth;
}();

BOOST_DATA_TEST_CASE(second_order_status_by_blocks, bdata::make(smooth_families), family) {
  Problem problem(family);
  Random random(kSeed + 1);
  int seen = 0;
  for (int start = 0; start < 6; ++start) {
    const KktPoint point = some_point(problem.n, random);
    const SecondOrder found = second_order_status(problem.n, point);
    if (found.status == SecondOrder::Status::unknown) continue;
    ++seen;
    const SpherePoint at = CorrelationOnSphere(problem.n, 1).at(point.direction);
    const Matrix p = Matrix::Identity(at.u.size(), at.u.size()) - at.u * at.u.transpose();
    Vector expected = symmetric_eigenvalues(p * CorrelationOnSphere(problem.n, 1).curvature(at) * p, "test");
    // Of P M P the zero along u is one too many.
    std::vector<Real> rest(expected.begin(), expected.end());
    rest.erase(
        std::min_element(rest.begin(), rest.end(), [](Real a, Real b) { return std::abs(a) < std::abs(b); }));
    BOOST_TEST_REQUIRE(found.eigenvalues.size() == static_cast<Index>(rest.size()));
    const Real size = expected.cwiseAbs().maxCoeff();
    for (std::size_t k = 0; k < rest.size(); ++k)
      BOOST_TEST(std::abs(found.eigenvalues[static_cast<Index>(k)] - rest[k]) < Real(1e-11) * size);
  }
  BOOST_TEST_MESSAGE(fmt::format("{}: {} points compared", family.name, seen));
  BOOST_TEST(seen > 0);
}

BOOST_DATA_TEST_CASE(clarke_condition_neuron_by_neuron, bdata::make({0.0, 0.1, -0.5}), slope) {
  Problem problem({"", [&] { return layered(static_cast<Real>(slope), 1); }});
  NeuronSum sum(problem.n);
  Random random(kSeed + 2);
  Index kinks = 0;
  for (int start = 0; start < 8; ++start) {
    const KktPoint point = ascend_by_neurons(sum, 1, random.unit_vector(problem.n.size()), kKktTolerance);
    if (point.null) continue;
    const ClarkeCertificate apart = clarke_by_neurons(sum, point.direction),
                            together = clarke_certificate(problem.n, point.direction);
    kinks += apart.kinks;
    BOOST_TEST(apart.kinks == together.kinks);
    BOOST_TEST((apart.stationary == together.stationary));
    BOOST_TEST(apart.residual <= kKktTolerance);
    BOOST_TEST((apart.element - together.element).norm() <= Real(1e-11) * together.element.norm());
  }
  BOOST_TEST_MESSAGE(fmt::format("slope {}: {} kinks held", slope, kinks));
}

// From a KKT point with several active neurons, moved a little: back to it.
BOOST_DATA_TEST_CASE(the_point_near_by, bdata::make(families), family) {
  Problem problem(family);
  NeuronSum sum(problem.n);
  Random random(kSeed + 3);
  Real farthest = 0;
  for (int start = 0; start < 6; ++start) {
    const KktPoint point = ascend_by_neurons(sum, 1, random.unit_vector(problem.n.size()), kKktTolerance);
    if (point.null) continue;
    const Vector near = 3 * (point.direction + Real(1e-4) * random.unit_vector(problem.n.size()));
    const KktPoint found = polish_kkt_point(problem.n, near);
    BOOST_TEST(found.residual <= kKktTolerance);
    BOOST_TEST(equivalent(problem.n, found.direction, point.direction));
    farthest = std::max(farthest, (found.direction - point.direction).norm());
  }
  BOOST_TEST_MESSAGE(
      fmt::format("{}: at most {:.1e} from the point", family.name, static_cast<double>(farthest)));
}

// For D > 2 every neuron may be at a KKT point of its own, with the norms that the balance gives: a saddle of
// the whole, to which a start near by is polished although others have larger values.
BOOST_AUTO_TEST_CASE(several_active_neurons_with_different_values) {
  Problem problem(families[0]);
  NeuronSum sum(problem.n);
  Random random(kSeed + 4);
  const CorrelationOnSphere one(sum.neuron(), 1);
  std::vector<KktPoint> points;
  while (points.size() < 3) {
    const KktPoint point = ascend(one, random.unit_vector(one.size()), kKktTolerance);
    if (!point.null) points.push_back(point);
  }
  Vector u = Vector::Zero(problem.n.size());
  for (std::size_t k = 0; k < points.size(); ++k)
    u(sum.parameters(static_cast<Index>(k))) = points[k].direction / points[k].value;
  u.normalize();
  const KktPoint found = polish_kkt_point(problem.n, u + Real(1e-4) * random.unit_vector(u.size()));
  BOOST_TEST(found.residual <= kKktTolerance);
  BOOST_TEST((found.direction - u).norm() < Real(1e-9));
  const SecondOrder second = second_order_status(problem.n, found);
  BOOST_TEST((second.status == SecondOrder::Status::saddle));
  BOOST_TEST(second.negative >= 2);
}

BOOST_AUTO_TEST_CASE(any_number_of_threads_finds_the_same) {
  for (const std::size_t k : {0U, 4U}) {
    Problem problem(families[k]);
    const KktTable alone = find_kkt_points(problem.n, {.starts = 12});
    Workers workers(4);
    std::atomic<int> calls = 0;
    KktSearchOptions options{.starts = 12};
    options.workers = &workers;
    options.progress = [&](Index, Index) { ++calls; };
    const KktTable shared = find_kkt_points(problem.n, options);
    BOOST_TEST(calls == 12);
    BOOST_TEST(shared.work.hessians > 0);
    BOOST_TEST(shared.work.gradients == alone.work.gradients);
    BOOST_TEST(shared.work.hessians == alone.work.hessians);
    BOOST_TEST_REQUIRE(shared.entries.size() == alone.entries.size());
    for (std::size_t i = 0; i < alone.entries.size(); ++i) {
      BOOST_TEST((shared.entries[i].point.direction == alone.entries[i].point.direction));
      BOOST_TEST(shared.entries[i].starts == alone.entries[i].starts);
    }
  }
}

// A whole is not a sum where neurons lie above one another, or stand alone.
BOOST_AUTO_TEST_CASE(what_is_not_a_sum_is_searched_whole) {
  BOOST_TEST(!NeuronSum::applies_to(*feed_forward({3, 4, 4, 1}, Activation(0, 2))));
  BOOST_TEST(!NeuronSum::applies_to(*feed_forward({3, 1, 1}, Activation(0, 2))));
  BOOST_TEST(!NeuronSum::applies_to(*diagonal_linear(3)));
}

BOOST_AUTO_TEST_SUITE_END()
