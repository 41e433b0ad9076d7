// What each method pays for a flow from saddle to saddle: `plateau-benchmark [seed [T [rtol...]]]` prints a
// table.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "plateau_problem.hpp"
#include "saddleflow/ode/stepper/stepper.hpp"

namespace {

using namespace saddleflow;

struct Outcome {
  Vector w;
  StepCounters steps;
  test::PlateauProblem::Counts counts;
  double seconds = 0;
  Real loss = 0;
};

enum class Story { told, untold };

Outcome run(const std::string& method, unsigned seed, Real end, Real rtol, Story story) {
  test::PlateauProblem problem(seed);
  StepperOptions options;
  options.error.rtol = rtol;
  const auto stepper = make_stepper(method, options);
  const auto began = std::chrono::steady_clock::now();
  stepper->initialize(problem.start(Real(1e-3)), 0, 1);
  const System system(problem);
  std::string last;
  while (stepper->current_time() < end) {
    if (stepper->current_time() + stepper->current_time_step() > end)
      stepper->set_time_step(end - stepper->current_time());
    stepper->do_step(system);
    if (story == Story::told && last != stepper->method()) {
      last = stepper->method();
      fmt::print("#   t = {:.1f}: {} after {} steps, loss {:.6g}\n", stepper->previous_time(), last,
                 stepper->counters().accepted, problem.loss(stepper->current_state()));
    }
  }
  Outcome outcome;
  outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  outcome.w = stepper->current_state();
  outcome.steps = stepper->counters();
  outcome.counts = problem.counts;
  outcome.loss = problem.loss(outcome.w);
  return outcome;
}

void print(const std::string& method, Real rtol, const Outcome& o, const Vector& reference) {
  fmt::print("{:<8} {:>7.0e} {:>8} {:>8} {:>9} {:>7} {:>8} {:>7} {:>8.3f} {:>12.5e} {:>9.1e}\n", method,
             static_cast<double>(rtol), o.steps.accepted,
             o.steps.rejected_error + o.steps.rejected_nonfinite + o.steps.rejected_indefinite,
             o.counts.gradients, o.counts.products, o.counts.hessians, o.steps.switches, o.seconds,
             static_cast<double>(o.loss), static_cast<double>((o.w - reference).norm() / reference.norm()));
}

}  // namespace

int main(int argc, char** argv) {
  const unsigned seed = argc > 1 ? static_cast<unsigned>(std::atoi(argv[1])) : 1;
  const Real end = argc > 2 ? static_cast<Real>(std::atof(argv[2])) : Real(3e4);
  std::vector<Real> tolerances;
  for (int i = 3; i < argc; ++i) tolerances.push_back(static_cast<Real>(std::atof(argv[i])));
  if (tolerances.empty()) tolerances = {Real(1e-6), Real(1e-8), Real(1e-10)};
  const Vector reference = run("rodas5p", seed, end, tolerances.back() / 10, Story::untold).w;
  fmt::print("# seed {}, T = {}; error of w(T) against rodas5p at a tenth of the last rtol\n", seed, end);
  fmt::print("{:<8} {:>7} {:>8} {:>8} {:>9} {:>7} {:>8} {:>7} {:>8} {:>12} {:>9}\n", "method", "rtol",
             "accepted", "rejected", "gradients", "Hv", "Hessians", "switch", "seconds", "loss", "error");
  for (const Real rtol : tolerances)
    for (const char* method : {"dopri5", "dop853", "rkc2", "rodas5p", "auto"}) {
      if (std::string(method) == "rkc2" && rtol < Real(1e-7)) continue;  // order 2: millions of steps
      print(method, rtol,
            run(method, seed, end, rtol, std::string(method) == "auto" ? Story::told : Story::untold),
            reference);
    }
}
