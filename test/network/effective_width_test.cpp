#include "saddleflow/network/effective_width.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/network/bilinear.hpp"
#include "saddleflow/network/network.hpp"

namespace saddleflow {
namespace {

using Widths = std::vector<std::int64_t>;

/// Of 2 inputs, 4 neurons and an output: incoming weights a row a neuron, then the outgoing ones.
Vector width_weights(const Matrix& incoming, const Vector& outgoing) {
  Vector w(incoming.size() + outgoing.size());
  w << incoming.reshaped(), outgoing;
  return w;
}

Matrix four_rows() { return (Matrix(4, 2) << 1, 2, 2, 4, -1, -2, 3, 1).finished(); }

}  // namespace

BOOST_AUTO_TEST_SUITE(effective_width_test)

BOOST_AUTO_TEST_CASE(traits_say_what_counts) {
  BOOST_TEST((width_kind(*feed_forward({2, 4, 1}, Activation(1, 1))) == WidthKind::rank));
  BOOST_TEST((width_kind(*feed_forward({2, 4, 1}, Activation(0, 1))) == WidthKind::rays));
  BOOST_TEST((width_kind(*feed_forward({2, 4, 3, 1}, Activation(0, 2))) == WidthKind::neurons));
  BOOST_TEST((width_kind(*power_sum(2, 4, Activation(1, 2))) == WidthKind::rank));
  BOOST_TEST((width_kind(*diagonal_linear(3)) == WidthKind::neurons));
  BOOST_TEST((width_kind(*bilinear(3, 2, 4, BilinearOuter::ones)) == WidthKind::rank));
}

// Rows 0 and 1 are parallel, row 2 points the other way.
BOOST_AUTO_TEST_CASE(parallel_neurons_are_one_ray) {
  Vector w = width_weights(four_rows(), Vector::Ones(4));
  BOOST_TEST((effective_widths(*feed_forward({2, 4, 1}, Activation(Real(0.1), 1)), w) == Widths{3}));
  BOOST_TEST((effective_widths(*feed_forward({2, 4, 1}, Activation(-1, 1)), w) == Widths{2}));  // |s| is even
  BOOST_TEST((effective_widths(*feed_forward({2, 4, 1}, Activation(0, 2)), w) == Widths{4}));
  // However small all of it is.
  w *= Real(1e-200);
  BOOST_TEST((effective_widths(*feed_forward({2, 4, 1}, Activation(0, 1)), w) == Widths{3}));
}

BOOST_AUTO_TEST_CASE(tolerances_are_relative) {
  Matrix rows = four_rows();
  Vector out = Vector::Ones(4);
  const auto relu = feed_forward({2, 4, 1}, Activation(0, 1));
  const auto with = [&](Real size) {
    rows.row(3) = size * four_rows().row(3);
    out[3] = size;
    return effective_widths(*relu, width_weights(rows, out));
  };
  BOOST_TEST((with(Real(0.1)) == Widths{3}));
  BOOST_TEST((with(Real(0.001)) == Widths{2}));
  rows = four_rows();
  out.setOnes();
  rows.row(1) += Vector::Constant(2, Real(0.02)).cwiseProduct(Vector::Unit(2, 0)).transpose();
  BOOST_TEST((effective_widths(*relu, width_weights(rows, out)) == Widths{3}));
  rows.row(1) += Vector::Constant(2, Real(0.2)).cwiseProduct(Vector::Unit(2, 0)).transpose();
  BOOST_TEST((effective_widths(*relu, width_weights(rows, out)) == Widths{4}));
}

BOOST_AUTO_TEST_CASE(ranks_of_linear_layers) {
  const auto linear = feed_forward({3, 5, 4, 2}, Activation(1, 1));
  Vector w = Vector::Zero(linear->parameter_count());
  BOOST_TEST((effective_widths(*linear, w) == Widths{0, 0}));
  const auto set = [&](int l, const Matrix& m) {
    const LayerShape& shape = linear->layout().layer(l);
    w.segment(shape.offset, shape.size()) = m.reshaped();
  };
  set(0, Matrix::Identity(5, 3));
  set(1, Matrix::Identity(4, 5));
  set(2, Vector::Ones(2) * Vector::Ones(4).transpose());
  BOOST_TEST((effective_widths(*linear, w) == Widths{3, 1}));
  const Matrix map = *linear->end_to_end_map(w);
  BOOST_TEST((map - Vector::Ones(2) * Vector::Ones(3).transpose()).norm() == 0);
}

BOOST_AUTO_TEST_CASE(weights_that_are_not_finite_have_no_width) {
  const auto relu = feed_forward({2, 4, 1}, Activation(0, 1));
  Vector w = Vector::Ones(relu->parameter_count());
  w[3] = std::numeric_limits<Real>::infinity();
  BOOST_TEST((effective_widths(*relu, w) == Widths{-1}));
}

// C = A^T B of a bilinear network: its outputs are <M, C>, and the rank is that of C.
BOOST_AUTO_TEST_CASE(factors_of_a_bilinear_network) {
  const auto network = bilinear(3, 2, 4, BilinearOuter::ones);
  BOOST_TEST((network->weight_matrices() == std::vector<int>{0, 1}));
  BOOST_TEST(bilinear(3, 2, 4, BilinearOuter::trained)->weight_matrices().empty());
  Vector w = Vector::LinSpaced(network->parameter_count(), Real(-1), Real(2)).array().square().matrix();
  const Matrix a = network->layout().matrix(w, 0), b = network->layout().matrix(w, 1);
  BOOST_TEST((*network->end_to_end_map(w) - a.transpose() * b.transpose()).norm() < 1e-12);
  BOOST_TEST((effective_widths(*network, w) == Widths{2}));
}

// Both methods, against the eigenvalues of A^T A where these are well away from rounding.
BOOST_AUTO_TEST_CASE(singular_values_of_both_methods) {
  for (const Index n : {Index(5), Index(80)}) {
    Matrix a(n + 3, n);
    for (Index i = 0; i < a.size(); ++i) a.data()[i] = std::sin(Real(7) * Real(i * i));
    const Vector values = singular_values(a);
    const Vector squares = symmetric_eigenvalues(a.transpose() * a, "test").reverse();
    BOOST_TEST(values.size() == n);
    BOOST_TEST((values.array().square().matrix() - squares).norm() < 1e-12 * squares[0]);
    BOOST_TEST((1e200 * singular_values(1e-200 * a) - values).norm() < 1e-12 * values[0]);
    BOOST_TEST((singular_values(a.transpose()) - values).norm() < 1e-12 * values[0]);
    a(1, 1) = std::numeric_limits<Real>::quiet_NaN();
    BOOST_TEST(singular_values(a).array().isNaN().all());
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow
