// The standard parameterisations: sizes of the entries, and that the velocity of the outputs does not depend
// on the width at the rates that belong to them.
#include "saddleflow/study/parameterisation.hpp"

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/problem/correlation.hpp"

namespace saddleflow {

BOOST_AUTO_TEST_SUITE(parameterisation_test)

namespace {

double plain(Real x) { return static_cast<double>(x); }

Real deviation(const Network& network, const Vector& w, int l) {
  const auto layer = network.layout().matrix(w, l);
  return layer.norm() / std::sqrt(static_cast<Real>(layer.size()));
}

/// sum_l rate_l |dH/dW_l|^2 for one input of norm sqrt(d), and the output there.
struct Tangent {
  Real kernel = 0, output = 0;
};

Tangent tangent_kernel(InitKind kind, const std::shared_ptr<const Network>& network, std::uint64_t seed,
                       std::vector<Real> rates) {
  Random random(17);
  const Vector x = random.unit_vector(network->input_count()) * std::sqrt(Real(network->input_count()));
  // The square loss with the target 1: the correlation function is the output itself.
  Correlation correlation(Objective(network, {x, Matrix::Ones(1, 1), "test"}, Loss()));
  const Vector w = parameterised_weights(kind, *network, seed, 0);
  Vector gradient(w.size());
  correlation.gradient(w, gradient);
  Tangent result;
  result.output = correlation.value(w);
  const Vector& known = gradient;
  for (int l = 0; l < network->layout().layer_count(); ++l)
    result.kernel += rates[static_cast<std::size_t>(l)] * network->layout().matrix(known, l).squaredNorm();
  return result;
}

/// Mean of the kernels over seeds, at this width.
Real mean_kernel(InitKind kind, Index width, int hidden, bool with_rates) {
  std::vector<Index> sizes{10};
  for (int l = 0; l < hidden; ++l) sizes.push_back(width);
  sizes.push_back(1);
  const auto network = feed_forward(sizes, Activation(0, 1));
  std::vector<Real> rates = layer_rates(kind, *network);
  if (!with_rates) rates.assign(rates.size(), 1);
  Real sum = 0;
  constexpr int kSeeds = 20;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed)
    sum += tangent_kernel(kind, network, seed, rates).kernel;
  return sum / kSeeds;
}

}  // namespace

BOOST_AUTO_TEST_CASE(entries_have_the_deviations_of_the_formulas) {
  const auto network = feed_forward({40, 200, 300, 50}, Activation(0, 1));
  const auto shallow = feed_forward({40, 400, 50}, Activation(0, 1));
  const auto square = feed_forward({40, 200, 200, 50}, Activation(1, 1));
  struct Case {
    InitKind kind;
    const Network* network;
    std::vector<double> expected;
  };
  using enum InitKind;
  const std::vector<Case> cases{
      {standard, network.get(), {std::sqrt(2. / 40), std::sqrt(2. / 200), std::sqrt(1. / 300)}},
      {ntk, network.get(), {std::sqrt(1. / 40), std::sqrt(1. / 200), std::sqrt(1. / 300)}},
      {mup, network.get(), {std::sqrt(1. / 40), std::sqrt(1. / 200), 1. / 300}},
      {mean_field, shallow.get(), {std::sqrt(1. / 40), 1. / 400}},
      {width_scaled, square.get(), std::vector<double>(3, std::pow(200., -0.75))}};
  for (const Case& c : cases) {
    const Vector w = parameterised_weights(c.kind, *c.network, 3, Real(1.5));
    for (int l = 0; l < c.network->layout().layer_count(); ++l) {
      const double found = plain(deviation(*c.network, w, l)),
                   expected = c.expected[static_cast<std::size_t>(l)];
      BOOST_TEST_MESSAGE(fmt::format("{}, layer {}: standard deviation {:.5f}, expected {:.5f}",
                                     name_of(c.kind), l + 1, found, expected));
      // Of n squares of normal numbers the mean has the relative deviation sqrt(2 / n), its root half of
      // that.
      BOOST_TEST(std::abs(found / expected - 1) <
                 4 / std::sqrt(2. * static_cast<double>(c.network->layout().layer(l).size())));
    }
  }
}

// Yang and Hu: with one hidden layer their parameterisation is the mean field one.
BOOST_AUTO_TEST_CASE(mup_of_one_hidden_layer_is_mean_field) {
  const auto network = feed_forward({5, 30, 2}, Activation(0, 1));
  BOOST_TEST(parameterised_weights(InitKind::mup, *network, 1, 0) ==
             parameterised_weights(InitKind::mean_field, *network, 1, 0));
  BOOST_TEST(layer_rates(InitKind::mup, *network) == layer_rates(InitKind::mean_field, *network));
  BOOST_TEST(layer_rates(InitKind::mup, *network) == (std::vector<Real>{30, Real(1) / 30}));
  BOOST_TEST(layer_rates(InitKind::standard, *network).empty());
}

// At their rates the tangent kernel tends to a limit with the width; at equal rates that of the mean field
// grows with it (its first layer moves too little, its last one too fast), which is what the rates are for.
BOOST_AUTO_TEST_CASE(at_its_rates_the_velocity_of_the_outputs_has_a_limit) {
  using enum InitKind;
  struct Case {
    InitKind kind;
    int hidden;
  };
  for (const Case& c : {Case{ntk, 1}, Case{ntk, 3}, Case{mean_field, 1}, Case{mup, 3}}) {
    const Real narrow = mean_kernel(c.kind, 200, c.hidden, true),
               wide = mean_kernel(c.kind, 1000, c.hidden, true);
    const Real without =
        mean_kernel(c.kind, 1000, c.hidden, false) / mean_kernel(c.kind, 200, c.hidden, false);
    BOOST_TEST_MESSAGE(fmt::format(
        "{}, {} hidden: kernel {:.4f} at width 200, {:.4f} at 1000; at equal rates it changes by a "
        "factor {:.2f}",
        name_of(c.kind), c.hidden, plain(narrow), plain(wide), plain(without)));
    BOOST_TEST(std::abs(wide / narrow - 1) < Real(0.2));
    BOOST_TEST(std::abs(without - 1) > 1);
  }
}

BOOST_AUTO_TEST_CASE(networks_without_such_a_parameterisation_are_refused) {
  const auto refused = [](InitKind kind, const std::shared_ptr<const Network>& network,
                          const std::string& words) {
    BOOST_CHECK_EXCEPTION(layer_deviations(kind, *network, 1), InputError, [&](const InputError& error) {
      BOOST_TEST_MESSAGE(error.what());
      return std::string(error.what()).find(words) != std::string::npos;
    });
  };
  refused(InitKind::ntk, diagonal_linear(3), "expected a network with the trait layered");
  refused(InitKind::mean_field, feed_forward({2, 3, 3, 1}, Activation()), "2 hidden layers, expected one");
  refused(InitKind::mup, feed_forward({2, 1}, Activation()), "no hidden layer");
  refused(InitKind::width_scaled, feed_forward({2, 3, 4, 1}, Activation()), "hidden widths 3, 4");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow
