// What is said of a path at the end: a failure first, then what --verify found, then doubts.
#include "saddleflow/job/path_bounds.hpp"
#include "saddleflow/record/run_description.hpp"

#include <boost/test/unit_test.hpp>

namespace saddleflow {

BOOST_AUTO_TEST_SUITE(path_bounds_test)

namespace {

archive::RunSummary ended(const std::string& stop_reason, double sampled, double branchings = 0) {
  archive::RunSummary summary;
  summary.stop_reason = stop_reason;
  summary.numbers = {{"branchings", branchings}, {kSampledDecisions, sampled}};
  return summary;
}

Verification verified(Real path_error) {
  Verification v;
  v.path_error = path_error;
  v.stop_reason = Stop::reached_end;
  return v;
}

const PathBounds kBounds{{Real(1e-6), Real(1e-6), Real(1e-10)}, Real(1e-3)};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

BOOST_AUTO_TEST_CASE(a_failure_comes_before_a_doubt) {
  const std::string text = trust_in_words(ended("step_underflow", 2), kBounds, nullptr);
  BOOST_TEST(text.starts_with("the path ends where the run stopped (step_underflow)"), text);
  BOOST_TEST(has(text, "what lies before is not certain: at 2 times"), text);
}

BOOST_AUTO_TEST_CASE(a_refuted_path_comes_before_a_doubt) {
  const Verification v = verified(Real(0.1));
  const std::string text = trust_in_words(ended("reached_end", 1), kBounds, &v);
  BOOST_TEST(text.starts_with("not confirmed at a tenth of the tolerance: path error 1.0e-01"), text);
}

BOOST_AUTO_TEST_CASE(a_doubt_comes_before_what_confirms_it) {
  const Verification v = verified(Real(1e-7));
  const std::string text = trust_in_words(ended("reached_end", 1), kBounds, &v);
  BOOST_TEST(text.starts_with("not certain: at 1 time so many kinks met"), text);
}

BOOST_AUTO_TEST_CASE(a_confirmed_path_has_its_figure_and_its_branchings) {
  const Verification v = verified(Real(1e-7));
  const std::string text = trust_in_words(ended("reached_end", 0, 1), kBounds, &v);
  BOOST_TEST(text.starts_with("confirmed at a tenth of the tolerance: the path is known to 1e-07"), text);
  BOOST_TEST(has(text, "it branches at 1 time"), text);
}

BOOST_AUTO_TEST_CASE(without_verification_the_checks_are_named) {
  const std::string text = trust_in_words(ended("reached_end", 0), kBounds, nullptr);
  BOOST_TEST(text.starts_with("no check has failed: balance within 1e-06"), text);
  BOOST_TEST(has(text, "--verify measures the error"), text);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow
