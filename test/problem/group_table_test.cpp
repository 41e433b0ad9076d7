// Composition in finite abelian groups, and the plateaus that the theory predicts for it.
#include "saddleflow/problem/group_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <Eigen/QR>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/correlation/kkt_search.hpp"

namespace saddleflow {

BOOST_AUTO_TEST_SUITE(group_table_test)

namespace {

double plain(Real x) { return static_cast<double>(x); }

template <class Action>
void refused(const Action& action, const std::string& words) {
  BOOST_CHECK_EXCEPTION(action(), InputError, [&](const InputError& error) {
    return std::string(error.what()).find(words) != std::string::npos;
  });
}

Vector centred(Vector v) {
  v.array() -= v.mean();
  return v;
}

Vector random_template(Index size, std::uint64_t seed) {
  Random random(seed);
  return centred(random.normal_matrix(size, 1));
}

/// What the template has of one frequency.
Vector part_of(const AbelianGroup& group, const Vector& shape, const GroupFrequency& f) {
  const Index n = group.size();
  Matrix waves(n, 2);
  for (Index g = 0; g < n; ++g) {
    const std::vector<Index> at = group.coordinates(g);
    Real angle = 0;
    for (std::size_t j = 0; j < at.size(); ++j)
      angle += 2 * std::numbers::pi_v<Real> * static_cast<Real>(f.index[j] * at[j]) /
               static_cast<Real>(group.orders()[j]);
    waves.row(g) << std::cos(angle), std::sin(angle);
  }
  // |cos|^2 = |sin|^2 = n/2; where the character is real |cos|^2 = n and the sine is zero.
  return waves * (waves.transpose() * shape) * (f.real ? 1 : 2) / static_cast<Real>(n);
}

/// Half the squared error of the best fit of the targets by the functions cos and sin of these frequencies of
/// the sum: a regression on the n^2 pairs.
Real best_fit_loss(const AbelianGroup& group, const Matrix& targets,
                   const std::vector<GroupFrequency>& known) {
  const Index n = group.size();
  if (known.empty()) return targets.squaredNorm() / 2;
  Matrix features = Matrix::Zero(n * n, 2 * static_cast<Index>(known.size()));
  for (Index a = 0; a < n; ++a)
    for (Index b = 0; b < n; ++b)
      for (std::size_t f = 0; f < known.size(); ++f) {
        Real angle = 0;
        const std::vector<Index> x = group.coordinates(a), y = group.coordinates(b);
        for (std::size_t j = 0; j < x.size(); ++j)
          angle += 2 * std::numbers::pi_v<Real> * static_cast<Real>(known[f].index[j] * (x[j] + y[j])) /
                   static_cast<Real>(group.orders()[j]);
        features(a + n * b, 2 * static_cast<Index>(f)) = std::cos(angle);
        features(a + n * b, 2 * static_cast<Index>(f) + 1) = std::sin(angle);
      }
  // Sines of real characters are zero, and so are some singular values.
  const ThinSvd svd = thin_svd(features);
  const Index rank = (svd.values.array() > Real(1e-8) * svd.values[0]).count();
  const Matrix basis = svd.u.leftCols(rank);
  const Matrix fit = basis * (basis.transpose() * targets.transpose());
  return (targets.transpose() - fit).squaredNorm() / 2;
}

}  // namespace

BOOST_AUTO_TEST_CASE(modular_addition_is_its_table) {
  const AbelianGroup z5({5});
  Vector shape(5);
  shape << 1, 2, 3, 4, 5;
  const Dataset data = group_table(z5, shape, GroupPairs::concatenated);
  BOOST_TEST(data.inputs.cols() == 25);
  const auto moved = [&](Index a) {
    Vector x(5);
    for (Index g = 0; g < 5; ++g) x[(g + a) % 5] = shape[g];
    return x;
  };
  const Dataset added = group_table(z5, shape, GroupPairs::added);
  for (Index a = 0; a < 5; ++a)
    for (Index b = 0; b < 5; ++b) {
      BOOST_TEST((data.inputs.col(a + 5 * b).head(5) == moved(a)));
      BOOST_TEST((data.inputs.col(a + 5 * b).tail(5) == moved(b)));
      BOOST_TEST((added.inputs.col(a + 5 * b) == moved(a) + moved(b)));
      BOOST_TEST((data.targets.col(a + 5 * b) == moved((a + b) % 5)));
    }
}

BOOST_AUTO_TEST_CASE(products_add_each_coordinate) {
  const AbelianGroup group({2, 3, 4});
  BOOST_TEST(group.size() == 24);
  for (Index a = 0; a < 24; ++a) {
    BOOST_TEST(group.element(group.coordinates(a)) == a);
    BOOST_TEST(group.sum(a, group.inverse(a)) == 0);
    for (Index b = 0; b < 24; ++b) {
      const auto x = group.coordinates(a), y = group.coordinates(b), z = group.coordinates(group.sum(a, b));
      for (std::size_t j = 0; j < 3; ++j) BOOST_TEST(z[j] == (x[j] + y[j]) % group.orders()[j]);
    }
  }
  refused([] { AbelianGroup({}); }, "data.group.orders");
  refused([] { AbelianGroup({5, 1}); }, "found 1, expected at least 2");
  refused([] { AbelianGroup({1000, 1000}); }, "more than 32768 elements");
  refused([] { encodings(AbelianGroup({5}), Vector::Zero(4)); }, "found 4 numbers, expected 5");
}

// The loss of every stage is that of a regression on the frequencies of the stages before.
BOOST_AUTO_TEST_CASE(levels_are_those_of_the_best_fit) {
  for (const std::vector<Index>& orders : {std::vector<Index>{5}, {7}, {8}, {3, 4}}) {
    const AbelianGroup group(orders);
    const Vector shape = random_template(group.size(), 11);
    const Dataset data = group_table(group, shape, GroupPairs::concatenated);
    std::vector<GroupFrequency> known;
    Real worst = 0;
    for (const LearningStage& stage : learning_stages(group, shape)) {
      const Real fit = best_fit_loss(group, data.targets, known);
      worst = std::max(worst, std::abs(fit - stage.loss) / data.targets.squaredNorm());
      known.push_back(stage.frequency);
    }
    BOOST_TEST_MESSAGE(fmt::format("Z_{}: {} stages, levels within {:.1e} of those of the regression",
                                   fmt::join(orders, " x Z_"), known.size(), plain(worst)));
    BOOST_TEST(worst < Real(1e-13));
    BOOST_TEST(best_fit_loss(group, data.targets, known) < Real(1e-13) * data.targets.squaredNorm());
  }
  refused([] { learning_stages(AbelianGroup({3}), Vector::Ones(3)); }, "found a mean that is not zero");
}

// Every frequency has a local maximum, a neuron whose three parts are that frequency of the template, with
// the value of the formula; the best point that a search finds is that of the first frequency.
BOOST_AUTO_TEST_CASE(correlations_are_those_of_kkt_points) {
  for (const std::vector<Index>& orders : {std::vector<Index>{5}, {7}, {6}, {2, 3}}) {
    const AbelianGroup group(orders);
    const Index n = group.size();
    const Vector shape = random_template(n, 3);
    Correlation correlation(Objective(feed_forward({2 * n, 1, n}, Activation(-1, 2)),
                                      group_table(group, shape, GroupPairs::concatenated), Loss()));
    const std::vector<GroupFrequency> frequencies = group_frequencies(group, shape);
    for (const GroupFrequency& f : frequencies) {
      Vector neuron(3 * n);
      neuron << part_of(group, shape, f), part_of(group, shape, f), part_of(group, shape, f);
      neuron.normalize();
      Vector gradient(3 * n);
      const Real value = correlation.gradient(neuron, gradient);
      const Real residual = (gradient - 3 * value * neuron).norm() / gradient.norm();
      const Vector moved = neuron + Real(1e-3) * Random(5).unit_vector(3 * n);
      const Real back = polish_kkt_point(correlation, moved).value;
      BOOST_TEST_MESSAGE(
          fmt::format("Z_{}: frequency {}: N = {:.12f}, formula {:.12f}, KKT residual {:.1e}, after a "
                      "perturbation {:.12f}",
                      fmt::join(orders, " x Z_"), fmt::join(f.index, ","), plain(value), plain(f.correlation),
                      plain(residual), plain(back)));
      BOOST_TEST(std::abs(value / f.correlation - 1) < Real(1e-12));
      BOOST_TEST(residual < Real(1e-12));
      BOOST_TEST(std::abs(back / f.correlation - 1) < Real(1e-10));
      if (n % 2 == 0) continue;
      // Along its ray the neuron takes N^2 / (2 |h|^2) of the loss.
      const Real part = value * value / (2 * correlation.outputs(neuron).squaredNorm() * f.loss);
      BOOST_TEST_MESSAGE(fmt::format("one neuron takes {:.12f} of the frequency", plain(part)));
      BOOST_TEST(std::abs(9 * part - 1) < Real(1e-10));
    }
    KktSearchOptions options;
    options.descend = false;
    const Real best = find_kkt_points(correlation, options).entries.front().point.value;
    BOOST_TEST(std::abs(best / frequencies.front().correlation - 1) < Real(1e-10));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow
