// Critical points of one function in a catalogue: the point of a network of one neuron, embedded in wider
// ones.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

#include "saddleflow/base/random.hpp"
#include "saddleflow/flow/approach.hpp"
#include "saddleflow/network/effective_width.hpp"
#include "saddleflow/problem/losses.hpp"
#include "saddleflow/saddle/catalogue.hpp"

namespace saddleflow::test {

namespace {

Objective function_problem(Index width, const Activation& activation, const Dataset& data) {
  return {feed_forward({2, width, 1}, activation), data, Loss(square_loss(), Reduction::mean)};
}

/// Where the network of one neuron comes to rest.
Vector one_neuron_point(const Activation& activation, const Dataset& data) {
  Objective objective = function_problem(1, activation, data);
  ApproachOptions options;
  options.destination = Destination::minimum;
  options.rtol = Real(1e-10);
  return follow_to_critical_point(objective, (Vector(3) << 0.3, 0.2, 0.4).finished(), options).weights;
}

/// Neurons that are these multiples of (a, b), one after another.
Vector embedded(const Vector& neuron, const std::vector<Real>& factors) {
  const auto width = static_cast<Index>(factors.size());
  Vector w(3 * width);
  for (Index k = 0; k < width; ++k) {
    const Real c = factors[static_cast<std::size_t>(k)];
    w[k] = c * neuron[0];
    w[width + k] = c * neuron[1];
    w[2 * width + k] = c * neuron[2];
  }
  return w;
}

Dataset samples_of_two_neurons(const Activation& activation) {
  Random random(12);
  Dataset data;
  data.inputs = random.normal_matrix(2, 30);
  data.targets = Matrix(1, 30);
  for (Index i = 0; i < 30; ++i)
    data.targets(0, i) =
        2 * activation.value(data.inputs(0, i)) + Real(0.4) * activation.value(data.inputs(1, i));
  return data;
}

struct Embeddings {
  std::vector<std::vector<Real>> factors;
  std::vector<std::int64_t> widths;
  Index narrowest;
};

/// The rows of a catalogue with the origin and these points, all of which are one function.
void check_embeddings(const Activation& activation, const Embeddings& embeddings) {
  const Dataset data = samples_of_two_neurons(activation);
  const Vector neuron = one_neuron_point(activation, data);
  Objective objective =
      function_problem(static_cast<Index>(embeddings.factors.front().size()), activation, data);
  Catalogue catalogue(objective);
  catalogue.add(analyse_critical_point(objective, Vector::Zero(objective.size())));
  std::vector<std::vector<std::int64_t>> widths{{0}};
  for (const std::vector<Real>& factors : embeddings.factors) {
    CriticalPoint point = analyse_critical_point(objective, embedded(neuron, factors));
    BOOST_TEST(point.is_critical());
    widths.push_back(effective_widths(objective.network(), point.point()));
    BOOST_TEST(catalogue.add(std::move(point)) == static_cast<Index>(widths.size()) - 1);  // a row of its own
  }
  std::vector<std::int64_t> found;
  for (std::size_t k = 1; k < widths.size(); ++k) found.push_back(widths[k].front());
  BOOST_TEST(found == embeddings.widths, boost::test_tools::per_element());
  const std::vector<Index> same = catalogue.same_functions(widths);
  BOOST_TEST_MESSAGE(
      fmt::format("{}: effective widths {}, same function {}", activation.description(), widths, same));
  BOOST_TEST(same[0] == -1);
  for (std::size_t k = 1; k < same.size(); ++k) BOOST_TEST(same[k] == embeddings.narrowest);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(same_function_test)

// c_1^2 + c_2^2 = 1: two neurons on one ray, and one beside a zero neuron. Width 1 both; the second has fewer
// active ones.
BOOST_AUTO_TEST_CASE(neurons_on_a_ray_and_a_zero_neuron) {
  check_embeddings(Activation(Real(0.2), 1), {{{0.8, 0.6}, {1, 0}}, {1, 1}, 2});
}

// 2 c^3 = 1: two equal neurons are no narrower where neurons are counted.
BOOST_AUTO_TEST_CASE(equal_neurons_and_a_zero_neuron) {
  const Real half = std::cbrt(Real(0.5)), third = std::cbrt(Real(1) / 3);
  check_embeddings(Activation(-1, 2), {{{half, half, 0}, {1, 0, 0}, {third, third, third}}, {2, 1, 3}, 2});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::test
