// The Clarke condition: slopes at the kinks in closed form, against grids, and beside the plain gradient.
#include "saddleflow/correlation/clarke.hpp"
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <vector>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/correlation/sloped_gradient.hpp"

BOOST_AUTO_TEST_SUITE(clarke_test)

using namespace saddleflow;
namespace bdata = boost::unit_test::data;

namespace {

struct Case {
  const char* name;
  std::vector<Index> sizes;  ///< empty hidden part: a power sum of this many neurons
  double slope;
};
std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }

const Case cases[] = {
    {"ReLU", {3, 5, 1}, 0},
    {"leaky ReLU, two outputs", {3, 4, 2}, 0.1},
    {"absolute value", {3, 4, 1}, -1},
    {"ReLU, three layers", {3, 5, 4, 1}, 0},
    {"leaky ReLU, four layers", {3, 4, 4, 3, 2}, 0.1},
    {"absolute value, three layers", {3, 4, 3, 1}, -1},
    {"power sum of ReLU", {3, 5}, 0},
};

std::shared_ptr<const Network> make_network(const Case& c) {
  const Activation activation(static_cast<Real>(c.slope), 1);
  if (c.sizes.size() == 2) return power_sum(c.sizes[0], c.sizes[1], activation);
  return feed_forward(c.sizes, activation);
}

Objective make_objective(const Case& c, Random& random, Index samples = 6) {
  const auto network = make_network(c);
  Dataset data;
  data.inputs = random.normal_matrix(network->input_count(), samples);
  data.targets = random.normal_matrix(network->output_count(), samples);
  return Objective(network, data, Loss());
}

/// The part of `row` that is orthogonal to the columns of `seen`.
Matrix orthogonal_part(const Vector& row, const Matrix& seen) {
  return (row - seen * minimum_norm_least_squares(seen, row)).transpose();
}

/// Unit weights with kinks: neuron 1 of the first layer is orthogonal to sample 2, one neuron of the second
/// layer to what it gets for samples 0 and 2. `dead`: neuron 0 of the first layer has no incoming weights.
enum class KinkedNeurons { first_dead, alive };

Vector with_kinks(const Objective& objective, Random& random,
                  KinkedNeurons neurons = KinkedNeurons::first_dead) {
  const Network& network = objective.network();
  Vector u = random.unit_vector(objective.size());
  MatrixView first = network.layout().matrix(u, 0);
  const Matrix& x = objective.data().inputs;
  if (neurons == KinkedNeurons::first_dead) first.row(0).setZero();
  first.row(1) = orthogonal_part(first.row(1).transpose(), x.col(2));
  if (network.layout().layer_count() > 2) {
    Matrix a;
    network.activation().value(first * x, a);
    MatrixView second = network.layout().matrix(u, 1);
    second.row(0) = orthogonal_part(second.row(0).transpose(), a(Eigen::all, std::vector<Index>{0, 2}));
  }
  return u.normalized();
}

int code(Verdict v) { return static_cast<int>(v); }

/// Gradients of N right beside u, one for each choice of sides that random directions give the kinks; at a
/// distance of which pre-activations that are not zero know nothing.
Matrix gradients_beside(Correlation& correlation, const Vector& u, const std::vector<Kink>& kinks,
                        Random& random) {
  std::map<std::vector<bool>, Vector> met;
  const Layout layout = correlation.network().layout();
  for (int draw = 0; draw < 3000; ++draw) {
    const Vector w = u + Real(1e-7) * random.unit_vector(u.size());
    std::vector<Matrix> z;
    Matrix a = correlation.data().inputs;
    for (int l = 0; l + 1 < layout.layer_count(); ++l) {
      z.emplace_back(layout.matrix(w, l) * a);
      correlation.network().activation().value(z.back(), a);
    }
    std::vector<bool> sides;
    for (const Kink& k : kinks) sides.push_back(z[static_cast<std::size_t>(k.layer)](k.neuron, k.sample) > 0);
    if (met.count(sides) == 0) correlation.gradient(w, met[sides]);
  }
  Matrix all(u.size(), static_cast<Index>(met.size()));
  Index c = 0;
  for (const auto& [sides, gradient] : met) all.col(c++) = gradient;
  return all;
}

}  // namespace

