// KKT points of convolutions with kinks: with average pooling N is that of a feed-forward network on the
// patches, with dense outer weights that of one kernel is known on a grid.
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numbers>

#include "correlation/print_table.hpp"
#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/correlation/clarke.hpp"
#include "saddleflow/correlation/face_search.hpp"
#include "saddleflow/correlation/kkt_search.hpp"
#include "saddleflow/correlation/ncf_flow.hpp"
#include "saddleflow/correlation/sloped_gradient.hpp"
#include "saddleflow/network/convolution.hpp"

BOOST_AUTO_TEST_SUITE(convolution_kkt_test)

using namespace saddleflow;
using namespace saddleflow::test;
namespace bdata = boost::unit_test::data;

namespace {

constexpr std::uint64_t kPatchesSeed = 300;

/// A convolution with average pooling, and the feed-forward network with the patches as samples and a Q-th of
/// the target at each.
struct Pooled {
  std::unique_ptr<Objective> convolution, patches;
};

Pooled pooled(const PatchGeometry& geometry, Index kernels, Index samples, Real slope, Random& random) {
  const Matrix x = random.normal_matrix(geometry.input_count(), samples);
  const Matrix y = random.normal_matrix(1, samples);
  const Activation sigma(slope, 1);
  const Index count = geometry.patch_count();
  Pooled pair;
  const auto pooling = convolution({geometry, kernels, 1, OuterWeights::average}, sigma);
  const auto plain = feed_forward({geometry.patch_size(), kernels, 1}, sigma);
  const Loss loss(square_loss(), Reduction::sum);
  pair.convolution = std::make_unique<Objective>(pooling, Dataset{x, y, "samples"}, loss);
  pair.patches = std::make_unique<Objective>(
      plain,
      Dataset{gather_patches(geometry, x), y.replicate(1, count) / static_cast<Real>(count), "patches"},
      loss);
  return pair;
}

/// Kernel 0 is orthogonal to two patches, columns 1 and 5; kernel 1 to one, column 2.
Vector on_kinks(const Objective& patches, Random& random) {
  Vector u = random.unit_vector(patches.size());
  MatrixView first = patches.network().layout().matrix(u, 0);
  const auto remove = [&](Index row, const std::vector<Index>& columns) {
    const Matrix seen = patches.data().inputs(Eigen::all, columns);
    const Vector along = first.row(row).transpose();
    first.row(row) -= (seen * minimum_norm_least_squares(seen, along)).transpose();
  };
  remove(0, {1, 5});
  remove(1, {2});
  return u.normalized();
}

Real along_circle(const Objective& objective, Index patches, Real angle) {
  const Vector a{{std::cos(angle), std::sin(angle)}};
  const Real low = objective.network().activation().slope();
  const Index n = objective.data().targets.cols();
  Vector sums = Vector::Zero(patches);
  for (Index q = 0; q < patches; ++q)
    for (Index i = 0; i < n; ++i) {
      const Real z = a.dot(objective.data().inputs.col(i).segment(q, 2));
      sums[q] += objective.data().targets(0, i) * std::max(z, low * z);
    }
  return sums.norm() / 2;
}

}  // namespace

BOOST_DATA_TEST_CASE(the_clarke_condition_of_pooling, bdata::make({0.0, 0.1, -1.0}) * bdata::xrange(4), slope,
                     number) {
  Random random(kPatchesSeed + static_cast<std::uint64_t>(number));
  const Pooled pair = pooled(sequence_patches(6, 1, 3), 3, 4, static_cast<Real>(slope), random);
  Correlation one(*pair.convolution), other(*pair.patches);
  const Vector u = on_kinks(*pair.patches, random);
  const SlopedGradient sloped(one, u, Real(1e-9)), expected(other, u, Real(1e-9));
  BOOST_TEST(sloped.kinks().size() == 3U);
  BOOST_TEST((sloped.kinks() == expected.kinks()));
  const Vector slopes = random.normal_matrix(3, 1);
  const Vector g = expected.gradient(slopes);
  BOOST_TEST(std::abs(sloped.value() - expected.value()) < Real(1e-14) * g.norm());
  BOOST_TEST((sloped.gradient(slopes) - g).norm() < Real(1e-14) * g.norm());
  BOOST_TEST((sloped.jacobian(slopes) - expected.jacobian(slopes)).norm() < Real(1e-13) * g.norm());
  const ClarkeCertificate found = clarke_certificate(one, u), right = clarke_certificate(other, u);
  BOOST_TEST(found.kinks == right.kinks);
  BOOST_TEST(std::abs(found.residual - right.residual) < Real(1e-12));
}

