// The skeleton of networks with one hidden layer against closed forms: V8, the modes of linear and quadratic
// networks, blow-up times.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "pursuit/orthogonal.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/pursuit/skeleton.hpp"

using namespace saddleflow;

BOOST_AUTO_TEST_SUITE(neuron_skeleton_test)

namespace {

double number(Real x) { return static_cast<double>(x); }

void print_jumps(const char* what, const Skeleton& skeleton) {
  fmt::print("{}: {} jumps, {}\n", what, skeleton.jumps.size(), name_of(skeleton.end));
  for (const SkeletonJump& jump : skeleton.jumps)
    fmt::print("  tau {:.12g}: on {}, off {}, active {}, loss {:.12g}{}\n", number(jump.time),
               fmt::join(jump.activated, " "), fmt::join(jump.deactivated, " "), fmt::join(jump.active, " "),
               number(jump.loss), jump.point ? std::string(", ") + name_of(jump.point->kind) : "");
}

}  // namespace

BOOST_AUTO_TEST_CASE(v8_jumps_and_plateau) {
  const Dataset data = pursuit_test::orthogonal_data();
  const auto network = feed_forward({data.inputs.rows(), 12, 1}, Activation(0, 1));
  Objective objective(network, data, Loss(LossKind::square, Reduction::mean));
  const Skeleton skeleton = compute_skeleton(objective, pursuit_test::orthogonal_start(*network, data));
  print_jumps("V8", skeleton);
  const auto plus = pursuit_test::of_sign(data, 1), minus = pursuit_test::of_sign(data, -1);
  BOOST_REQUIRE(skeleton.jumps.size() >= 2);
  const SkeletonJump &first = skeleton.jumps[0], &second = skeleton.jumps[1];
  fmt::print("V8: tau+ D+ - 1 = {:.1e}, tau- D- - 1 = {:.1e}, plateau off by {:.1e}, last loss {:.1e}\n",
             number(first.time * plus.rate - 1), number(second.time * minus.rate - 1),
             number(first.loss / minus.residual - 1), number(second.loss));
  BOOST_TEST(std::abs(first.time * plus.rate - 1) < Real(1e-8));
  BOOST_TEST(std::abs(second.time * minus.rate - 1) < Real(1e-8));
  BOOST_TEST(std::abs(first.loss / minus.residual - 1) < Real(1e-8));
  BOOST_TEST(second.loss < Real(1e-16));
  BOOST_TEST((skeleton.end == SkeletonEnd::fitted));
}

BOOST_AUTO_TEST_SUITE_END()
