// After the first round no evaluation touches the heap. The linker sends malloc and operator new through the
// counters below (see CMakeLists.txt); Eigen allocates with the former.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cstddef>

#include "network/fixtures.hpp"
#include "saddleflow/network/bilinear.hpp"
#include "saddleflow/network/convolution.hpp"
#include "saddleflow/problem/objective.hpp"

BOOST_AUTO_TEST_SUITE(allocation_test)

namespace {
long allocations = 0;
// An allocation whose place nobody sees may be left out, and clang++ does so.
const void* volatile seen = nullptr;
}  // namespace

extern "C" {
void* __real_malloc(
    std::size_t size);  // NOLINT(bugprone-reserved-identifier): names that the linker prescribes
void* __real__Znwm(std::size_t size);    // NOLINT(bugprone-reserved-identifier)
void* __wrap_malloc(std::size_t size) {  // NOLINT(bugprone-reserved-identifier)
  ++allocations;
  return __real_malloc(size);
}
void* __wrap__Znwm(std::size_t size) {  // NOLINT(bugprone-reserved-identifier)
  ++allocations;
  return __real__Znwm(size);
}
}

using namespace saddleflow;

namespace {

/// Allocations made by value, gradient, product and Hessian at weights not seen before.
long allocations_of_a_round(const std::shared_ptr<const Network>& network, Index samples,
                            const LossPointer& kind) {
  test::RandomMatrices random(1);
  Dataset data;
  data.inputs = random.matrix(network->input_count(), samples);
  data.targets = random.targets(*kind, network->output_count(), samples);
  Objective objective(network, data, Loss(kind));
  Vector w = random.vector(objective.size());
  const Vector v = random.vector(objective.size());
  Vector g(w.size()), hv(w.size());
  Matrix h(w.size(), w.size());
  const auto round = [&] {
    w *= Real(1.01);
    objective.value(w);
    objective.gradient(w, g);
    objective.hessian_vector(w, v, hv);
    objective.hessian(w, h);
    objective.output_tangent(w, v);
  };
  round();
  const long before = allocations;
  round();
  round();
  return allocations - before;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_counter_counts) {
  const long before = allocations;
  const Vector v = Vector::Zero(1000);
  const auto number = std::make_unique<int>(3);
  seen = v.data();
  seen = number.get();
  BOOST_TEST(allocations - before == 2, "found " << allocations - before << " with " << v.size() << *number);
}

BOOST_AUTO_TEST_CASE(no_allocation_after_the_first_round) {
  const Activation squared(Real(0), 2);
  for (const LossPointer& kind : {square_loss(), logistic_loss(), exponential_loss()}) {
    for (const auto& network :
         {feed_forward({10, 20, 1}, squared), feed_forward({10, 20, 3}, squared),
          feed_forward({10, 20, 20, 1}, squared), feed_forward({20, 40, 10, 1}, squared),
          feed_forward({5, 1}, squared), diagonal_linear(50), power_sum(10, 20, squared),
          bilinear(10, 8, 5, BilinearOuter::trained), bilinear(10, 8, 5, BilinearOuter::ones),
          convolution({sequence_patches(12, 2, 4, 2), 20, 1, OuterWeights::dense}, squared),
          convolution({sequence_patches(12, 2, 4, 2), 20, 3, OuterWeights::dense}, squared),
          convolution({image_patches(6, 5, 1, 3), 20, 3, OuterWeights::average}, squared),
          convolution({sequence_patches(6, 1, 6), 20, 1, OuterWeights::dense}, squared)}) {
      const long count = allocations_of_a_round(network, 100, kind);
      fmt::print("{} with {} weights: {} allocations in two rounds\n", network->kind(),
                 network->parameter_count(), count);
      BOOST_TEST(count == 0);
    }
    BOOST_TEST(allocations_of_a_round(feed_forward({60, 10, 1}, squared), 1000, kind) == 0);
  }
  for (const auto& network : {feed_forward({10, 20, 3}, squared), feed_forward({10, 20, 10, 4}, squared),
                              feed_forward({5, 2}, squared)})
    BOOST_TEST(allocations_of_a_round(network, 100, softmax_loss()) == 0);
  // Long panels: many samples above, many weights here.
  BOOST_TEST(allocations_of_a_round(feed_forward({200, 20, 1}, squared), 100, square_loss()) == 0);
  BOOST_TEST(allocations_of_a_round(bilinear(20, 20, 20, BilinearOuter::trained), 1000, square_loss()) == 0);
  BOOST_TEST(
      allocations_of_a_round(convolution({image_patches(8, 8, 3, 3), 20, 1, OuterWeights::average}, squared),
                             1000, square_loss()) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
