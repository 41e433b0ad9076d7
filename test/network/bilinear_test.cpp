// Bilinear networks: passes against loops in hyper-dual numbers, identities, conserved quantities,
// symmetries, and the networks that they contain.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <limits>

#include "network/family_checks.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/network/bilinear.hpp"
#include "saddleflow/network/kernel.hpp"

BOOST_AUTO_TEST_SUITE(bilinear_test)

using namespace saddleflow;
using namespace saddleflow::test;
namespace data = boost::unit_test::data;

namespace {

constexpr unsigned bilinear_seed = 1701;
constexpr double bilinear_tolerance = 1000 * static_cast<double>(std::numeric_limits<Real>::epsilon());

struct BilinearShape {
  Index rows, columns, width;
};
constexpr BilinearShape bilinear_shapes[] = {{1, 1, 1}, {3, 4, 2}, {4, 2, 5}, {1, 5, 3}, {5, 1, 2}};
const auto outer_kinds = data::make({true, false});

BilinearOuter outer_kind(bool trained) { return trained ? BilinearOuter::trained : BilinearOuter::ones; }

/// sum_k v_k a_k^T M b_k, places counted out by hand.
FamilyMember member_of(const BilinearShape& shape, bool trained) {
  const auto slow = [=](const Numbers& w, const Numbers& x) {
    const auto [rows, columns, width] = shape;
    const auto at = [&](Index place) { return w[static_cast<std::size_t>(place)]; };
    HyperDual sum;
    for (Index k = 0; k < width; ++k)
      for (Index i = 0; i < rows; ++i)
        for (Index j = 0; j < columns; ++j) {
          const HyperDual a = at(k + i * width);
          const HyperDual b = trained ? at(k + (rows + j) * width) : at(rows * width + k * columns + j);
          const HyperDual v = trained ? at((rows + columns) * width + k) : HyperDual(1);
          sum = sum + v * a * x[static_cast<std::size_t>(i + j * rows)] * b;
        }
    return Numbers{sum};
  };
  return {bilinear(shape.rows, shape.columns, shape.width, outer_kind(trained)), slow};
}

/// The three factors of a weight vector; v = 1 where it is none.
struct Factors {
  Matrix a, b;
  Vector v;
};

Factors factors_of(const BilinearShape& shape, bool trained, const Vector& w) {
  const auto [rows, columns, width] = shape;
  Factors f;
  f.a = ConstMatrixView(w.data(), width, rows);
  const Real* rest = w.data() + width * rows;
  f.b = trained ? Matrix(ConstMatrixView(rest, width, columns))
                : Matrix(ConstMatrixView(rest, columns, width).transpose());
  f.v = trained ? Vector(w.tail(width)) : Vector::Ones(width);
  return f;
}

Vector weights_of(const Factors& f, bool trained) {
  const Matrix b = trained ? f.b : Matrix(f.b.transpose());
  Vector w(f.a.size() + f.b.size() + (trained ? f.v.size() : 0));
  w.head(f.a.size()) = ConstVectorView(f.a.data(), f.a.size());
  w.segment(f.a.size(), b.size()) = ConstVectorView(b.data(), b.size());
  if (trained) w.tail(f.v.size()) = f.v;
  return w;
}

}  // namespace

BOOST_DATA_TEST_CASE(against_hyper_dual_numbers, outer_kinds, trained) {
  RandomMatrices random(bilinear_seed);
  for (const BilinearShape& shape : bilinear_shapes) {
    FamilyErrors errors;
    for (const Index samples : {1, 2, 7, 40})
      compare_with_hyper_dual(member_of(shape, trained), samples, random, errors);
    errors.print(fmt::format("bilinear {} x {}, {} neurons, {} (seed {})", shape.rows, shape.columns,
                             shape.width, trained ? "v trained" : "v = 1", bilinear_seed));
    BOOST_TEST(errors.largest() <= bilinear_tolerance);
  }
}

BOOST_DATA_TEST_CASE(several_batches_of_the_hessian, outer_kinds, trained) {
  RandomMatrices random(bilinear_seed + 1);
  for (const Index samples : {128, 129, 301}) {
    const auto network = bilinear(6, 5, 7, outer_kind(trained));
    const double error = compare_hessian_with_products(*network, samples, random);
    fmt::print("bilinear, {} samples: Hessian against products {:.0e}\n", samples, error);
    BOOST_TEST(error <= bilinear_tolerance);
  }
}

