// The scalar product (1/2)(ab - 1)^2 from 1e-3, with the installed library: ab at t = 8 against the closed
// form.
#include <cmath>
#include <cstdio>

#include <saddleflow/flow/gradient_flow.hpp>
#include <saddleflow/integrate/integration.hpp>

int main() {
  using namespace saddleflow;
  Dataset data;
  data.inputs = Matrix::Ones(1, 1);
  data.targets = Matrix::Ones(1, 1);
  Objective objective(feed_forward({1, 1, 1}, Activation(1, 1)), data, Loss());
  GradientFlow flow(objective);
  StepperOptions options;
  options.error.rtol = Real(1e-9);
  options.error.quadratures = 1;
  const auto stepper = make_stepper("auto", options);
  EventDetector no_events({});
  IntegrationOptions until;
  until.t_end = 8;
  Integration integration(System(flow), *stepper, no_events, until);
  integration.start(GradientFlow::initial_state(Vector::Constant(2, Real(1e-3))), Real(1e-3));
  Observer observer;
  const Outcome end = integration.run(observer);
  const double product = static_cast<double>(end.state[0] * end.state[1]);
  const double exact = 1 / (1 + (1e6 - 1) * std::exp(-16.0));
  std::printf("%s: ab = %.12f, exact %.12f\n", end.stop_reason.text().c_str(), product, exact);
  return std::abs(product - exact) < 1e-7 ? 0 : 1;
}
