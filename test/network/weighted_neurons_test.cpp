// One hidden layer whose neurons count with fixed factors: against loops in hyper-dual numbers, and against
// the plain network in other coordinates.
#include "saddleflow/network/weighted_neurons.hpp"

#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <limits>

#include "network/family_checks.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/network/kernel.hpp"

BOOST_AUTO_TEST_SUITE(weighted_neurons_test)

using namespace saddleflow;
using namespace saddleflow::test;
namespace data = boost::unit_test::data;

namespace {

constexpr unsigned weighted_seed = 2201;
constexpr double weighted_tolerance = 1000 * static_cast<double>(std::numeric_limits<Real>::epsilon());

struct WeightedShape {
  Index inputs, width, outputs;
};
constexpr WeightedShape weighted_shapes[] = {{1, 1, 1}, {3, 4, 1}, {2, 5, 3}, {5, 2, 2}};

Vector some_factors(Index width, RandomMatrices& random) { return random.vector(width).array().exp(); }

/// sum_k c_k v_k sigma(w_k . x), places counted out by hand; sigma(s) = max(s, slope s)^p.
FamilyMember weighted_member(const WeightedShape& shape, const Activation& sigma, const Vector& factors) {
  const auto slow = [=](const Numbers& w, const Numbers& x) {
    const auto [inputs, width, outputs] = shape;
    const auto at = [&](Index place) { return w[static_cast<std::size_t>(place)]; };
    Numbers sums(static_cast<std::size_t>(outputs));
    for (Index k = 0; k < width; ++k) {
      HyperDual z;
      for (Index j = 0; j < inputs; ++j) z = z + at(k + j * width) * x[static_cast<std::size_t>(j)];
      const HyperDual kept = z.value > 0 ? z : HyperDual(static_cast<long double>(sigma.slope())) * z;
      HyperDual a(static_cast<long double>(factors[k]));
      for (int power = 0; power < sigma.power(); ++power) a = a * kept;
      for (Index o = 0; o < outputs; ++o) {
        HyperDual& sum = sums[static_cast<std::size_t>(o)];
        sum = sum + at(width * inputs + o + k * outputs) * a;
      }
    }
    return sums;
  };
  const auto plain = feed_forward({shape.inputs, shape.width, shape.outputs}, sigma);
  return {weighted_neurons(plain, factors), slow};
}

}  // namespace

BOOST_DATA_TEST_CASE(passes_agree_with_loops, data::xrange(activations().size()), number) {
  const Activation sigma = activations()[number];
  RandomMatrices random(weighted_seed);
  FamilyErrors worst;
  for (const WeightedShape& shape : weighted_shapes) {
    const Vector factors = some_factors(shape.width, random);
    for (const Index samples : {1, 2, 7})
      compare_with_hyper_dual(weighted_member(shape, sigma, factors), samples, random, worst);
  }
  worst.print(fmt::format("factors of neurons, {} (seed {})", sigma.description(), weighted_seed));
  BOOST_TEST(worst.largest() <= weighted_tolerance);
}

BOOST_DATA_TEST_CASE(identities, data::xrange(activations().size()), number) {
  const Activation sigma = activations()[number];
  RandomMatrices random(weighted_seed + 1);
  for (const WeightedShape& shape : weighted_shapes) {
    const auto plain = feed_forward({shape.inputs, shape.width, shape.outputs}, sigma);
    const auto network = weighted_neurons(plain, some_factors(shape.width, random));
    const FamilyIdentities found = measure_identities(*network, 23, random);
    BOOST_TEST(found.largest() <= static_cast<Real>(weighted_tolerance));
    BOOST_TEST(found.asymmetry == Real(0));
    BOOST_TEST(compare_hessian_with_products(*network, 9, random) <= weighted_tolerance);
    Index checked = 0;
    BOOST_TEST(nonzero_of_a_zero_neuron(*network, 5, random, checked) == 0);
  }
}

// W_1 = diag(a) V_1, W_2 = V_2 diag(b): the same outputs for c_k = a_k^p b_k.
BOOST_DATA_TEST_CASE(it_is_the_plain_network_in_other_coordinates, data::xrange(activations().size()),
                     number) {
  const Activation sigma = activations()[number];
  RandomMatrices random(weighted_seed + 2);
  const auto plain = feed_forward({3, 4, 2}, sigma);
  const Vector a = some_factors(4, random), b = some_factors(4, random);
  const Vector c = a.array().pow(static_cast<Real>(sigma.power())) * b.array();
  const auto network = weighted_neurons(plain, c);
  const Matrix inputs = random.matrix(3, 6);
  const Vector v = random.vector(plain->parameter_count());
  Vector w = v;
  plain->layout().matrix(w, 0) = a.asDiagonal() * plain->layout().matrix(v, 0);
  plain->layout().matrix(w, 1) = plain->layout().matrix(v, 1) * b.asDiagonal();
  const Matrix expected = plain->kernel(inputs)->forward(w), found = network->kernel(inputs)->forward(v);
  BOOST_TEST((found - expected).norm() <= static_cast<Real>(weighted_tolerance) * expected.norm());
}

BOOST_AUTO_TEST_CASE(equal_factors_of_one_change_no_bit) {
  RandomMatrices random(weighted_seed + 3);
  const auto plain = feed_forward({3, 4, 1}, {Real(0.1), 1});
  const auto network = weighted_neurons(plain, Vector::Ones(4));
  const Matrix inputs = random.matrix(3, 6), r = random.matrix(1, 6);
  const Vector w = random.vector(plain->parameter_count());
  const auto one = plain->kernel(inputs), other = network->kernel(inputs);
  BOOST_TEST((one->forward(w) == other->forward(w)));
  Vector g, h;
  one->backward(r, g);
  other->backward(r, h);
  BOOST_TEST((g == h));
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
  const auto plain = feed_forward({3, 4, 1}, {});
  BOOST_CHECK_THROW(weighted_neurons(plain, Vector::Ones(3)), InputError);
  BOOST_CHECK_THROW(weighted_neurons(plain, Vector::Zero(4)), InputError);
  BOOST_CHECK_THROW(weighted_neurons(feed_forward({3, 4, 2, 1}, {}), Vector::Ones(6)), InputError);
  BOOST_CHECK_THROW(weighted_neurons(power_sum(3, 4, {}), Vector::Ones(4)), InputError);
}

BOOST_AUTO_TEST_SUITE_END()
