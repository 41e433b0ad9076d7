// A network of one's own with kinks: H = sum_k a_k max(0, w_k . x), homogeneous of degree 2. Its kernel shows
// the pre-activations, so that kinks are followed: the steps are those of the library's own feed_forward().
// The same network that does not show them: the flow warns, and its gauges stop it where the path is no
// longer that of the flow.
#include <cstdio>
#include <saddleflow/saddleflow.hpp>

using namespace saddleflow;

namespace {

/// Passes over a batch of inputs. z, a and what comes back (back, delta) lie in hidden(), see
/// PreActivationKernel.
class ReluKernel final : public PreActivationKernel {
 public:
  ReluKernel(const Layout& layout, const Matrix& inputs)
      : PreActivationKernel(layout, Activation(0, 1), 1, inputs) {}

  const Matrix& forward(const Vector& w) override {
    begin_pass(w);
    hidden().z = weights(0) * input_of(0);
    activate();
    return outputs_ = weights(1) * hidden().a;
  }
  void backward(const Matrix& r, Vector& out) override {
    ensure_slopes();
    residual_ = r;
    hidden().back = weights(1).transpose() * r;
    hidden().delta = hidden().back.cwiseProduct(hidden().slope);
    out.resize(layout().size());
    layout().matrix(out, 0) = hidden().delta * input_of(0).transpose();
    layout().matrix(out, 1) = r * hidden().a.transpose();
  }
  const Matrix& tangent(const Vector& v) override {
    ensure_slopes();
    v_ = v;
    hidden().da = hidden().slope.cwiseProduct(layout().matrix(v_, 0) * input_of(0));
    return tangent_ = layout().matrix(v_, 1) * hidden().a + weights(1) * hidden().da;
  }
  void tangent_backward(const Matrix& dr, Vector& out) override {
    const Matrix back = layout().matrix(v_, 1).transpose() * residual_ + weights(1).transpose() * dr;
    out.resize(layout().size());
    layout().matrix(out, 0) = back.cwiseProduct(hidden().slope) * input_of(0).transpose();
    layout().matrix(out, 1) = dr * hidden().a.transpose() + residual_ * hidden().da.transpose();
  }

 private:
  Vector v_;
  Matrix outputs_, residual_, tangent_;
};

enum class Kinks { shown, hidden };

/// What it is: shape, degree, which weights belong to which neuron, kinks as pre-activations or none.
class ReluNetwork final : public Network {
 public:
  ReluNetwork(Index inputs, Index width, Kinks kinks)
      : layout_({{width, inputs}, {1, width}}), neurons_(layered_neurons(layout_)), kinks_(kinks) {}

  std::string kind() const override { return "own_relu"; }
  NetworkTraits traits() const override {
    NetworkTraits traits;
    traits.smoothness = Smoothness::kinked;
    traits.layered = traits.pre_activations = kinks_ == Kinks::shown;
    traits.separable = true;
    traits.symmetry = HiddenSymmetry::permutations;
    return traits;
  }
  Activation activation() const override { return {0, 1}; }
  Index input_count() const override { return layout_.layer(0).cols; }
  Index output_count() const override { return 1; }
  int degree() const override { return 2; }
  const Layout& layout() const override { return layout_; }
  const std::vector<Neuron>& neurons() const override { return neurons_; }
  std::vector<ConservedQuantity> conserved() const override {
    return balances_of(neurons_, 1, Balanced::each);
  }
  std::unique_ptr<Kernel> kernel(const Matrix& inputs) const override {
    return std::make_unique<ReluKernel>(layout_, inputs);
  }
  std::shared_ptr<const Network> with_hidden_widths(const std::vector<Index>& widths) const override {
    return std::make_shared<ReluNetwork>(input_count(), widths.at(0), kinks_);
  }

 private:
  Layout layout_;
  std::vector<Neuron> neurons_;
  Kinks kinks_;
};

struct Run {
  Vector weights;
  long steps = 0;
  std::string stop;
  std::size_t warnings = 0;
};

Run flow_of(std::shared_ptr<const Network> network, const Dataset& data, const Vector& start) {
  Objective objective(std::move(network), data, make_loss("square"));
  FlowAssembly flow(objective, start);  // a warning goes to standard error
  Observer nobody;
  IntegrationOptions until;
  until.t_end = 1e5;
  const Outcome end = flow.run(nobody, until);
  std::printf("%-13s %4ld steps, %s at t = %.3g, energy identity off by %.0e\n",
              objective.network().kind().c_str(), static_cast<long>(flow.steps.accepted),
              end.stop_reason.text().c_str(), end.time, flow.gauges.energy_drift);
  return {flow.weights(end.state), static_cast<long>(flow.steps.accepted), end.stop_reason.text(),
          flow.warnings.size()};
}

}  // namespace

int main() {
  const Index inputs = 3, width = 6;
  Random random(11);
  Dataset data;
  data.inputs = random.normal_matrix(inputs, 12);
  data.targets = random.normal_matrix(1, 12);
  const Vector start = 0.3 * random.unit_vector(width * (inputs + 1));
  const auto own = std::make_shared<ReluNetwork>(inputs, width, Kinks::shown);

  const Run built_in = flow_of(feed_forward({inputs, width, 1}, Activation(0, 1)), data, start);
  const Run shown = flow_of(own, data, start);
  const Run hidden = flow_of(std::make_shared<ReluNetwork>(inputs, width, Kinks::hidden), data, start);

  Objective objective(own, data, make_loss("square"));
  Correlation correlation(objective);
  const KktTable table = find_kkt_points(correlation, {});
  const CriticalPoint point = analyse_critical_point(objective, shown.weights);
  std::printf("%zu KKT points, the highest N = %.6f; where the flow went: %s, %zu kinks held\n",
              table.entries.size(), table.entries.front().point.value,
              std::string(name_of(point.kind)).c_str(), point.kinks ? point.kinks->kinks.size() : 0);

  const double apart = (shown.weights - built_in.weights).norm() / built_in.weights.norm();
  std::printf("own and built-in: %.0e apart\n", apart);
  const bool same = shown.steps == built_in.steps && apart < 1e-8 && shown.warnings == 0;
  const bool stopped =
      hidden.warnings == 1 && (hidden.stop == "energy_drift" || hidden.stop == "balance_drift");
  return same && stopped ? 0 : 1;
}
