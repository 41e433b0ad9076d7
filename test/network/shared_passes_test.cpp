// Passes that threads share have the bits of those that do not.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>

#include "saddleflow/base/random.hpp"
#include "saddleflow/base/workers.hpp"
#include "saddleflow/network/families.hpp"
#include "saddleflow/problem/objective.hpp"

BOOST_AUTO_TEST_SUITE(shared_passes_test)

using namespace saddleflow;

BOOST_AUTO_TEST_CASE(any_number_of_threads_gives_the_same_bits) {
  constexpr std::uint64_t seed = 5;
  Random random(seed);
  // Large enough to be shared, with a last block that is shorter, and more blocks than are kept at a time.
  struct Shape {
    std::vector<Index> sizes;
    Index samples;
  };
  for (const Shape& shape :
       {Shape{{20, 150, 1}, 1301}, Shape{{20, 100, 40, 3}, 700}, Shape{{30, 40, 2}, 3000}}) {
    const auto network = feed_forward(shape.sizes, Activation(Real(0.1), 2));
    Dataset data;
    data.inputs = random.normal_matrix(shape.sizes.front(), shape.samples);
    data.targets = random.normal_matrix(shape.sizes.back(), shape.samples);
    const Vector w = random.unit_vector(network->parameter_count()), v = random.unit_vector(w.size());
    Objective alone(network, data, Loss());
    Vector gradient, product;
    const Real value = alone.gradient(w, gradient);
    alone.hessian_vector(w, v, product);
    for (const int threads : {1, 2, 5}) {
      Workers workers(threads);
      Objective shared(network, data, Loss());
      shared.set_workers(&workers);
      for (int again = 0; again < 3; ++again) {
        Vector g, out;
        const Vector other = Real(1 + again) * w;
        shared.gradient(other, g);
        BOOST_TEST(shared.gradient(w, g) == value);
        shared.hessian_vector(w, v, out);
        BOOST_TEST((g == gradient));
        BOOST_TEST((out == product));
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
