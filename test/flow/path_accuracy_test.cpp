// V1 to V6 of THEORY.md: the path's largest relative error stays within 100 rtol for rtol = 1e-6 ... 1e-11,
// and falls with the tolerance.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "flow/path_error.hpp"

namespace saddleflow::test {

BOOST_AUTO_TEST_SUITE(path_accuracy_test)

using reference::reference_cases;

// Data sets of test cases are made before main(), too early to make the problems themselves.
constexpr std::size_t kCases = 9;

BOOST_AUTO_TEST_CASE(no_case_is_left_out) { BOOST_TEST(reference_cases().size() == kCases); }

BOOST_DATA_TEST_CASE(path_error_is_proportional_to_the_tolerance,
                     boost::unit_test::data::xrange(kCases) *
                         boost::unit_test::data::make(std::vector<std::string>{
                             "auto", "dopri5", "dop853", "rodas5p", "rodas5p-cg", "radau7"}),
                     number, stepper) {
  const reference::ReferenceCase reference = reference_cases()[number];
  Real coarsest = 0, finest = 0;
  for (int digits = 6; digits <= 11; ++digits) {
    const Real rtol = std::pow(Real(10), Real(-digits));
    const PathError result = path_error(reference, stepper, rtol);
    fmt::print("{:<28} {:<8} rtol 1e-{:02}  error {:.2e}  error/rtol {:7.2f}\n", reference.name, stepper,
               digits, static_cast<double>(result.error), static_cast<double>(result.error / rtol));
    BOOST_TEST(result.stop_reason == "reached_end");
    BOOST_TEST(result.error <= 100 * rtol);
    if (digits == 6) coarsest = result.error;
    finest = result.error;
  }
  // In proportion: over five decades of tolerance the error falls by four to six.
  BOOST_TEST(std::log10(coarsest / finest) >= 4);
  BOOST_TEST(std::log10(coarsest / finest) <= 6);
}

// Order two: its tolerance of a step falls faster than the one asked for.
BOOST_DATA_TEST_CASE(path_error_of_the_second_order_method, boost::unit_test::data::make({0, 1, 3}), number) {
  const reference::ReferenceCase reference = reference_cases()[static_cast<std::size_t>(number)];
  for (int digits = 5; digits <= 9; ++digits) {
    const Real rtol = std::pow(Real(10), Real(-digits));
    const PathError result = path_error(reference, "rkc2", rtol);
    fmt::print("{:<28} rkc2 rtol 1e-{:02}  error/rtol {:7.2f}  {} steps\n", reference.name, digits,
               static_cast<double>(result.error / rtol), result.steps);
    BOOST_TEST(result.error <= 100 * rtol);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::test
