#include "reference/long_double_flow.hpp"

#include <algorithm>
#include <boost/numeric/odeint/stepper/controlled_runge_kutta.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_fehlberg78.hpp>

namespace saddleflow::reference {

namespace odeint = boost::numeric::odeint;

LongState integrate_long_double(const LongRhs& rhs, LongState x, long double t0, long double t1,
                                long double max_step) {
  using Method = odeint::runge_kutta_fehlberg78<LongState, long double>;
  using Checker =
      odeint::default_error_checker<long double, odeint::range_algebra, odeint::default_operations>;
  odeint::controlled_runge_kutta<Method, Checker> stepper(Checker(1e-40L, 1e-17L));
  const auto system = [&rhs](const LongState& state, LongState& rate, long double) { rhs(state, rate); };
  long double t = t0;
  long double step = max_step / 64;
  while (t < t1) {
    step = std::min({step, max_step, t1 - t});
    const bool last = step == t1 - t;
    if (stepper.try_step(system, x, t, step) == odeint::success && last) break;
  }
  return x;
}

}  // namespace saddleflow::reference
