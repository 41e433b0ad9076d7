// Gradients, Hessian-vector products and Hessians of the kernels (frozen residual r, curvature c) and of the
// training loss against hyper-dual numbers in long double, and against central differences.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <limits>

#include "network/fixtures.hpp"
#include "network/slow_network.hpp"
#include "saddleflow/problem/objective.hpp"

BOOST_AUTO_TEST_SUITE(slow_reference_test)

using namespace saddleflow;
using namespace saddleflow::test;
namespace data = boost::unit_test::data;

namespace {

constexpr unsigned seed = 7;
const int activation_count = static_cast<int>(activations().size());
constexpr Index sample_counts[] = {1, 2, 7, 80};

struct Errors {
  double value = 0, gradient = 0, product = 0, hessian = 0, frozen = 0, difference = 0;
  int cases = 0, differences = 0;
  void print(const std::string& what) const {
    fmt::print("{:48} value {:.0e} g {:.0e} Hv {:.0e} H {:.0e} H(F_r) {:.0e} differences {:.0e} ({} of {})\n",
               what, value, gradient, product, hessian, frozen, difference, differences, cases);
  }
};

void raise(double& worst, double error) {
  if (!(error <= worst)) worst = error;
}

/// Central difference of the gradient along v against H v. False where a kink of sigma or sigma' lies too
/// near.
bool compare_difference(Objective& objective, const Vector& w, const Vector& v, const Vector& hv,
                        Real kink_distance, double& worst) {
  using std::abs, std::cbrt;
  const Activation sigma = objective.network().activation();
  const bool kinked =
      sigma.power() <= 2 && !sigma.is_linear() && !(sigma.power() == 2 && abs(sigma.slope()) == Real(1));
  const Real length =
      cbrt(std::numeric_limits<Real>::epsilon()) / static_cast<Real>(objective.network().degree());
  if (hv.norm() == Real(0) || (kinked && kink_distance < Real(30) * length)) return false;
  const Real step = length / v.norm();
  Vector plus, minus;
  objective.gradient(w + step * v, plus);
  objective.gradient(w - step * v, minus);
  raise(worst, static_cast<double>(((plus - minus) / (Real(2) * step) - hv).norm() / hv.norm()));
  return true;
}

SlowProblem::Kind slow_kind(const LossPointer& loss) {
  if (loss == softmax_loss()) return SlowProblem::Kind::softmax;
  if (loss == exponential_loss()) return SlowProblem::Kind::exponential;
  return loss == logistic_loss() ? SlowProblem::Kind::logistic : SlowProblem::Kind::square;
}

/// Of the sum over the samples the oracle is asked, which is slow; the mean is that divided by their number.
void compare(const std::shared_ptr<const Network>& network, const Dataset& data, const LossPointer& kind,
             Reduction reduction, const SlowDerivatives& of_sum, Real kink_distance, const Vector& w,
             const Vector& v, Errors& errors) {
  Objective objective(network, data, Loss(kind, reduction));
  const long double part =
      reduction == Reduction::mean ? 1.0L / static_cast<long double>(data.inputs.cols()) : 1.0L;
  Vector g, hv;
  Matrix h;
  const Real value = objective.gradient(w, g);
  const long double exact = part * of_sum.value;
  raise(errors.value, static_cast<double>(std::abs(static_cast<long double>(value) - exact) / exact));
  raise(errors.gradient, relative_error(g, LongVector(part * of_sum.gradient)));
  objective.hessian(w, h);
  raise(errors.hessian, relative_error(h, LongMatrix(part * of_sum.hessian)));
  objective.hessian_vector(w, v, hv);
  raise(errors.product, relative_error(hv, LongVector(part * of_sum.hessian * v.cast<long double>())));
  errors.cases += 1;
  errors.differences += compare_difference(objective, w, v, hv, kink_distance, errors.difference);
}

void compare(const std::shared_ptr<const Network>& network, Index samples, const LossPointer& kind,
             RandomMatrices& random, Errors& errors) {
  Dataset data;
  data.origin = "test";
  data.inputs = random.matrix(network->input_count(), samples);
  const Index outputs = network->output_count();
  data.targets = random.targets(*kind, outputs, samples);
  const Vector w = ordinary_weights(*network, data.inputs, random);
  const Vector v = random.vector(w.size());
  const SlowProblem slow{*network, data.inputs, data.targets, slow_kind(kind)};
  const SlowDerivatives exact = differentiate(slow, w);
  for (const Reduction reduction : {Reduction::sum, Reduction::mean})
    compare(network, data, kind, reduction, exact, static_cast<Real>(slow.kink_distance), w, v, errors);
}

/// The Hessian of F_r alone, c = 0, where the kernels leave out what vanishes.
void compare_frozen(const std::shared_ptr<const Network>& network, Index samples, RandomMatrices& random,
                    Errors& errors) {
  const Matrix inputs = random.matrix(network->input_count(), samples);
  const Matrix r = random.matrix(network->output_count(), samples);
  const Vector w = ordinary_weights(*network, inputs, random);
  const SlowDerivatives exact = differentiate({*network, inputs, r, SlowProblem::Kind::weighted}, w);
  const auto kernel = network->kernel(inputs);
  Matrix h;
  kernel->forward(w);
  kernel->hessian(r, {Matrix::Zero(r.rows(), r.cols()), {}}, h);
  raise(errors.frozen, relative_error(h, exact.hessian));
}

Errors compare_all(const std::vector<std::shared_ptr<const Network>>& networks, RandomMatrices& random) {
  Errors errors;
  RandomMatrices of_classes(seed);
  for (const auto& network : networks) {
    for (const Index samples : sample_counts) {
      // The oracle takes seconds for deep networks and many samples: there with three outputs only.
      if (samples == 80 && network->layout().layer_count() > 2 && network->output_count() < 3) continue;
      compare_frozen(network, samples, random, errors);
      for (const LossPointer& kind : {square_loss(), logistic_loss()})
        compare(network, samples, kind, random, errors);
      compare(network, samples, exponential_loss(), of_classes, errors);
      if (network->output_count() > 1) compare(network, samples, softmax_loss(), of_classes, errors);
    }
  }
  return errors;
}

void check(const Errors& errors, int degree) {
  // A monomial of degree D carries D roundings; the factor is for cancellation between samples and terms.
  const double tolerance = 500 * degree * static_cast<double>(std::numeric_limits<Real>::epsilon());
  BOOST_TEST(errors.value <= tolerance);
  BOOST_TEST(errors.gradient <= tolerance);
  BOOST_TEST(errors.product <= tolerance);
  BOOST_TEST(errors.hessian <= tolerance);
  BOOST_TEST(errors.frozen <= tolerance);
  BOOST_TEST(errors.difference <= 1e-5);
  BOOST_TEST(5 * errors.differences >= errors.cases, "too few cases away from kinks");
}

}  // namespace