// One neuron along e_1, samples x_1 = (1, t), y_1 = 1 and x_2 = e_2, y_2 = -1 on its kink: the gradient in w
// is v (1, t - s), so that the slope s = t makes it a KKT point, and any t outside [alpha, 1] none.
BOOST_DATA_TEST_CASE(one_neuron_in_closed_form,
                     bdata::make({-1.0, 0.0, 0.1}) * bdata::make({-1.25, -0.5, 0.05, 0.3, 0.95, 1.5}), alpha,
                     needed) {
  const auto slope = static_cast<Real>(alpha), t = static_cast<Real>(needed);
  Dataset data;
  data.inputs = Matrix{{1, 0}, {t, 1}};
  data.targets = Matrix{{1, -1}};
  Correlation correlation(Objective(feed_forward({2, 1, 1}, Activation(slope, 1)), data, Loss()));
  const Vector u = Vector{{1, 0, 1}}.normalized();
  const ClarkeCertificate found = clarke_certificate(correlation, u);
  const Real nearest = std::clamp(t, slope, Real(1));
  const Real expected = std::abs(t - nearest) / std::sqrt(2 + (t - nearest) * (t - nearest));
  BOOST_TEST(found.kinks == 1);
  BOOST_TEST(std::abs(found.slopes[0] - nearest) < Real(1e-15));
  BOOST_TEST(std::abs(found.residual - expected) < Real(1e-15));
  BOOST_TEST(code(found.stationary) == code(nearest == t ? Verdict::yes : Verdict::no));
}

BOOST_DATA_TEST_CASE(the_activations_slopes_give_the_plain_gradient, bdata::make(cases) * bdata::xrange(4), c,
                     seed) {
  Random random(static_cast<std::uint64_t>(40 + seed));
  const Objective objective = make_objective(c, random);
  Correlation correlation(objective);
  for (const bool kinked : {false, true}) {
    const Vector u = kinked ? with_kinks(objective, random) : random.unit_vector(objective.size());
    const SlopedGradient sloped(correlation, u, Real(1e-9));
    const auto count = static_cast<Index>(sloped.kinks().size());
    BOOST_TEST((count > 0) == kinked);
    Vector g;
    const Real value = correlation.gradient(u, g);
    // The kinks of a power sum and at samples 0 and 2 are zero up to rounding: on the negative side, give or
    // take.
    if (!kinked) {
      BOOST_TEST((sloped.gradient(Vector(0)) - g).norm() < Real(1e-14) * g.norm());
    }
    BOOST_TEST(std::abs(sloped.value() - value) < Real(1e-14) * g.norm());
    // Euler's identity holds with any slopes.
    const Vector slopes = random.normal_matrix(count, 1);
    const Real degree = static_cast<Real>(correlation.network().degree());
    BOOST_TEST(std::abs(u.dot(sloped.gradient(slopes)) - degree * value) <
               Real(1e-14) * sloped.gradient(slopes).norm());
  }
}

// At a kink both one-sided gradients are those with the slopes of the sides: step off the kink to either
// side.
BOOST_DATA_TEST_CASE(slopes_of_a_side_give_its_gradient, bdata::make(cases), c) {
  Random random(45);
  const Objective objective = make_objective(c, random);
  Correlation correlation(objective);
  const Vector u = with_kinks(objective, random);
  const SlopedGradient sloped(correlation, u, Real(1e-9));
  const Vector away = random.unit_vector(u.size());
  for (const int side : {-1, 1}) {
    const Vector near = u + Real(1e-7) * side * away;
    const SlopedGradient beside(correlation, near, Real(1e-11));
    BOOST_TEST_REQUIRE(beside.kinks().empty());
    // The side on which each kink is left, from the slopes that the plain passes take there.
    Vector g;
    correlation.gradient(near, g);
    Real best = std::numeric_limits<Real>::infinity();
    const auto count = static_cast<Index>(sloped.kinks().size());
    BOOST_TEST_REQUIRE(count <= 14);
    for (Index pattern = 0; pattern < (Index(1) << count); ++pattern) {
      Vector slopes(count);
      for (Index k = 0; k < count; ++k) slopes[k] = (pattern >> k) & 1 ? Real(1) : static_cast<Real>(c.slope);
      best = std::min(best, (sloped.gradient(slopes) - g).norm());
    }
    BOOST_TEST(best < Real(1e-5) * g.norm());
  }
}

BOOST_DATA_TEST_CASE(the_jacobian_is_exact_in_each_slope, bdata::make(cases) * bdata::xrange(3), c, seed) {
  Random random(static_cast<std::uint64_t>(50 + seed));
  const Objective objective = make_objective(c, random);
  Correlation correlation(objective);
  const SlopedGradient sloped(correlation, with_kinks(objective, random), Real(1e-9));
  const auto count = static_cast<Index>(sloped.kinks().size());
  const Vector slopes = random.normal_matrix(count, 1);
  const Matrix jacobian = sloped.jacobian(slopes);
  const Vector g = sloped.gradient(slopes);
  BOOST_TEST(sloped.has_kinks_in_several_layers() == (c.sizes.size() > 3));
  for (Index k = 0; k < count; ++k) {
    Vector other = slopes;
    other[k] += Real(0.75);
    BOOST_TEST(jacobian.col(k).norm() > 0);
    BOOST_TEST((sloped.gradient(other) - g - Real(0.75) * jacobian.col(k)).norm() < Real(1e-14) * g.norm());
  }
}

// Kinks in two layers on one path, away from stationarity.
BOOST_DATA_TEST_CASE(no_mean_of_gradients_beside_is_nearer, bdata::make({0.0, 0.1, -1.0}) * bdata::xrange(5),
                     alpha, seed) {
  Random random(static_cast<std::uint64_t>(60 + seed));
  const Case c{"", {3, 3, 2, 1}, alpha};
  const Objective objective = make_objective(c, random, 4);
  Correlation correlation(objective);
  const Vector u = with_kinks(objective, random, KinkedNeurons::alive);
  const SlopedGradient sloped(correlation, u, Real(1e-9));
  const ClarkeCertificate found = clarke_certificate(correlation, u);
  const Vector target = static_cast<Real>(correlation.network().degree()) * sloped.value() * u;
  const Real distance = (target - found.element).norm();
  BOOST_TEST(!found.outer);
  BOOST_TEST(std::abs(found.residual * found.element.norm() - distance) < Real(1e-14) * distance);
  const Matrix beside = gradients_beside(correlation, u, sloped.kinks(), random);
  // Frank and Wolfe's steps with exact line searches.
  Vector mean = beside.col(0);
  for (int step = 0; step < 20'000; ++step) {
    Index best = 0;
    (beside.transpose() * (mean - target)).minCoeff(&best);
    const Vector way = beside.col(best) - mean;
    if (way.squaredNorm() > 0)
      mean += std::clamp((target - mean).dot(way) / way.squaredNorm(), Real(0), Real(1)) * way;
  }
  const Real drawn = (mean - target).norm();
  fmt::print("seed {}, slope {}: {} kinks, {} cells, distance {:.6g}, by means of gradients beside {:.6g}\n",
             60 + seed, alpha, found.kinks, beside.cols(), static_cast<double>(distance),
             static_cast<double>(drawn));
  BOOST_TEST(distance <= drawn * (1 + Real(1e-6)));
  BOOST_TEST(drawn <= distance + Real(1e-3) * target.norm());
}

// One neuron on its kink at x and -x: its sides flip together, so that the slopes of the two sum to 1 +
// alpha. Gradient in w: v (1, t - y_2 s_2 ...) as in one_neuron_in_closed_form, with s_2 - r s_3 in place of
// s for a target -1 at x = e_2 and r at -e_2: the sides give s_2 - r s_3 = 1 - r alpha and alpha - r, the box
// of independent slopes alpha - r to 1 - r alpha and beyond.
BOOST_DATA_TEST_CASE(opposite_samples_flip_together,
                     bdata::make({-1.0, 0.0, 0.1}) * bdata::make({-1.5, -0.4, 0.2, 0.7, 1.4}) *
                         bdata::make({-0.8, 0.5, 1.0}),
                     alpha, needed, ratio) {
  const auto slope = static_cast<Real>(alpha), t = static_cast<Real>(needed), r = static_cast<Real>(ratio);
  Dataset data;
  data.inputs = Matrix{{1, 0, 0}, {t, 1, -1}};
  data.targets = Matrix{{1, -1, -r}};
  Correlation correlation(Objective(feed_forward({2, 1, 1}, Activation(slope, 1)), data, Loss()));
  const ClarkeCertificate found = clarke_certificate(correlation, Vector{{1, 0, 1}}.normalized());
  // -(s_2 - r s_3) e_2 on the two sides: e_2 above (s_2 = 1, s_3 = alpha), and below.
  const Real above = 1 - r * slope, below = slope - r;
  const Real nearest = std::clamp(t, std::min(above, below), std::max(above, below));
  const Real expected = std::abs(t - nearest) / std::sqrt(2 + (t - nearest) * (t - nearest));
  BOOST_TEST(found.kinks == 2);
  BOOST_TEST(!found.outer);
  BOOST_TEST(std::abs(found.residual - expected) < Real(1e-14));
}

