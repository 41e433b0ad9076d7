// A loss of one's own, ln cosh(H - y): square near its minimum, linear far away. Registered, it has a name
// for studies as well.
#include <cmath>
#include <cstdio>
#include <saddleflow/saddleflow.hpp>

using namespace saddleflow;

namespace {

class LogCosh final : public LossFunction {
 public:
  std::string name() const override { return "log_cosh"; }
  LossTraits traits() const override {
    LossTraits traits;
    traits.convex = traits.bounded_below = traits.attained = traits.separable = true;
    return traits;
  }
  Real value(const Matrix& outputs, const Matrix& targets) const override {
    return (outputs - targets).unaryExpr([](Real d) { return std::log(std::cosh(d)); }).sum();
  }
  void derivative(const Matrix& outputs, const Matrix& targets, Matrix& r) const override {
    r = (outputs - targets).array().tanh();
  }
  void curvature(const Matrix& outputs, const Matrix& targets, OutputCurvature& c) const override {
    c.diagonal = 1 - (outputs - targets).array().tanh().square();
    c.off_diagonal.resize(0, 0);
  }
};

/// How far the Hessian is from differences of gradients along a direction: second order in the increment.
double derivative_error(Objective& objective, const Vector& w, const Vector& v) {
  const double h = 1e-5;
  Vector above, below, product;
  objective.gradient(w + h * v, above);
  objective.gradient(w - h * v, below);
  objective.hessian_vector(w, v, product);
  return ((above - below) / (2 * h) - product).norm() / product.norm();
}

}  // namespace

int main() {
  register_loss({"log_cosh", [] { return std::make_shared<LogCosh>(); }, "ln cosh(H - y)"});
  Random random(3);
  Dataset data;
  data.inputs = random.normal_matrix(2, 30);
  data.targets = data.inputs.row(0).cwiseProduct(data.inputs.row(1));
  Objective objective(feed_forward({2, 3, 1}, Activation(0, 2)), data,
                      make_loss("log_cosh", Reduction::mean));

  const double off =
      derivative_error(objective, random.unit_vector(objective.size()), random.unit_vector(objective.size()));
  FlowAssemblyOptions options;
  options.events.steady_terminal = true;
  FlowAssembly flow(objective, 0.1 * random.unit_vector(objective.size()), options);
  Observer nobody;
  IntegrationOptions until;
  until.t_end = 1e5;
  const Outcome end = flow.run(nobody, until);
  const CriticalPoint point = analyse_critical_point(objective, flow.weights(end.state));
  std::printf("Hessian off by %.1e; %s at t = %.4g, energy identity off by %.1e; a %s of loss %.2e\n", off,
              end.stop_reason.text().c_str(), end.time, flow.gauges.energy_drift,
              std::string(name_of(point.kind)).c_str(), point.refinement.loss);
  return off < 1e-8 && !end.failed() && flow.gauges.energy_drift < 1e-5 && point.is_critical() ? 0 : 1;
}
