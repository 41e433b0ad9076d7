// Before the header that completes Odeint for Eigen states, see there.
#include <boost/numeric/odeint/stepper/runge_kutta_fehlberg78.hpp>

#include <algorithm>
#include <stdexcept>

#include "benchmark/peer.hpp"
#include "saddleflow/ode/stepper/odeint_eigen.hpp"

namespace saddleflow::benchmark {
namespace {

namespace odeint = boost::numeric::odeint;
using Algebra = odeint::vector_space_algebra;
using Errors = odeint::default_error_checker<Real, Algebra, odeint::default_operations>;

template <class Stepper>
PeerRun follow(Stepper stepper, const PeerTask& task) {
  PeerRun run;
  const WorkCounters before = task.objective.counters();
  const Stopwatch watch;
  Vector w = task.w0;
  const auto rhs = [&](const Vector& x, Vector& dxdt, Real /*t*/) {
    task.objective.gradient(x, dxdt);
    dxdt = -dxdt;
  };
  Real dt = Real(1e-3);
  for (const Real end : task.times) {
    while (run.time < end && run.remark.empty()) {
      Real h = std::min(dt, end - run.time);
      const bool shortened = h < dt;
      const bool taken = stepper.try_step(rhs, w, run.time, h) == odeint::success;
      run.steps += taken ? 1 : 0;
      if (!taken || !shortened) dt = h;
      if (end - run.time < Real(1e-14) * end) run.time = end;
      if (watch.seconds() > task.budget) run.remark = "out of time";
    }
    run.path.push_back(w);
  }
  run.finished = run.remark.empty();
  run.seconds = watch.seconds();
  run.work = task.objective.counters() - before;
  return run;
}

template <class Pair>
PeerRun controlled(const PeerTask& task) {
  return follow(odeint::controlled_runge_kutta<Pair, Errors>(Errors(task.atol, task.rtol)), task);
}

}  // namespace

PeerRun run_odeint(const PeerTask& task, OdeintMethod method) {
  switch (method) {
    case OdeintMethod::dopri5:
      return controlled<odeint::runge_kutta_dopri5<Vector, Real, Vector, Real, Algebra>>(task);
    case OdeintMethod::fehlberg78:
      return controlled<odeint::runge_kutta_fehlberg78<Vector, Real, Vector, Real, Algebra>>(task);
  }
  throw std::logic_error("run_odeint: not a method of OdeintMethod");
}

}  // namespace saddleflow::benchmark
