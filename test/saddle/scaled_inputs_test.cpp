// What a critical point is does not depend on the units of the data.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "saddleflow/base/random.hpp"
#include "saddleflow/problem/correlation_unit.hpp"
#include "saddleflow/pursuit/endgame.hpp"
#include "saddleflow/saddle/critical_point.hpp"

BOOST_AUTO_TEST_SUITE(scaled_inputs_test)

using namespace saddleflow;
namespace bdata = boost::unit_test::data;

namespace {

/// Random inputs times `scale`, the targets of a sum of two neurons times scale^p: the outputs scale alike,
/// and the same weights are critical.
Dataset data_in_units(Real scale, int power) {
  Random random(5);
  Dataset data{random.normal_matrix(3, 40), Matrix::Zero(1, 40), "random"};
  const Matrix a = random.normal_matrix(2, 3);
  for (Index i = 0; i < 40; ++i)
    for (Index k = 0; k < 2; ++k)
      data.targets(0, i) += std::pow(std::max(Real(0), a.row(k).dot(data.inputs.col(i))), power);
  data.inputs *= scale;
  data.targets *= std::pow(scale, power);
  return data;
}

/// The best of one neuron, with a second one at zero beside it.
Vector one_of_two(int power) {
  Objective narrow(feed_forward({3, 1, 1}, Activation(0, power)), data_in_units(1, power), Loss());
  Random random(2);
  Endgame best;
  best.loss = narrow.value(Vector::Zero(4));
  for (int k = 0; k < 10; ++k) {
    const Endgame end = trust_region_descent(narrow, random.unit_vector(4), {});
    if (end.converged && end.loss < best.loss) best = end;
  }
  Vector w = Vector::Zero(8);
  const auto wide = feed_forward({3, 2, 1}, Activation(0, power));
  const Neuron& neuron = wide->neurons()[0];
  for (Index i = 0; i < 3; ++i) w[neuron.incoming[static_cast<std::size_t>(i)]] = best.weights[i];
  w[neuron.outgoing[0]] = best.weights[3];
  return w;
}

std::size_t correlation_escapes(const CriticalPoint& point) {
  std::size_t count = 0;
  for (const EscapeDirection& way : point.escapes)
    count += way.kind == EscapeDirection::Kind::correlation ? 1 : 0;
  return count;
}

}  // namespace

BOOST_DATA_TEST_CASE(a_saddle_stays_one, bdata::make({2, 3}), power) {
  const Vector w = one_of_two(power);
  for (const Real scale : {Real(1), Real(1e-2), Real(1e-5), Real(1e-8), Real(1e3)}) {
    Objective objective(feed_forward({3, 2, 1}, Activation(0, power)), data_in_units(scale, power), Loss());
    const CriticalPoint point = analyse_critical_point(objective, w, {});
    Real best = 0;
    for (const EscapeDirection& way : point.escapes) best = std::max(best, way.value);
    const Real relative = best / correlation_unit(objective);
    fmt::print(
        "power {}, inputs times {:g}: {}, {} ways down by the second neuron, N {:.2e}, over its unit "
        "{:.6f}\n",
        power, static_cast<double>(scale), name_of(point.kind), correlation_escapes(point),
        static_cast<double>(best), static_cast<double>(relative));
    BOOST_TEST((point.kind == CriticalKind::saddle));
    BOOST_TEST(correlation_escapes(point) >= 1U);
  }
}

// Two hidden layers of power 2: N scales as the fourth power of the inputs.
BOOST_AUTO_TEST_CASE(the_ways_down_from_the_origin_stay) {
  std::size_t expected = 0;
  for (const Real scale : {Real(1), Real(5e-4), Real(1e-6)}) {
    Objective objective(feed_forward({3, 2, 2, 1}, Activation(0, 2)), data_in_units(scale, 2), Loss());
    const CriticalPoint point = analyse_critical_point(objective, Vector::Zero(objective.size()), {});
    fmt::print("three layers, inputs times {:g}: {} ways down from the origin\n", static_cast<double>(scale),
               point.escapes.size());
    if (scale == 1) expected = point.escapes.size();
    BOOST_TEST(expected > 0U);
    BOOST_TEST(point.escapes.size() == expected);
  }
}

// The ratio of N to its unit has no units: inputs, targets, the reduction and copies of the samples.
BOOST_AUTO_TEST_CASE(the_unit_scales_as_the_function_does) {
  Random random(3);
  const std::vector<std::shared_ptr<const Network>> networks{
      feed_forward({3, 2, 1}, Activation(0, 3)),
      feed_forward({3, 2, 2, 1}, Activation(1, 2)),
      feed_forward({3, 1}, Activation(1, 1)),
      feed_forward({3, 2, 2, 1}, Activation(Real(0.1), 1)),
      diagonal_linear(3),
      power_sum(3, 2, Activation(-1, 2))};
  for (const auto& network : networks) {
    const Vector u = random.unit_vector(network->parameter_count());
    const auto ratio = [&](Real inputs, Real targets, Reduction reduction) {
      Dataset data = data_in_units(1, 1);
      data.inputs *= inputs;
      data.targets *= targets;
      const Objective objective(network, data, Loss(square_loss(), reduction));
      return Correlation(objective).value(u) / correlation_unit(objective);
    };
    const Real one = ratio(1, 1, Reduction::sum);
    BOOST_TEST(std::abs(one) <= 1);
    BOOST_TEST(std::abs(ratio(Real(1e-5), Real(1e7), Reduction::mean) / one - 1) < Real(1e-10));
  }
}

BOOST_AUTO_TEST_SUITE_END()
