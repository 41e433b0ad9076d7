// The closed forms again, followed in the polar chart for as long as it suits, or to the end.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "flow/path_error.hpp"

namespace saddleflow::test {

BOOST_AUTO_TEST_SUITE(polar_path_test)

namespace bdata = boost::unit_test::data;
using reference::ReferenceCase;

namespace {

constexpr std::size_t kCases = 9, kSmall = 4;

std::vector<ReferenceCase> cases() {
  std::vector<ReferenceCase> all = reference::reference_cases();
  for (ReferenceCase& c : reference::small_start_cases()) all.push_back(std::move(c));
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(no_case_is_left_out) { BOOST_TEST(cases().size() == kCases + kSmall); }

BOOST_DATA_TEST_CASE(polar_path_error_is_proportional_to_the_tolerance,
                     bdata::xrange(kCases + kSmall) * bdata::make(std::vector<std::string>{"auto", "polar"}),
                     number, chart) {
  const ReferenceCase reference = cases()[number];
  Real coarsest = 0, finest = 0;
  std::int64_t polar_steps = 0;
  for (int digits = 6; digits <= 11; ++digits) {
    const Real rtol = std::pow(Real(10), Real(-digits));
    const PathError result = path_error(reference, "auto", rtol, chart);
    fmt::print("{:<34} {:<6} rtol 1e-{:02}  error {:.2e}  error/rtol {:7.2f}  steps {:>5} ({:>4} polar)\n",
               reference.name, chart, digits, static_cast<double>(result.error),
               static_cast<double>(result.error / rtol), result.steps, result.polar_steps);
    BOOST_TEST(result.stop_reason == "reached_end");
    BOOST_TEST(result.error <= 100 * rtol);
    BOOST_TEST(result.end_error == 0);
    if (chart == "polar") BOOST_TEST(result.polar_steps == result.steps);
    if (digits == 6) coarsest = result.error;
    finest = result.error;
    polar_steps = result.polar_steps;
  }
  // Those that start small do so in the polar chart.
  if (number >= kCases) BOOST_TEST(polar_steps > 0);
  BOOST_TEST(std::log10(coarsest / finest) >= 4);
  BOOST_TEST(std::log10(coarsest / finest) <= 6);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::test
