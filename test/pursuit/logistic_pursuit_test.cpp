// Neuron Pursuit for two classes that so few neurons do not separate, of several activations and depths.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "pursuit/round_checks.hpp"
#include "saddleflow/base/random.hpp"

BOOST_AUTO_TEST_SUITE(logistic_pursuit_test)

using namespace saddleflow;
using namespace saddleflow::test;
namespace bdata = boost::unit_test::data;

namespace {

struct Case {
  std::vector<Index> sizes;
  Real slope;
  int power;
};
std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << fmt::format("{}, max(s, {}s)^{}", fmt::join(c.sizes, "-"), static_cast<double>(c.slope),
                            c.power);
}

const std::vector<Case> kCases{{{2, 3, 1}, 0, 2},
                               {{2, 3, 2}, 0, 2},
                               {{3, 3, 1}, Real(0.2), 1},
                               {{2, 3, 1}, -1, 3},
                               {{3, 2, 2, 1}, 0, 2}};

}  // namespace

/// Random signs.
BOOST_DATA_TEST_CASE(random_classes, kCases* bdata::xrange(1, 5), c, seed) {
  Random random(static_cast<std::uint64_t>(seed), RandomStream::test);
  Dataset data{random.normal_matrix(c.sizes.front(), 40), random.normal_matrix(c.sizes.back(), 40), "signs"};
  data.targets = data.targets.unaryExpr([](Real y) { return y > 0 ? Real(1) : Real(-1); });
  PursuitOptions options;
  if (c.power == 3) options.scale = Real(1e-2);
  NeuronPursuit pursuit(feed_forward(c.sizes, Activation(c.slope, c.power)), data, Loss(logistic_loss()),
                        options);
  const std::vector<PursuitRound> rounds = all_rounds(pursuit);
  BOOST_TEST_MESSAGE(fmt::format("seed {}: {} rounds, end {}", seed, rounds.size(), name_of(pursuit.end())));
  BOOST_TEST(!rounds.empty());
  check_rounds(rounds);
}

BOOST_AUTO_TEST_SUITE_END()