BOOST_DATA_TEST_CASE(identities, outer_kinds, trained) {
  RandomMatrices random(bilinear_seed + 2);
  for (const BilinearShape& shape : bilinear_shapes) {
    const auto network = bilinear(shape.rows, shape.columns, shape.width, outer_kind(trained));
    const FamilyIdentities found = measure_identities(*network, 23, random);
    found.print(fmt::format("bilinear {} x {}, {} neurons, degree {}", shape.rows, shape.columns, shape.width,
                            network->degree()));
    BOOST_TEST(found.largest() <= static_cast<Real>(bilinear_tolerance));
    BOOST_TEST(found.asymmetry == Real(0));
  }
}

/// J t = 0 for the tangents t of the mixing of neurons with outer weights.
BOOST_AUTO_TEST_CASE(mixing_of_neurons_leaves_the_outputs) {
  RandomMatrices random(bilinear_seed + 7);
  const auto network = bilinear(4, 3, 5, BilinearOuter::trained);
  const Vector w = random.vector(network->parameter_count());
  const auto kernel = network->kernel(random.matrix(network->input_count(), 9));
  kernel->forward(w);
  const Matrix tangents = network->further_symmetries(w);
  BOOST_TEST(tangents.cols() == 20);
  Real worst = 0;
  for (Index k = 0; k < tangents.cols(); ++k) {
    BOOST_TEST(tangents.col(k).norm() > Real(0.1));
    worst = std::max(worst, kernel->tangent(tangents.col(k)).norm());
  }
  fmt::print("mixing: outputs change by {:.1e} at most\n", static_cast<double>(worst));
  BOOST_TEST(worst <= Real(1e-12));
  BOOST_TEST(bilinear(4, 3, 5, BilinearOuter::ones)->further_symmetries(Vector::Ones(35)).cols() == 0);
}

/// |a_k|^2 - |b_k|^2 and |a_k|^2 + |b_k|^2 - 2 v_k^2 are constant; or A A^T - B B^T.
BOOST_DATA_TEST_CASE(conserved_quantities, outer_kinds, trained) {
  RandomMatrices random(bilinear_seed + 3);
  const BilinearShape shape{4, 3, 5};
  const auto network = bilinear(4, 3, 5, outer_kind(trained));
  const Vector w = random.vector(network->parameter_count());
  const Factors f = factors_of(shape, trained, w);
  Vector gradient;
  const Vector balance = balances(*network, w);
  const auto conserved = network->conserved();
  BOOST_REQUIRE(static_cast<Index>(conserved.size()) == balance.size());
  BOOST_TEST(balance.size() == (trained ? 10 : 15));
  for (std::size_t n = 0; n < conserved.size(); ++n) {
    const auto [j, k] = conserved[n].neurons;
    const Real sides = f.a.row(k).squaredNorm() - f.b.row(k).squaredNorm();
    const Real expected = trained && n < 5 ? sides
                          : trained
                              ? f.a.row(k).squaredNorm() + f.b.row(k).squaredNorm() - 2 * f.v[k] * f.v[k]
                              : f.a.row(j).dot(f.a.row(k)) - f.b.row(j).dot(f.b.row(k));
    BOOST_TEST(std::abs(balance[static_cast<Index>(n)] - expected) <= Real(1e-13));
  }
  const Matrix inputs = random.matrix(network->input_count(), 9), r = random.matrix(1, 9);
  const auto kernel = network->kernel(inputs);
  kernel->forward(w);
  kernel->backward(r, gradient);
  const Factors d = factors_of(shape, trained, gradient);
  if (trained) {
    const Vector of_a = f.a.cwiseProduct(d.a).rowwise().sum(), of_b = f.b.cwiseProduct(d.b).rowwise().sum();
    const Vector of_v = f.v.cwiseProduct(d.v);
    const Real unit = of_v.cwiseAbs().maxCoeff();
    BOOST_TEST((of_a - of_b).cwiseAbs().maxCoeff() <= Real(1e-13) * unit);
    BOOST_TEST((of_a - of_v).cwiseAbs().maxCoeff() <= Real(1e-13) * unit);
  } else {
    const Matrix of_a = f.a * d.a.transpose(), of_b = f.b * d.b.transpose();
    const Matrix rate = of_a + of_a.transpose() - of_b - of_b.transpose();
    BOOST_TEST(rate.cwiseAbs().maxCoeff() <= Real(1e-13) * of_a.cwiseAbs().maxCoeff());
  }
}

namespace {

/// The outputs at the changed factors are those of f.
void check_same_outputs(const BilinearShape& shape, bool trained, const Factors& f, const Factors& changed,
                        const char* what) {
  RandomMatrices random(bilinear_seed + 4);
  const auto network = bilinear(shape.rows, shape.columns, shape.width, outer_kind(trained));
  const auto kernel = network->kernel(random.matrix(network->input_count(), 11));
  const Vector before = weights_of(f, trained), after = weights_of(changed, trained);
  BOOST_TEST((after - before).norm() > Real(0.1) * before.norm(), what);
  const Matrix outputs = kernel->forward(before);
  const Matrix others = kernel->forward(after);
  BOOST_TEST((others - outputs).norm() <= Real(1e-13) * outputs.norm(), what);
}

}  // namespace

BOOST_DATA_TEST_CASE(symmetries, outer_kinds, trained) {
  RandomMatrices random(bilinear_seed + 5);
  const BilinearShape shape{4, 3, 5};
  const auto network = bilinear(4, 3, 5, outer_kind(trained));
  const Factors f = factors_of(shape, trained, random.vector(network->parameter_count()));
  Factors reversed{f.a.colwise().reverse(), f.b.colwise().reverse(), f.v.reverse()};
  check_same_outputs(shape, trained, f, reversed, "permutation");
  Factors flipped = f;
  flipped.a.row(1) *= -1;
  flipped.b.row(1) *= -1;
  check_same_outputs(shape, trained, f, flipped, "signs of a and b");
  if (trained) {
    flipped = f;
    flipped.a.row(2) *= -1;
    flipped.v[2] *= -1;
    check_same_outputs(shape, trained, f, flipped, "signs of a and v");
    return;
  }
  const Matrix q = Random(bilinear_seed).orthonormal_columns(5, 5);
  check_same_outputs(shape, trained, f, {q * f.a, q * f.b, f.v}, "rotation");
}

BOOST_DATA_TEST_CASE(a_zero_neuron_stays_zero, outer_kinds, trained) {
  RandomMatrices random(bilinear_seed + 6);
  Index checked = 0;
  for (const BilinearShape& shape : bilinear_shapes)
    BOOST_TEST(
        nonzero_of_a_zero_neuron(*bilinear(shape.rows, shape.columns, shape.width, outer_kind(trained)), 23,
                                 random, checked) == 0);
  BOOST_TEST(checked > 40);
}

/// With M = x e_o^T the degree-2 network gives output o of the linear network with the same weight vector.
BOOST_AUTO_TEST_CASE(contains_linear_networks) {
  RandomMatrices random(bilinear_seed + 7);
  const auto linear = feed_forward({4, 3, 2}, Activation());
  const auto network = bilinear(4, 2, 3, BilinearOuter::ones);
  BOOST_REQUIRE(network->parameter_count() == linear->parameter_count());
  const Matrix x = random.matrix(4, 6), r = random.matrix(2, 6);
  Matrix inputs = Matrix::Zero(8, 12);
  for (Index i = 0; i < 6; ++i)
    for (Index o = 0; o < 2; ++o) inputs.col(2 * i + o).segment(4 * o, 4) = x.col(i);
  const Matrix flat_r = ConstMatrixView(r.data(), 1, 12);
  const auto one = network->kernel(inputs), other = linear->kernel(x);
  const Vector w = random.vector(network->parameter_count());
  const Matrix outputs = one->forward(w), expected = other->forward(w);
  BOOST_TEST((outputs.reshaped() - expected.reshaped()).norm() <= Real(1e-14) * expected.norm());
  Vector g, of_linear;
  one->backward(flat_r, g);
  other->backward(r, of_linear);
  BOOST_TEST((g - of_linear).norm() <= Real(1e-14) * g.norm());
  Matrix h, h_linear;
  one->hessian(flat_r, OutputCurvature{flat_r, {}}, h);
  other->hessian(r, OutputCurvature{r, {}}, h_linear);
  BOOST_TEST((h - h_linear).norm() <= Real(1e-14) * h.norm());
  BOOST_TEST(balances(*network, w) == balances(*linear, w), boost::test_tools::per_element());
  BOOST_TEST(network->groups().first == linear->groups().first, boost::test_tools::per_element());
}

/// With M = x x^T and a_k = b_k the degree-3 network is the one with square activation.
BOOST_AUTO_TEST_CASE(contains_quadratic_networks) {
  RandomMatrices random(bilinear_seed + 8);
  const Matrix x = random.matrix(4, 6);
  Matrix inputs(16, 6);
  for (Index i = 0; i < 6; ++i) inputs.col(i) = (x.col(i) * x.col(i).transpose()).reshaped();
  const Matrix a = random.matrix(3, 4);
  const Vector v = random.vector(3);
  Vector square(15);
  square << a.reshaped(), v;
  const Matrix expected = feed_forward({4, 3, 1}, Activation(Real(-1), 2))->kernel(x)->forward(square);
  const Matrix found =
      bilinear(4, 4, 3, BilinearOuter::trained)->kernel(inputs)->forward(weights_of({a, a, v}, true));
  BOOST_TEST((found - expected).norm() <= Real(1e-14) * expected.norm());
}

BOOST_AUTO_TEST_CASE(structure) {
  const auto cubic = bilinear(2, 3, 4, BilinearOuter::trained);
  const auto quadratic = bilinear(2, 3, 4, BilinearOuter::ones);
  BOOST_TEST(cubic->degree() == 3);
  BOOST_TEST(quadratic->degree() == 2);
  BOOST_TEST(cubic->parameter_count() == 24);
  BOOST_TEST(quadratic->parameter_count() == 20);
  for (const auto& network : {cubic, quadratic}) {
    BOOST_TEST(network->input_count() == 6);
    BOOST_TEST(network->output_count() == 1);
    BOOST_TEST(network->hidden_layer_count() == 1);
    BOOST_TEST(network->neurons().size() == 4u);
    BOOST_TEST(network->activation().is_polynomial());
    BOOST_TEST(network->groups().count == 8);
    // Row k of the first matrix enters neuron k, column k of the second one leaves it.
    for (const Neuron& neuron : network->neurons()) {
      for (const Index i : neuron.incoming) {
        BOOST_TEST(network->layout().place(i).layer == 0);
        BOOST_TEST(network->layout().place(i).row == neuron.index);
      }
      for (const Index i : neuron.outgoing) {
        BOOST_TEST(network->layout().place(i).layer == 1);
        BOOST_TEST(network->layout().place(i).column == neuron.index);
      }
    }
    BOOST_TEST(network->kernel(Matrix::Ones(6, 2))->feed_forward_state() == nullptr);
    const ActivationPattern pattern;
    BOOST_CHECK_THROW(network->kernel(Matrix::Ones(6, 2))->set_pattern(&pattern), InputError);
    BOOST_CHECK_THROW(network->kernel(Matrix::Ones(5, 2)), InputError);
  }
  BOOST_TEST(cubic->neurons()[1].incoming == (std::vector<Index>{1, 5, 9, 13, 17}),
             boost::test_tools::per_element());
  BOOST_TEST(cubic->neurons()[1].outgoing == std::vector<Index>{21}, boost::test_tools::per_element());
  BOOST_TEST(quadratic->neurons()[1].outgoing == (std::vector<Index>{11, 12, 13}),
             boost::test_tools::per_element());
  BOOST_CHECK_THROW(bilinear(0, 3, 4, BilinearOuter::ones), InputError);
  BOOST_CHECK_THROW(bilinear(2, -1, 4, BilinearOuter::ones), InputError);
  BOOST_CHECK_THROW(bilinear(2, 3, 0, BilinearOuter::trained), InputError);
  BOOST_CHECK_THROW(bilinear(100000, 100000, 1, BilinearOuter::ones), InputError);
}

BOOST_AUTO_TEST_SUITE_END()
