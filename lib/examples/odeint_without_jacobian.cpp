// A system without a Jacobian under Rodas5P and the automatic switch: they take differences. Van der Pol's
// oscillator with mu = 1e6 as a plain lambda; the reference is that of the test set of Bari (Mazzia &
// Magherini 2008).
#include <boost/numeric/odeint/integrate/integrate_adaptive.hpp>
#include <cmath>
#include <cstdio>
#include <saddleflow/ode/stepper/odeint_adaptors.hpp>

using namespace saddleflow;
namespace odeint = boost::numeric::odeint;

namespace {

template <class Method>
bool run(Method method) {
  long calls = 0;
  const auto system = [&calls](const Vector& y, Vector& f, Real /*t*/) {
    ++calls;
    f.resize(2);
    f << y[1], 1e6 * ((1 - y[0] * y[0]) * y[1] - y[0]);
  };
  Vector y{{2, 0}};
  const std::size_t steps =
      odeint::integrate_adaptive(odeint::make_dense_output(1e-10, 1e-8, method), system, y, 0.0, 2.0, 1e-8);
  const double error = std::abs(y[0] / 0.1706167732170483e1 - 1);
  std::printf("%-8s y(2) = %.12f, relative error %.1e, %zu steps, %ld right-hand sides\n", Method::name, y[0],
              error, steps, calls);
  return error < 1e-6;
}

}  // namespace

int main() { return run(odeint_method::Rodas5P()) && run(odeint_method::Auto()) ? 0 : 1; }
