// Interrupts at many points of a short run, also between two charts: what is resumed equals the whole run,
// the counts of the work included.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <vector>

#include "archive/temporary_folder.hpp"
#include "saddleflow/job/flow_run.hpp"
#include "saddleflow/problem/loss_registry.hpp"

BOOST_AUTO_TEST_SUITE(resume_test)

using namespace saddleflow;

namespace {

std::atomic<bool> interrupted = false;
std::int64_t calls_left = 0;

/// The square loss, which asks for an interrupt in the call of its derivative that `calls_left` counts down
/// to. Runs call it once or more in every step.
class InterruptingLoss final : public LossFunction {
 public:
  std::string name() const override { return "interrupting_square"; }
  LossTraits traits() const override {
    LossTraits traits;
    traits.quadratic = traits.convex = traits.bounded_below = traits.attained = traits.separable = true;
    return traits;
  }
  Real value(const Matrix& outputs, const Matrix& targets) const override {
    return (outputs - targets).squaredNorm() / 2;
  }
  void derivative(const Matrix& outputs, const Matrix& targets, Matrix& r) const override {
    if (--calls_left == 0) interrupted = true;
    r = outputs - targets;
  }
  void curvature(const Matrix& outputs, const Matrix& /*targets*/, OutputCurvature& c) const override {
    c.diagonal = Matrix::Ones(outputs.rows(), outputs.cols());
    c.off_diagonal.resize(0, 0);
  }
};

struct Registration {
  Registration() {
    register_loss({"interrupting_square", [] { return std::make_shared<InterruptingLoss>(); }, "for tests"});
  }
};
const Registration kRegistration;

/// Polar chart, escape, what comes after it.
std::string study_text(const std::string& flow) {
  return "network.layers = [3, 4, 1]\ndata.samples = 12\ndata.teacher.hidden = [2]\n"
         "loss.kind = \"interrupting_square\"\ninit.scale = 1e-4\nflow.t_end = 3.0\n"
         "flow.t_end_from = \"escape\"\noutput.checkpoint_seconds = 3600.0\n" +
         flow;
}

const std::vector<std::string> kCounts = {"gradients",      "hessian_vectors", "hessians",
                                          "values",         "steps_accepted",  "steps_rejected_error",
                                          "factorizations", "root_evaluations"};

/// The numbers of the run, without the time it took.
std::vector<std::string> counts(const archive::RunSummary& summary) {
  std::vector<std::string> found;
  for (const auto& [name, value] : summary.numbers)
    if (std::ranges::find(kCounts, name) != kCounts.end()) found.push_back(fmt::format("{} {}", name, value));
  return found;
}

archive::RunSummary run(const std::string& flow, const std::string& file, std::int64_t calls, bool resume) {
  interrupted = false;
  calls_left = calls;
  FlowRunOptions options;
  options.output = file;
  options.overwrite = !resume;
  options.resume = resume;
  options.interrupt = &interrupted;
  return run_flow(StudyTable::parse(study_text(flow), "resume"), options);
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_interrupt_anywhere_changes_no_count) {
  const archive::TemporaryFolder folder;
  for (const std::string flow :
       {"flow.rtol = 1e-5\n",
        "flow.rtol = 1e-5\nnetwork.slope = 1.0\nnetwork.power = 1\nflow.rate = [0.5, 2.0]\n"}) {
    const std::string whole = folder.file("whole.h5");
    const std::string file = folder.file("part.h5");
    constexpr std::int64_t kMany = 1'000'000'000;
    const std::vector<std::string> expected = counts(run(flow, whole, kMany, false));
    const std::int64_t calls = kMany - calls_left;
    int stops = 0;
    std::int64_t wrong = 0;
    for (std::int64_t k = 1; k <= calls; k += 23) {
      if (run(flow, file, k, false).stop_reason != "interrupted") continue;
      ++stops;
      const std::vector<std::string> found = counts(run(flow, file, kMany, true));
      if (found != expected) BOOST_TEST_MESSAGE("interrupted at call " << k);
      BOOST_TEST(found == expected, boost::test_tools::per_element());
      if (found != expected && ++wrong > 3) break;
    }
    BOOST_TEST_MESSAGE(flow << stops << " interrupts in " << calls << " evaluations");
    BOOST_TEST(stops > 20);
  }
}

BOOST_AUTO_TEST_SUITE_END()
