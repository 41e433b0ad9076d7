// Data and events of one's own, and a record of the path: y = s x with the network H = a b x from a = b =
// 1e-3, whose product p = a b is logistic, p(t) = s / (1 + (s / p(0) - 1) e^{-2 k s t}) with k = sum x^2.
#include <cmath>
#include <cstdio>
#include <saddleflow/saddleflow.hpp>
#include <vector>

using namespace saddleflow;

namespace {

/// The product and the loss at equal times, from the dense output of the steps.
class Path : public Observer {
 public:
  explicit Path(FlowAssembly& flow) : flow_(flow) {}
  void on_event(const EventHit& hit, const Vector&, const StateAt&) override {
    if (flow_.events.kinds[hit.event] == "half") half_time = hit.time;
    std::printf("%-12s t = %.12f +- %.0e\n", flow_.events.kinds[hit.event].c_str(), hit.time, hit.time_error);
  }
  void on_step(const StepView& step) override {
    for (; next_ <= step.t1; next_ += 0.25) {
      step.dense(next_, x_);
      const Vector w = flow_.weights(x_);
      times.push_back(next_);
      products.push_back(w[0] * w[1]);
    }
  }
  std::vector<double> times, products;
  double half_time = 0;

 private:
  FlowAssembly& flow_;
  Vector x_;
  double next_ = 0;
};

}  // namespace

int main() {
  const double s = 0.8, start = 1e-3;
  Dataset data;  // a column a sample
  data.inputs = Matrix{{1, -2, 0.5}};
  data.targets = s * data.inputs;
  data.origin = "three points on a line";
  Objective objective(feed_forward({1, 1, 1}, Activation()), data, make_loss("square"));

  Event half;
  half.name = "half";
  half.function = [s](const Vector& w) { return w[0] * w[1] - s / 2; };
  half.direction = Direction::rising;
  FlowAssemblyOptions options;
  options.rtol = 1e-10;
  options.events.own.push_back(half);
  FlowAssembly flow(objective, Vector::Constant(2, start), options);

  Path path(flow);
  IntegrationOptions until;
  until.t_end = 4;
  const Outcome end = flow.run(path, until);

  const double k = data.inputs.squaredNorm(), odds = s / (start * start) - 1;
  const double exact_half = std::log(odds) / (2 * k * s);
  double worst = 0;
  for (std::size_t i = 0; i < path.times.size(); ++i)
    worst = std::max(worst,
                     std::abs(path.products[i] * (1 + odds * std::exp(-2 * k * s * path.times[i])) / s - 1));
  std::printf(
      "%s at t = %g after %ld steps; %zu points of the path, off by %.1e; half of it at %.12f, off by %.1e\n",
      end.stop_reason.text().c_str(), end.time, static_cast<long>(flow.steps.accepted), path.times.size(),
      worst, path.half_time, std::abs(path.half_time - exact_half));
  return path.times.size() == 17 && worst < 1e-7 && std::abs(path.half_time - exact_half) < 1e-8 ? 0 : 1;
}
