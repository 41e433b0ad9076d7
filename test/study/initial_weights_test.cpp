#include "saddleflow/study/initial_weights.hpp"

#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

BOOST_AUTO_TEST_SUITE(initial_weights_test)

namespace {

struct Case {
  std::vector<Index> layers;
  Real slope;
  int power;
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << c.layers.size() - 1 << " layers, slope " << c.slope << ", power " << c.power;
}

const std::vector<Case> kCases{{{4, 6, 2}, 1, 1},        {{4, 6, 5, 3}, 1, 1}, {{5, 3, 3, 3, 2}, 1, 1},
                               {{4, 6, 1}, 0, 2},        {{4, 6, 5, 1}, 0, 2}, {{4, 6, 5, 5, 2}, -1, 3},
                               {{3, 8, 2}, Real(0.1), 1}};

}  // namespace

BOOST_DATA_TEST_CASE(balanced_starts_are_balanced, boost::unit_test::data::make(kCases), c) {
  const auto network = feed_forward(c.layers, Activation(c.slope, c.power));
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const Vector w = balanced_direction(*network, seed);
    const Real largest = balances(*network, w).cwiseAbs().maxCoeff();
    fmt::print("seed {}: largest balance {:.1e}\n", seed, static_cast<double>(largest));
    BOOST_TEST(largest <= 100 * std::numeric_limits<Real>::epsilon());
    BOOST_TEST(std::abs(w.norm() - 1) <= 8 * std::numeric_limits<Real>::epsilon());
  }
}

BOOST_AUTO_TEST_CASE(sphere_starts_have_neurons_of_one_size) {
  const auto network = feed_forward({4, 6, 2}, Activation(0, 2));
  const Vector w = sphere_direction(*network, 5);
  for (int l : {0, 1}) {
    const Matrix layer = network->layout().matrix(w, l);
    const Vector sizes = l == 0 ? Vector(layer.rowwise().norm()) : Vector(layer.colwise().norm().transpose());
    BOOST_TEST(sizes.maxCoeff() - sizes.minCoeff() < Real(1e-15));
  }
  BOOST_TEST(w != sphere_direction(*network, 6));
}

BOOST_AUTO_TEST_CASE(the_norm_is_delta) {
  const auto network = feed_forward({4, 6, 2}, Activation(0, 2));
  for (const char* kind : {"gaussian", "sphere", "balanced"}) {
    const StudyTable s = StudyTable::parse(
        "", "s.toml", {"network.layers=[4,6,2]", "init.scale=1e-12", std::string("init.kind=") + kind});
    BOOST_TEST(std::abs(build_initial_weights(s, *network).norm() / Real(1e-12) - 1) < Real(1e-14));
  }
}

BOOST_AUTO_TEST_CASE(weights_that_do_not_fit_are_refused) {
  const auto network = feed_forward({1, 1}, Activation(1, 1));
  const auto with = [&](const std::string& weights) {
    return build_initial_weights(
        StudyTable::parse("", "s.toml",
                          {"network.layers=[1,1]", "init.kind=given", "init.weights=" + weights}),
        *network);
  };
  BOOST_TEST(std::abs(with("[-3]")[0] + Real(1e-3)) < Real(1e-18));
  BOOST_CHECK_THROW(with("[1, 2]"), InputError);
  BOOST_CHECK_THROW(with("[0]"), InputError);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow
