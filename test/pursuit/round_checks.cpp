#include "pursuit/round_checks.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/test/unit_test.hpp>
#include <cmath>

namespace saddleflow::test {

void check_rounds(const std::vector<PursuitRound>& rounds) {
  for (const PursuitRound& r : rounds) {
    BOOST_TEST_MESSAGE(fmt::format(
        "round {}: N {:.6g}, residual {:.1e}, loss {:.6g} -> {:.6g}, neurons {}, {}, index {}, |grad| {:.1e}",
        r.number, static_cast<double>(r.value), static_cast<double>(r.residual),
        static_cast<double>(r.loss_before), static_cast<double>(r.loss_after), fmt::join(r.neurons, "-"),
        name_of(r.point.kind), r.point.spectrum.negative, static_cast<double>(r.relative_gradient)));
    BOOST_TEST(r.loss_after < r.loss_before);
    BOOST_TEST(r.value > 0);
    BOOST_TEST(r.residual <= 1e-10);
    if (&r == &rounds.back() && !r.point.is_critical()) continue;
    BOOST_TEST(r.relative_gradient <= 1e-10);
    BOOST_TEST(r.point.is_critical() != r.valley);
  }
  for (std::size_t k = 1; k < rounds.size(); ++k)
    BOOST_TEST(std::abs(rounds[k].loss_before - rounds[k - 1].loss_after) <= 1e-12 * rounds[k].loss_before);
}

std::vector<PursuitRound> all_rounds(NeuronPursuit& pursuit) {
  std::vector<PursuitRound> rounds;
  while (auto round = pursuit.advance()) rounds.push_back(std::move(*round));
  return rounds;
}

}  // namespace saddleflow::test
