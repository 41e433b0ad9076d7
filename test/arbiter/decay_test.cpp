// Networks with kinks and weight decay, or with rates of their layers, against gradient descent with a tiny
// step, on data most of which makes kinks coincide.
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "arbiter/gradient_descent.hpp"
#include "arbiter/library_flow.hpp"
#include "arbiter/random_kinks.hpp"
#include "arbiter/study_file.hpp"
#include "archive/temporary_folder.hpp"
#include "saddleflow/study/flow_setup.hpp"

using namespace saddleflow;
using namespace saddleflow::test;

namespace {

constexpr int kProblems = 30;
constexpr double kWanted = 1e-4;  // error of the arbiter: no descent of more than a second

/// Ends of flows beside those of descents.
struct DescentTally {
  void compare(const RandomKinks& kinks, const std::vector<double>& weights, const Arbiter& arbiter) {
    const double distance = relative_distance(weights, arbiter.weights());
    BOOST_TEST(
        distance <= 3 * std::max(arbiter.error(), kWanted),
        kinks.description() << ": " << distance << " off, the arbiter's own error is " << arbiter.error());
    worst = std::max(worst, distance);
    ++compared;
  }
  void close(const char* what, std::uint64_t seed) const {
    BOOST_TEST_MESSAGE(
        fmt::format("{} of {} problems of seed {} with {}: at most {:.1e} from gradient descent", compared,
                    tried, seed, what, worst));
    BOOST_TEST(tried >= kProblems / 4);
    BOOST_TEST(compared >= tried / 2);
  }
  double worst = 0;
  int tried = 0, compared = 0;
};

/// Whether a flow has branched on the way.
class Branchings final : public Observer {
 public:
  explicit Branchings(const FlowAssembly& parts) : parts_(parts) {}
  void on_step(const StepView& step) override {
    for (const KinkChange& change : parts_.kink_changes(step))
      any = any || change.kind == ModeChangeKind::branch;
  }
  bool any = false;

 private:
  const FlowAssembly& parts_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(decay_test)

BOOST_AUTO_TEST_CASE(kinks_with_decay_agree_with_gradient_descent) {
  constexpr std::uint64_t seed = 11;
  DescentTally tally;
  for (int number = 0; number < kProblems; ++number) {
    RandomKinks kinks = random_kinks(seed, number);
    ++tally.tried;
    kinks.plain.decay = 0.05 * (1 + number % 4);
    const LibraryFlow flow = library_flow(kinks.plain, {});
    if (flow.stop_reason == "collapsed") continue;  // all that is left to come is the decay
    BOOST_TEST(flow.finished(), kinks.description() << ": " << flow.stop_reason << " " << flow.message);
    if (!flow.finished() || flow.branched_at) continue;  // after a branching descent may go another way
    const Arbiter arbiter(kinks.plain, {.wanted = kWanted, .most_work = 2e8});
    tally.compare(kinks, flow.weights, arbiter);
  }
  tally.close("decay", seed);
}

namespace {

/// Through studies, which know rates: as users state them. `add` gives them to a problem, by its number;
/// false: not to this one.
template <class Add>
void compare_rates(const char* what, std::uint64_t seed, const Add& add) {
  const archive::TemporaryFolder own;
  const std::filesystem::path folder = own.file("rates");
  DescentTally tally;
  for (int number = 0; number < kProblems; ++number) {
    RandomKinks kinks = random_kinks(seed, number);
    if (!add(static_cast<std::size_t>(number), kinks.plain)) continue;
    ++tally.tried;
    if (number % 2 == 1) kinks.plain.decay = 0.1;
    const Arbiter arbiter(kinks.plain, {.wanted = kWanted, .most_work = 2e8});
    write_study(folder, "rates", kinks.plain, 1e-8, arbiter, kWanted);
    FlowSetup setup(StudyTable::read((folder / "study.toml").string(), {}));
    Branchings branchings(setup.parts);
    const Outcome outcome = setup.parts.run(branchings, setup.integration_options());
    if (outcome.stop_reason == Stop::collapsed) continue;
    BOOST_TEST((outcome.stop_reason == Stop::reached_end), kinks.description() << ": " << outcome.message);
    if (branchings.any) continue;  // after a branching descent may go another way
    const Vector w = setup.parts.recorded_weights(outcome.state);
    tally.compare(kinks, {w.begin(), w.end()}, arbiter);
  }
  tally.close(what, seed);
}

double some_rate(std::size_t number) { return 0.3 + 0.8 * static_cast<double>(number % 3); }

}  // namespace

BOOST_AUTO_TEST_CASE(kinks_with_rates_agree_with_gradient_descent) {
  compare_rates("rates", 12, [](std::size_t number, PlainProblem& p) {
    for (std::size_t l = 1; l < p.widths.size(); ++l) p.rates.push_back(some_rate(l + number));
    return true;
  });
}

BOOST_AUTO_TEST_CASE(kinks_with_rates_of_neurons_agree_with_gradient_descent) {
  compare_rates("rates of neurons", 13, [](std::size_t number, PlainProblem& p) {
    if (p.widths.size() != 3) return false;
    for (int k = 0; k < p.widths[1]; ++k)
      p.neuron_rates.push_back(some_rate(static_cast<std::size_t>(k) + number));
    if (number % 4 == 2) p.rates = {0.5, 2};
    return true;
  });
}

BOOST_AUTO_TEST_SUITE_END()
