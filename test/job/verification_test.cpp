// What --verify confirms and what it does not: events within jumps that take less than the error of their
// time, and paths that are wrong.
#include "saddleflow/job/verification.hpp"

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>

#include "archive/temporary_folder.hpp"
#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/job/flow_run.hpp"

namespace saddleflow {

BOOST_AUTO_TEST_SUITE(verification_test)

namespace {

constexpr Real kTolerance = Real(1e-8);

/// L = (w^3 - y)^2 / 2 from w = `start`: a plateau of length 1 / (3 y start), then a jump that takes a time
/// of order one.
StudyTable cubic(double y, double start) {
  return StudyTable::parse(
      fmt::format(
          "network.kind = \"power_sum\"\nnetwork.layers = [1, 1]\nnetwork.slope = 1.0\nnetwork.power = 3\n"
          "data.inputs = \"given\"\ndata.targets = \"given\"\ndata.given.inputs = [[1.0]]\n"
          "data.given.targets = [[{}]]\ninit.kind = \"given\"\ninit.weights = [1.0]\ninit.scale = {}\n"
          "flow.chart = \"cartesian\"\nflow.rtol = {}\nflow.t_end = 1e9\noutput.weights = \"events\"\n",
          y, start, static_cast<double>(kTolerance)),
      "cubic.toml");
}

std::string run_of(const StudyTable& study, const archive::TemporaryFolder& folder) {
  FlowRunOptions options;
  options.output = folder.file("run.h5");
  options.overwrite = true;
  BOOST_REQUIRE_EQUAL(run_flow(study, options).stop_reason, "reached_end");
  return options.output;
}

/// The time at which w' = 3 w^2 (y - w^3) comes from w0 to w1: the integral of dw / w' in v = 1 / w, where it
/// is that of v^3 / (3 (y v^3 - 1)), by Simpson's rule on the part beyond the constant 1 / (3 y).
double time_between(double w0, double w1, double y) {
  const double a = 1 / w1, b = 1 / w0;
  const auto rest = [y](double v) { return 1 / (3 * y * (y * v * v * v - 1)); };
  // In u = ln v, as the rest falls like v^-3.
  constexpr int parts = 20000;
  const double h = (std::log(b) - std::log(a)) / parts;
  double sum = 0;
  for (int k = 0; k <= parts; ++k) {
    const double v = a * std::exp(k * h);
    sum += (k == 0 || k == parts ? 1 : k % 2 == 1 ? 4 : 2) * v * rest(v);
  }
  return (b - a) / (3 * y) + sum * h / 3;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_jump_that_is_shorter_than_the_error_of_its_time_is_confirmed) {
  const archive::TemporaryFolder folder;
  constexpr double start = 1e-7, y = 1.3;
  const StudyTable study = cubic(y, start);
  const std::string path = run_of(study, folder);
  const Verification v = verify_run(study, path, nullptr);
  // The escape: the loss has fallen to nine tenths, so that w^3 = y (1 - sqrt(0.9)).
  const archive::EventRow escape = archive::RunReader::open(path).event_rows().front();
  const double expected = time_between(start, std::cbrt(y * (1 - std::sqrt(0.9))), y);
  BOOST_TEST_MESSAGE(fmt::format(
      "escape at {:.9e}, by quadrature {:.9e}: off by {:.1e}; path error {:.1e}, event times {:.1e}",
      escape.time, expected, std::abs(escape.time / expected - 1), static_cast<double>(v.path_error),
      static_cast<double>(v.event_time_error)));
  BOOST_TEST(std::abs(escape.time / expected - 1) <= 10 * static_cast<double>(kTolerance));
  // At one time the two runs differ by the error of the time, of order 1e-2.
  BOOST_TEST(v.event_time_error * static_cast<Real>(expected) > Real(1e-4));
  BOOST_TEST(v.path_error <= 10 * kTolerance);
  BOOST_TEST(v.same_events);
}

BOOST_AUTO_TEST_CASE(a_path_to_another_minimum_is_not) {
  const archive::TemporaryFolder folder;
  const std::string path = run_of(cubic(1.3, 1e-7), folder);
  // Its events come at times that agree to 1e-4, within which they count as the same.
  const Verification v = verify_run(cubic(1.3 * 1.00005, 1e-7), path, nullptr);
  BOOST_TEST_MESSAGE(fmt::format("another target: path error {:.2e}", static_cast<double>(v.path_error)));
  BOOST_TEST(std::abs(v.path_error - Real(0.00005) / 3) <= Real(1e-2) * Real(0.00005));
}

BOOST_AUTO_TEST_CASE(a_jump_at_another_time_is_not) {
  const archive::TemporaryFolder folder;
  const std::string path = run_of(cubic(1.3, 1e-7), folder);
  const Verification v = verify_run(cubic(1.3, 1e-7 * 1.001), path, nullptr);
  BOOST_TEST_MESSAGE(
      fmt::format("a start that is larger by a thousandth: path error {:.2f}, event times {:.1e}",
                  static_cast<double>(v.path_error), static_cast<double>(v.event_time_error)));
  BOOST_TEST(v.event_time_error > Real(1e4) * kTolerance);
  BOOST_TEST(v.path_error > Real(0.1));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow
