// With the defect of version 0.1 put back, which took the box of independent slopes for Clarke's
// subdifferential, a run on kinks that coincide is right or stops: it does not end elsewhere in silence.
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <memory>
#include <string>

#include "arbiter/library_flow.hpp"
#include "arbiter/random_kinks.hpp"
#include "saddleflow/flow/gauges.hpp"
#include "saddleflow/flow/gradient_flow.hpp"
#include "saddleflow/flow/integration.hpp"
#include "saddleflow/flow/piecewise_flow.hpp"
#include "saddleflow/ode/stepper/stepper.hpp"
#include "saddleflow/ode/switching/piecewise_stepper.hpp"

using namespace saddleflow;

namespace {

/// Decides switch by switch, as if the slope of each were free.
class IndependentSlopes final : public SwitchedSystem {
 public:
  explicit IndependentSlopes(PiecewiseFlow& flow) : flow_(flow) {}

  Index switch_count() const override { return flow_.switch_count(); }
  Real low() const override { return flow_.low(); }
  int degree() const override { return flow_.degree(); }
  void set_mode(const Mode& mode) override { flow_.set_mode(mode); }
  const Mode& mode() const override { return flow_.mode(); }
  System field() override { return flow_.field(); }
  void values(const Vector& x, Vector& z) override { flow_.values(x, z); }
  void rates(const Vector& x, const std::vector<Index>& which, Vector& rate, Vector& unit) override {
    flow_.rates(x, which, rate, unit);
  }
  void slopes(const Vector& x, Vector& s) override { flow_.slopes(x, s); }
  Real project(Vector& x, const std::vector<Index>& which) override { return flow_.project(x, which); }
  Real drift(const Vector& x) override { return flow_.drift(x); }
  Real margin(const Vector& x) override { return flow_.margin(x); }
  std::vector<Index> leaving(const Vector& x, Real margin) override { return flow_.leaving(x, margin); }
  void complete(const Vector& x, std::vector<Index>& hit) override { flow_.complete(x, hit); }
  void paths(const std::vector<Vector>& nodes, std::vector<SwitchPath>& out) override {
    flow_.paths(nodes, out);
  }
  // decide() is left out.
  std::string contradiction(const Vector& x, const std::vector<Index>& touching) override {
    return flow_.contradiction(x, touching);
  }

 private:
  PiecewiseFlow& flow_;
};

struct Faulty {
  Vector end;
  std::string stopped;  ///< empty: it reached its end
};

Faulty follow(const test::PlainProblem& p, Real rtol) {
  const std::unique_ptr<Objective> objective = test::objective_of(p);
  GradientFlow flow(*objective);
  PiecewiseFlow kinks(flow);
  IndependentSlopes system(kinks);
  StepperOptions stepping;
  stepping.error.rtol = rtol;
  stepping.error.quadratures = 1;
  PiecewiseStepper stepper(system, make_stepper("dopri5", stepping), {});
  Faulty result;
  Vector x = GradientFlow::initial_state(test::start_of(p));
  const auto end = static_cast<Real>(p.t_end);
  try {
    stepper.initialize(x, 0, first_step(System(flow), x, rtol));
    for (int step = 0; step < 20'000 && stepper.current_time() < end; ++step) stepper.do_step(system.field());
    if (stepper.current_time() < end) result.stopped = "steps";
    stepper.calc_state(std::min(end, stepper.current_time()), x);
  } catch (const StepFailure& failure) {
    result.stopped = name_of(failure.reason());
  }
  result.end = flow.weights(x);
  // What a run checks as well.
  const Real before = objective->value(test::start_of(p)), after = objective->value(result.end);
  const Real drift = std::abs(before - after - x[x.size() - 1]) / before;
  if (result.stopped.empty() && drift > gauge_bounds(rtol).energy)
    result.stopped = name_of(Stop::energy_drift);
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fault_test)

BOOST_AUTO_TEST_CASE(independent_slopes_are_right_or_stop) {
  constexpr std::uint64_t seed = 1;
  constexpr int count = 120;
  constexpr double allowed = 1e-3;
  int equal = 0, stopped = 0, differ = 0, branched = 0;
  for (int number = 0; number < count; ++number) {
    const test::PlainProblem p = test::random_kinks(seed, number).plain;
    if (p.slope == 1) continue;  // no kinks
    const test::LibraryFlow right = test::library_flow(p, {});
    if (right.branched_at || right.stop_reason != "reached_end") {
      ++branched;
      continue;
    }
    const Faulty faulty = follow(p, Real(1e-8));
    if (!faulty.stopped.empty()) {
      ++stopped;
      continue;
    }
    double square = 0, size = 0;
    for (std::size_t i = 0; i < right.weights.size(); ++i) {
      square += std::pow(right.weights[i] - static_cast<double>(faulty.end[static_cast<Index>(i)]), 2);
      size += std::pow(right.weights[i], 2);
    }
    const bool same = std::sqrt(square / size) <= allowed;
    ++(same ? equal : differ);
    if (!same) fmt::print("seed {} number {}: off by {:.1e}\n", seed, number, std::sqrt(square / size));
  }
  fmt::print(
      "independent slopes on {} problems of seed {}: {} as they should, {} stop, {} differ ({} not "
      "compared)\n",
      count, seed, equal, stopped, differ, branched);
  BOOST_TEST(differ == 0);
  BOOST_TEST(stopped > 0);
}

BOOST_AUTO_TEST_SUITE_END()
