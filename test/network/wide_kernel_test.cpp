// Kernels of wide networks against those that keep everything, and beside one another.
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "saddleflow/base/random.hpp"
#include "saddleflow/base/workers.hpp"
#include "saddleflow/network/feed_forward_kernel.hpp"
#include "saddleflow/network/wide_kernel.hpp"

BOOST_AUTO_TEST_SUITE(wide_kernel_test)

using namespace saddleflow;

namespace {

constexpr std::uint64_t kSeed = 7;

struct Shape {
  Index inputs, width, outputs, samples;
  Activation activation;
};

/// Widths of one strip and of several with a rest, of fewer neurons than a register has lanes too; samples of
/// one block and of several.
std::vector<Shape> shapes() {
  const Activation squared_relu(Real(0), 2), leaky_cube(Real(0.3), 3), linear(Real(1), 1);
  return {{5, 13, 1, 30, squared_relu},
          {5, 250, 1, 300, squared_relu},
          {9, 485, 3, 129, leaky_cube},
          {3, 240, 2, 128, linear},
          {4, 721, 10, 257, squared_relu}};
}

/// All that a kernel makes, in one list.
struct Results {
  Matrix outputs, tangent;
  Vector gradient, product;
};

class Problem {
 public:
  explicit Problem(const Shape& shape, std::uint64_t seed = kSeed)
      : layout({{shape.width, shape.inputs}, {shape.outputs, shape.width}}), activation(shape.activation) {
    Random random(seed);
    inputs = random.normal_matrix(shape.inputs, shape.samples);
    residual = random.normal_matrix(shape.outputs, shape.samples);
    change = random.normal_matrix(shape.outputs, shape.samples);
    w = random.unit_vector(layout.size());
    v = random.unit_vector(layout.size());
  }
  Results of(Kernel& kernel) const {
    Results r;
    r.outputs = kernel.forward(w);
    kernel.backward(residual, r.gradient);
    r.tangent = kernel.tangent(v);
    kernel.tangent_backward(change, r.product);
    return r;
  }

  Layout layout;
  Activation activation;
  Matrix inputs, residual, change;
  Vector w, v;
};

bool same_bits(const Results& a, const Results& b) {
  return a.outputs == b.outputs && a.tangent == b.tangent && a.gradient == b.gradient &&
         a.product == b.product;
}

Real distance(const Results& a, const Results& b) {
  return std::max({(a.outputs - b.outputs).norm() / b.outputs.norm(),
                   (a.tangent - b.tangent).norm() / b.tangent.norm(),
                   (a.gradient - b.gradient).norm() / b.gradient.norm(),
                   (a.product - b.product).norm() / b.product.norm()});
}

}  // namespace

// Sums over the neurons go strip by strip here, and at once there: the same to rounding, not to the last bit.
BOOST_AUTO_TEST_CASE(passes_are_those_of_a_kernel_that_keeps_everything) {
  Real worst = 0;
  for (const Shape& shape : shapes()) {
    const Problem p(shape);
    FeedForwardKernel plain(p.layout, p.activation, p.inputs);
    WideKernel wide(p.layout, p.activation, p.inputs);
    const Results expected = p.of(plain), found = p.of(wide);
    worst = std::max(worst, distance(found, expected));
    Matrix hessian, other;
    const OutputCurvature c{Matrix::Ones(shape.outputs, shape.samples), {}};
    if (p.layout.size() < 1000) {
      plain.hessian(p.residual, c, hessian);
      wide.hessian(p.residual, c, other);
      BOOST_TEST((hessian == other));
    }
    const HiddenState &whole = wide.whole_state()->hidden.front(),
                      &kept = plain.feed_forward_state()->hidden.front();
    BOOST_TEST((whole.z == kept.z && whole.a == kept.a && whole.slope == kept.slope &&
                whole.back == kept.back && whole.delta == kept.delta));
    BOOST_TEST(wide.feed_forward_state()->hidden.front().z.size() == 0);
  }
  BOOST_TEST_MESSAGE(fmt::format("seed {}: relative difference at most {:.1e}", kSeed, double(worst)));
  BOOST_TEST(worst < 20 * std::numeric_limits<Real>::epsilon());
}

BOOST_AUTO_TEST_CASE(threads_change_no_bit) {
  for (const Shape& shape :
       {Shape{20, 700, 1, 500, Activation(Real(0), 2)}, Shape{40, 250, 2, 1300, Activation(Real(0.1), 3)}}) {
    const Problem p(shape);
    WideKernel alone(p.layout, p.activation, p.inputs);
    const Results expected = p.of(alone);
    for (const int threads : {1, 2, 5}) {
      Workers workers(threads);
      WideKernel shared(p.layout, p.activation, p.inputs);
      shared.set_workers(&workers);
      for (int again = 0; again < 3; ++again) BOOST_TEST(same_bits(p.of(shared), expected));
    }
  }
}

// Between any two calls of one kernel another one, of another size, makes passes in the same memory.
BOOST_AUTO_TEST_CASE(kernels_that_take_turns_have_the_bits_of_those_that_are_alone) {
  const Problem one(shapes()[1], 1), other(shapes()[4], 2);
  WideKernel a(one.layout, one.activation, one.inputs), b(other.layout, other.activation, other.inputs);
  const Results expected = one.of(a), beside = other.of(b);
  const auto disturb = [&] { BOOST_TEST(same_bits(other.of(b), beside)); };
  Results r;
  disturb();
  r.outputs = a.forward(one.w);
  disturb();
  a.backward(one.residual, r.gradient);
  disturb();
  r.tangent = a.tangent(one.v);
  disturb();
  a.tangent_backward(one.change, r.product);
  BOOST_TEST(same_bits(r, expected));
  // A second product at the same weights, and one after the other kernel is gone.
  {
    WideKernel passing(other.layout, other.activation, other.inputs);
    BOOST_TEST(same_bits(other.of(passing), beside));
  }
  a.tangent(one.v);
  a.tangent_backward(one.change, r.product);
  BOOST_TEST((r.product == expected.product));
}

BOOST_AUTO_TEST_CASE(kernels_may_move_from_thread_to_thread) {
  const Problem p(shapes()[1]);
  WideKernel kernel(p.layout, p.activation, p.inputs);
  const Results expected = p.of(kernel);
  Results r;
  kernel.forward(p.w);
  std::thread([&] { kernel.backward(p.residual, r.gradient); }).join();
  r.tangent = kernel.tangent(p.v);
  std::thread([&] { kernel.tangent_backward(p.change, r.product); }).join();
  BOOST_TEST((r.gradient == expected.gradient && r.product == expected.product));
  BOOST_TEST((r.tangent == expected.tangent));
}

BOOST_AUTO_TEST_CASE(a_pattern_is_that_of_a_kernel_that_keeps_everything) {
  const Problem p(shapes()[1]);
  Random random(3);
  const ActivationPattern pattern{{random.normal_matrix(250, 300)}};
  FeedForwardKernel plain(p.layout, p.activation, p.inputs);
  WideKernel wide(p.layout, p.activation, p.inputs);
  const Results before = p.of(wide);
  plain.forward(p.w);  // a kernel has a state to check a pattern against
  plain.set_pattern(&pattern);
  wide.set_pattern(&pattern);
  BOOST_TEST(same_bits(p.of(wide), p.of(plain)));
  wide.set_pattern(nullptr);
  BOOST_TEST(same_bits(p.of(wide), before));
}

BOOST_AUTO_TEST_SUITE_END()
