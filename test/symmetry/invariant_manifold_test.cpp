// Distances to the invariant manifolds: closed forms, symmetries, edges.
#include "saddleflow/symmetry/invariant_manifold.hpp"

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/network/bilinear.hpp"
#include "saddleflow/symmetry/neuron_clusters.hpp"
#include "saddleflow/symmetry/neuron_symmetry.hpp"

namespace saddleflow::test {

namespace {

Vector random_weights(const Network& network, Random& random) {
  return random.normal_matrix(network.parameter_count(), 1).col(0);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(invariant_manifold_test)

BOOST_AUTO_TEST_CASE(traits_say_what_is_invariant) {
  BOOST_TEST((manifold_kind(*feed_forward({2, 4, 1}, Activation(1, 1))) == ManifoldKind::rank));
  BOOST_TEST((manifold_kind(*feed_forward({2, 4, 3, 1}, Activation(0, 1))) == ManifoldKind::rays));
  BOOST_TEST((manifold_kind(*feed_forward({2, 4, 1}, Activation(0, 2))) == ManifoldKind::equal));
  BOOST_TEST((manifold_kind(*power_sum(2, 4, Activation(1, 2))) == ManifoldKind::rank));
  BOOST_TEST(
      (manifold_kind(*power_sum(2, 4, Activation(0, 2))) == ManifoldKind::rays));  // p = 2, no outer weights
  BOOST_TEST((manifold_kind(*power_sum(2, 4, Activation(0, 1))) == ManifoldKind::equal));
  BOOST_TEST((manifold_kind(*diagonal_linear(3)) == ManifoldKind::neurons));
  BOOST_TEST((manifold_kind(*bilinear(3, 2, 4, BilinearOuter::ones)) == ManifoldKind::rank));
  BOOST_TEST((manifold_kind(*bilinear(3, 2, 4, BilinearOuter::trained)) == ManifoldKind::equal));
  BOOST_TEST(!has_invariant_manifolds(*feed_forward({2, 1}, Activation(1, 1))));
}

// A balanced linear network W_2 = U S^(1/2) R, W_1 = R^T S^(1/2) V^T: the distance to rank h is
// (2 sum_{i > h} s_i)^(1/2) (Eckart and Young).
BOOST_AUTO_TEST_CASE(a_balanced_linear_network_has_its_singular_values) {
  Random random(4);
  const Vector s = (Vector(3) << 3, 0.5, 0.02).finished(), root = s.cwiseSqrt();
  const Matrix u = random.orthonormal_columns(3, 3), v = random.orthonormal_columns(4, 3),
               r = random.orthonormal_columns(6, 3);
  const Matrix w1 = r * root.asDiagonal() * v.transpose(), w2 = u * root.asDiagonal() * r.transpose();
  const auto network = feed_forward({4, 6, 3}, Activation(1, 1));
  Vector w(network->parameter_count());
  w << w1.reshaped(), w2.reshaped();
  const Vector distances = manifold_distances(*network, w, 0);
  Real worst = 0;
  for (Index h = 0; h <= 6; ++h)
    worst = std::max(worst, std::abs(distances[h] - std::sqrt(2 * s.tail(std::max(Index(0), 3 - h)).sum())));
  BOOST_TEST_MESSAGE(fmt::format("linear layer: off by {:.1e}", static_cast<double>(worst)));
  BOOST_TEST(worst <= 1e-14);
}

BOOST_AUTO_TEST_CASE(coordinates_are_put_to_zero_one_by_one) {
  const auto network = diagonal_linear(3);
  const Vector w = (Vector(6) << 3, 0, 1, 4, 0.5, 2).finished();  // norms^2 25, 0.25, 5
  const Vector distances = manifold_distances(*network, w, 0);
  BOOST_TEST((distances - (Vector(4) << std::sqrt(30.25), std::sqrt(5.25), 0.5, 0).finished()).norm() <=
             1e-14);
}

// Two ReLU neurons at the angle phi, norms f and g: the ray between them is the first eigenvector of a 2 x 2
// matrix.
BOOST_AUTO_TEST_CASE(two_neurons_at_an_angle) {
  const auto relu = feed_forward({2, 2, 1}, Activation(0, 1));
  for (const Real phi : {Real(1e-9), Real(0.3), Real(1.5), Real(2), Real(3)}) {
    const Real f = 2, g = 1;
    const Vector w = (Vector(6) << f, g * std::cos(phi), 0, g * std::sin(phi), 0, 0).finished();
    const Real mean = (f * f + g * g) / 2, half = std::hypot((f * f - g * g) / 2, f * g * std::cos(phi));
    const Real sine = f * g * std::sin(phi);
    const Real expected =
        phi < 1.6 ? std::sqrt(sine * sine / (mean + half)) : g;  // more than a right angle: to zero
    const Vector distances = manifold_distances(*relu, w, 0);
    BOOST_TEST(std::abs(distances[1] / expected - 1) <= 1e-6);
    BOOST_TEST(std::abs(distances[0] - std::hypot(f, g)) <= 1e-14);
    BOOST_TEST(distances[2] == 0);
  }
}

// W and its permuted, turned or scaled copies are equally far; no distance falls below that of the rank.
BOOST_AUTO_TEST_CASE(symmetries_leave_the_distances) {
  constexpr std::uint64_t seed = 21;
  Random random(seed);
  Real worst = 0, worst_of_merged = 0;
  for (const auto& network :
       {feed_forward({3, 5, 2}, Activation(0, 1)), feed_forward({3, 5, 2}, Activation(-1, 1)),
        feed_forward({3, 9, 4, 1}, Activation(Real(0.2), 1)), feed_forward({3, 5, 1}, Activation(-1, 2)),
        feed_forward({3, 5, 1}, Activation(1, 3)), feed_forward({2, 5, 3, 2}, Activation(1, 1)),
        bilinear(3, 2, 4, BilinearOuter::trained), power_sum(3, 5, Activation(0, 2)), diagonal_linear(4)}) {
    const NeuronSymmetry symmetry(*network);
    const Vector w = random_weights(*network, random);
    Vector other = w;
    for (int l = 0; l < symmetry.layer_count(); ++l) {
      LayerOrder order;
      for (Index k = 0; k < symmetry.width(l); ++k) {
        order.source.push_back(symmetry.permutes() ? (k + 1) % symmetry.width(l) : k);
        order.sign.push_back(symmetry.sign() == SignSymmetry::none ? Real(1) : random.sign());
      }
      symmetry.apply(l, order, other);
    }
    for (int l = 0; l < symmetry.layer_count(); ++l) {
      const Vector d = manifold_distances(*network, w, l);
      const bool merged = symmetry.permutes() && !network->traits().rotates() &&
                          symmetry.width(l) > exact_clusters(symmetry.sign());
      Real& most = merged ? worst_of_merged : worst;
      const auto compare = [&](const Vector& same) {
        most = std::max(most, (d - same).cwiseAbs().maxCoeff() / d[0]);
      };
      compare(manifold_distances(*network, other, l));
      for (const Real c : {Real(1e-200), Real(7)}) compare(manifold_distances(*network, c * w, l) / c);
      Matrix incoming = symmetry.incoming(l, w);
      const Vector values = singular_values(incoming);
      for (Index h = 0; h < values.size(); ++h)
        BOOST_TEST(d[h] >= values.tail(values.size() - h).norm() - 1e-14);
      for (Index h = 0; h + 1 < d.size(); ++h) BOOST_TEST(d[h] >= d[h + 1]);
    }
  }
  BOOST_TEST_MESSAGE(fmt::format("seed {}: symmetries change distances by {:.1e}, upper bounds by {:.1e}",
                                 seed, static_cast<double>(worst), static_cast<double>(worst_of_merged)));
  BOOST_TEST(worst_of_merged <= 1e-3);  // centres of many neurons are found to 1e-6 of the cost
  BOOST_TEST(worst <= 1e-13);
}

// No ray has a factor below zero: opposite ReLU neurons are two, opposite |s| neurons one.
BOOST_AUTO_TEST_CASE(opposite_neurons) {
  const Vector w =
      (Vector(6) << 1, -2, 3, -6, 1, 2).finished();  // a_1 = (1, 3), a_2 = -2 a_1, outgoing 1 and 2
  BOOST_TEST(manifold_distances(*feed_forward({2, 2, 1}, Activation(0, 1)), w, 0)[1] > 1);
  BOOST_TEST(manifold_distances(*feed_forward({2, 2, 1}, Activation(-1, 1)), w, 0)[1] < 1e-14);
}

BOOST_AUTO_TEST_CASE(edges) {
  const auto relu = feed_forward({2, 4, 1}, Activation(0, 1));
  Vector w = Vector::Zero(relu->parameter_count());
  BOOST_TEST((manifold_distances(*relu, w, 0).array() == 0).all());
  w[3] = std::numeric_limits<Real>::infinity();
  BOOST_TEST(manifold_distances(*relu, w, 0).array().isNaN().all());
  BOOST_CHECK_THROW(manifold_distances(*relu, w, 1), std::out_of_range);
  // A neuron that is linear in its weights does not stay at zero.
  const auto sum = power_sum(2, 3, Activation(0, 1));
  const Vector d = manifold_distances(*sum, Vector::Ones(6), 0);
  BOOST_TEST(std::isnan(d[0]));
  BOOST_TEST(d.tail(3).norm() == 0);
  // p = 2: incoming weights of zero are enough.
  const auto squares = feed_forward({2, 2, 1}, Activation(0, 2));
  BOOST_TEST(manifold_distances(*squares, (Vector(6) << 1, 0, 1, 0, 1, 5).finished(), 0)[1] == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::test