BOOST_DATA_TEST_CASE(kkt_points_of_pooling, bdata::make({0.0, 0.1, -0.5}) * bdata::xrange(2), slope, number) {
  Random random(kPatchesSeed + 10 + static_cast<std::uint64_t>(number));
  const Pooled pair = pooled(sequence_patches(4, 1, 2), 1, 5, static_cast<Real>(slope), random);
  Correlation one(*pair.convolution), other(*pair.patches);
  const KktTable found = find_kkt_points(one, {.starts = 16}),
                 expected = find_kkt_points(other, {.starts = 16});
  print(fmt::format("slope {}", slope), found);
  BOOST_TEST(found.unresolved == 0);
  BOOST_TEST_REQUIRE(found.entries.size() == expected.entries.size());
  Real worst = 0;
  for (std::size_t k = 0; k < found.entries.size(); ++k) {
    const KktEntry &a = found.entries[k], &b = expected.entries[k];
    BOOST_TEST(a.passes, a.failure);
    BOOST_TEST(a.clarke.kinks == b.clarke.kinks);
    BOOST_TEST((a.second_order.status == b.second_order.status));
    worst =
        std::max(worst, std::abs(a.point.value - b.point.value) / std::abs(expected.entries[0].point.value));
  }
  BOOST_TEST(worst < 1e-12);
  BOOST_TEST_MESSAGE(fmt::format("{} KKT points, values off by {:.1e} from those of a network on the patches",
                                 found.entries.size(), static_cast<double>(worst)));
}

BOOST_DATA_TEST_CASE(ncf_flow_of_pooling, bdata::make({0.0, 0.1, -0.5}) * bdata::xrange(4), slope, number) {
  Random random(kPatchesSeed + 20 + static_cast<std::uint64_t>(number));
  const Pooled pair = pooled(sequence_patches(5, 1, 3), 2, 6, static_cast<Real>(slope), random);
  Correlation one(*pair.convolution), other(*pair.patches);
  const Vector u0 = random.unit_vector(one.size());
  NcfFlowOptions options;
  options.rtol = Real(1e-10);
  const NcfFlowResult found = follow_ncf_flow(one, u0, options),
                      expected = follow_ncf_flow(other, u0, options);
  BOOST_TEST((found.end == expected.end), found.failure);
  BOOST_TEST((found.direction - expected.direction).norm() < 1e-7);
  BOOST_TEST(std::abs(found.value - expected.value) < 1e-9 * std::abs(expected.value));
}

BOOST_DATA_TEST_CASE(one_kernel_on_a_grid, bdata::make({0.0, 0.1, -0.5}) * bdata::xrange(4), slope, number) {
  Random random(kPatchesSeed + 30 + static_cast<std::uint64_t>(number));
  const ConvolutionShape shape{sequence_patches(4, 1, 2), 1, 1, OuterWeights::dense};
  const Matrix x = random.normal_matrix(4, 5), y = random.normal_matrix(1, 5);
  Objective objective(convolution(shape, Activation(static_cast<Real>(slope), 1)), Dataset{x, y, "grid"},
                      Loss(square_loss(), Reduction::sum));
  Correlation correlation(objective);
  const KktTable table = find_kkt_points(correlation, {.starts = 24});
  print(
      fmt::format("slope {}, dense, seed {}", slope, kPatchesSeed + 30 + static_cast<std::uint64_t>(number)),
      table);
  BOOST_TEST(table.unresolved == 0);
  BOOST_TEST_REQUIRE(!table.entries.empty());
  Real largest = 0;
  constexpr int points = 100'000;
  for (int k = 0; k < points; ++k)
    largest = std::max(largest, along_circle(objective, shape.patches.patch_count(),
                                             2 * std::numbers::pi_v<Real> * static_cast<Real>(k) / points));
  BOOST_TEST(std::abs(table.entries[0].point.value - largest) < 1e-4 * largest);
  for (const KktEntry& e : table.entries) {
    BOOST_TEST(e.passes, e.failure);
    if (e.clarke.kinks > 0) BOOST_TEST((e.second_order.status == SecondOrder::Status::unknown));
  }
  BOOST_TEST_MESSAGE(fmt::format("largest N {:.12g}, on a grid {:.12g}",
                                 static_cast<double>(table.entries[0].point.value),
                                 static_cast<double>(largest)));
}

BOOST_AUTO_TEST_SUITE_END()
