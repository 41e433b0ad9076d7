// The library's stiff method under Odeint: Robertson's kinetics to t = 1e11 with rtol = 1e-8. The reference
// is that of the test set of Bari (Mazzia & Magherini 2008). Then the same with a coarse absolute tolerance,
// which is kept.
#include <boost/numeric/odeint/integrate/integrate_adaptive.hpp>
#include <cmath>
#include <cstdio>
#include <functional>
#include <saddleflow/ode/stepper/odeint_adaptors.hpp>

using namespace saddleflow;
namespace odeint = boost::numeric::odeint;

namespace {

struct Robertson {
  void operator()(const Vector& y, Vector& f, Real /*t*/) {
    const Real a = 0.04 * y[0], b = 1e4 * y[1] * y[2], c = 3e7 * y[1] * y[1];
    f << b - a, a - b - c, c;
  }
  void jacobian(const Vector& y, Matrix& j, Real /*t*/) {
    j << -0.04, 1e4 * y[2], 1e4 * y[1],               //
        0.04, -1e4 * y[2] - 6e7 * y[1], -1e4 * y[1],  //
        0, 6e7 * y[1], 0;
  }
};

struct Result {
  std::size_t steps;
  double error;  ///< of y_1, relative
};

Result run(double atol, double rtol) {
  Robertson system;
  Vector y{{1, 0, 0}};
  auto stepper = odeint::make_dense_output(atol, rtol, odeint_method::Rodas5P());
  const std::size_t steps = odeint::integrate_adaptive(stepper, std::ref(system), y, 0.0, 1e11, 1e-4);
  const double exact = 0.2083340149701255e-7, error = std::abs(y[0] - exact);
  std::printf("atol %.0e, rtol %.0e: y_1(1e11) = %.12e, relative error %.1e, %zu steps\n", atol, rtol, y[0],
              error / exact, steps);
  return {steps, error / exact};
}

}  // namespace

int main() {
  const Result relative = run(0, 1e-8), absolute = run(1e-10, 1e-8);
  // With 1e-10 of 2e-8 no more than a per cent is asked for, and fewer steps are made.
  return relative.error < 1e-6 && absolute.error < 1e-2 && absolute.steps < relative.steps ? 0 : 1;
}