// A neuron without any weights has no say; one without incoming weights but with outgoing ones has, and
// spoils the point. Both are at zero at every sample.
BOOST_AUTO_TEST_CASE(neurons_at_zero) {
  Dataset data;
  data.inputs = Matrix{{1, 0}, {Real(0.25), 1}};
  data.targets = Matrix{{1, -1}};
  Correlation correlation(Objective(feed_forward({2, 2, 1}, Activation(0, 1)), data, Loss()));
  Vector u = Vector{{1, 0, 0, 0, 1, 0}}.normalized();
  const ClarkeCertificate dead = clarke_certificate(correlation, u);
  BOOST_TEST(dead.kinks == 1);
  BOOST_TEST(code(dead.stationary) == code(Verdict::yes));
  u[5] = u[4];
  u.normalize();
  const ClarkeCertificate spoilt = clarke_certificate(correlation, u);
  BOOST_TEST(spoilt.kinks == 3);
  BOOST_TEST(code(spoilt.stationary) == code(Verdict::no));
  // Its own slopes can be zero, which leaves the norm that the outgoing weight takes away.
  BOOST_TEST(std::abs(spoilt.residual - [&] {
               const Real n = u[0] * u[4];
               Vector g(6);
               g << u[4], 0, 0, 0, u[0], 0;
               return (2 * n * u - g).norm() / g.norm();
             }()) < Real(1e-14));
}

BOOST_DATA_TEST_CASE(does_not_depend_on_the_order_of_neurons, bdata::make(cases), c) {
  Random random(70);
  const Objective objective = make_objective(c, random);
  Correlation correlation(objective);
  const Vector u = with_kinks(objective, random);
  Vector turned = u;
  const Layout& layout = objective.network().layout();
  layout.matrix(turned, 0) = layout.matrix(u, 0).colwise().reverse();
  if (layout.layer_count() > 1) layout.matrix(turned, 1) = layout.matrix(u, 1).rowwise().reverse();
  const ClarkeCertificate a = clarke_certificate(correlation, u), b = clarke_certificate(correlation, turned);
  BOOST_TEST(a.kinks == b.kinks);
  BOOST_TEST(a.residual > Real(1e-3));
  BOOST_TEST(std::abs(a.residual - b.residual) < Real(1e-9) * a.residual);
}

BOOST_AUTO_TEST_CASE(smooth_networks_have_the_plain_residual) {
  Random random(71);
  for (const auto& network : {feed_forward({3, 4, 1}, Activation(0, 2)), diagonal_linear(3)}) {
    Dataset data;
    data.inputs = random.normal_matrix(3, 5);
    data.targets = random.normal_matrix(1, 5);
    Correlation correlation(Objective(network, data, Loss()));
    const Vector u = random.unit_vector(correlation.size());
    Vector g;
    const Real value = correlation.gradient(u, g);
    const ClarkeCertificate found = clarke_certificate(correlation, u);
    BOOST_TEST(found.kinks == 0);
    BOOST_TEST(found.residual == (static_cast<Real>(network->degree()) * value * u - g).norm() / g.norm());
    BOOST_TEST(code(found.stationary) == code(Verdict::no));
    BOOST_CHECK_THROW(clarke_certificate(correlation, Vector::Ones(2)), InputError);
  }
}

// All neurons dead at all samples: N = 0 and every slope that matters can be zero.
BOOST_AUTO_TEST_CASE(null_points_are_stationary) {
  Dataset data;
  data.inputs = Matrix{{1, 2}, {Real(0.25), 1}};
  data.targets = Matrix{{1, -1}};
  Correlation correlation(Objective(feed_forward({2, 2, 1}, Activation(0, 1)), data, Loss()));
  const Vector u = Vector{{-1, -2, 0, -1, 1, 2}}.normalized();
  const ClarkeCertificate found = clarke_certificate(correlation, u);
  BOOST_TEST(found.residual == 0);
  BOOST_TEST(code(found.stationary) == code(Verdict::yes));
}

BOOST_AUTO_TEST_SUITE_END()