BOOST_DATA_TEST_CASE(feed_forward_network, data::xrange(activation_count), number) {
  const Activation sigma = activations()[static_cast<std::size_t>(number)];
  for (int depth = 1; depth <= 5; ++depth) {
    RandomMatrices random(seed + static_cast<unsigned>(10 * number + depth));
    std::vector<std::shared_ptr<const Network>> networks;
    for (Index outputs = 1; outputs <= 3; ++outputs)
      networks.push_back(feed_forward(small_sizes(depth, outputs), sigma));
    const Errors errors = compare_all(networks, random);
    errors.print(fmt::format("{}, depth {} (degree {})", sigma.description(), depth, networks[0]->degree()));
    check(errors, networks[0]->degree());
  }
}

BOOST_AUTO_TEST_CASE(diagonal_linear_network) {
  RandomMatrices random(seed);
  const Errors errors = compare_all({diagonal_linear(1), diagonal_linear(5)}, random);
  errors.print("diagonal linear");
  check(errors, 2);
}

BOOST_DATA_TEST_CASE(power_sum_network, data::xrange(activation_count), number) {
  const Activation sigma = activations()[static_cast<std::size_t>(number)];
  RandomMatrices random(seed);
  const Errors errors = compare_all({power_sum(3, 1, sigma), power_sum(2, 4, sigma)}, random);
  errors.print("power sum, " + sigma.description());
  check(errors, sigma.power());
}

/// More samples than one batch of the assembly, not a multiple of it, and layers wider than one product's
/// rows.
BOOST_DATA_TEST_CASE(several_batches, data::make({1, 2, 3}) * data::make({false, true}), outputs, dense) {
  RandomMatrices random(seed);
  for (const std::vector<Index>& sizes :
       {std::vector<Index>{3, 5, outputs}, {2, 131, outputs}, {4, 3, 140, 2, outputs}}) {
    const auto network = feed_forward(sizes, Activation(Real(0.3), 2));
    const Matrix inputs = random.matrix(sizes.front(), 301);
    const Matrix r = random.matrix(outputs, 301);
    const OutputCurvature c{random.matrix(outputs, 301).cwiseAbs(),
                            dense ? random.matrix(outputs * (outputs - 1) / 2, 301) : Matrix()};
    const Vector w = ordinary_weights(*network, inputs, random);
    const auto kernel = network->kernel(inputs);
    Matrix h;
    kernel->forward(w);
    kernel->hessian(r, c, h);
    // Against products, which the smaller cases have proved.
    Matrix products(h.rows(), h.cols());
    Vector g, hv;
    kernel->backward(r, g);
    for (Index j = 0; j < h.cols(); ++j) {
      Matrix dr;
      multiply(c, kernel->tangent(Vector::Unit(h.cols(), j)), dr);
      kernel->tangent_backward(dr, hv);
      products.col(j) = hv;
    }
    const double error = relative_error(h, products);
    BOOST_TEST_MESSAGE("several batches, " << h.cols() << " weights: " << error);
    BOOST_TEST(error <= 500 * network->degree() * static_cast<double>(std::numeric_limits<Real>::epsilon()));
  }
}

BOOST_AUTO_TEST_SUITE_END()
