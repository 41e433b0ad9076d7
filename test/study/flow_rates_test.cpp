// Layers with rates of their own: closed forms, invariants, what a run records of its weights.
#include "saddleflow/study/flow_rates.hpp"

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "saddleflow/base/error.hpp"
#include "saddleflow/study/build.hpp"
#include "saddleflow/study/flow_setup.hpp"

BOOST_AUTO_TEST_SUITE(flow_rates_test)

using namespace saddleflow;

namespace {

struct RatesEnd {
  Vector weights;
  Observables observed;
};

RatesEnd end_of(const std::string& text) {
  FlowSetup setup(StudyTable::parse(text, "rates"));
  Observer ignore;
  const Outcome outcome = setup.parts.run(ignore, setup.integration_options());
  BOOST_TEST((outcome.stop_reason == Stop::reached_end), outcome.stop_reason.text()
                                                             << " " << outcome.message);
  BOOST_TEST(setup.parts.gauges.balance_drift <= 100 * setup.rtol);
  RatesEnd end{setup.parts.recorded_weights(outcome.state), {}};
  setup.parts.probe.observe(outcome.state, end.observed);
  return end;
}

class Escape final : public Observer {
 public:
  explicit Escape(const FlowAssembly& parts) : parts_(parts) {}
  void on_event(const EventHit& hit, const Vector& /*x*/, const StateAt& /*dense*/) override {
    if (parts_.events.kinds[hit.event] == "escape_loss") time = static_cast<double>(hit.time);
  }
  double time = 0;

 private:
  const FlowAssembly& parts_;
};

/// W_l' = -eta_l grad_l L by the classical Runge-Kutta method, on the plain objective.
Vector runge_kutta(Objective& objective, Vector w, const Vector& rates, Real t_end, int steps) {
  const Real h = t_end / static_cast<Real>(steps);
  Vector g(w.size());
  const auto velocity = [&](const Vector& at) -> Vector {
    objective.gradient(at, g);
    return -rates.cwiseProduct(g);
  };
  for (int n = 0; n < steps; ++n) {
    const Vector k1 = velocity(w), k2 = velocity(w + h / 2 * k1), k3 = velocity(w + h / 2 * k2),
                 k4 = velocity(w + h * k3);
    w += h / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
  }
  return w;
}

}  // namespace

// a' = eta_1 b (s - a b), b' = eta_2 a (s - a b) with a^2 / eta_1 = b^2 / eta_2: p = a b solves p' = 2 c p (s
// - p), c = sqrt(eta_1 eta_2).
BOOST_AUTO_TEST_CASE(a_product_of_two_weights_is_logistic) {
  const double s = 1.5, first = 0.25, second = 4.5, rtol = 1e-9;
  const double c = std::sqrt(first * second), a0 = 1e-3 * std::sqrt(first), b0 = 1e-3 * std::sqrt(second);
  double worst = 0;
  for (const double t : {0.5, 3.0, 6.0, 20.0}) {
    const RatesEnd end = end_of(fmt::format(
        "network.layers = [1, 1, 1]\nnetwork.slope = 1.0\nnetwork.power = 1\ndata.inputs = \"given\"\n"
        "data.targets = \"given\"\ndata.given.inputs = [[1.0]]\ndata.given.targets = [[{}]]\ninit.kind = "
        "\"given\"\n"
        "init.keep_norm = true\ninit.weights = [{:.17g}, {:.17g}]\nflow.rate = [{}, {}]\nflow.rtol = "
        "{}\nflow.t_end = {:.1f}\n",
        s, a0, b0, first, second, rtol, t));
    const double p = s / (1 + (s / (a0 * b0) - 1) * std::exp(-2 * c * s * t));
    const double a = std::sqrt(p * std::sqrt(first / second)), b = p / a;
    worst = std::max({worst, std::abs(static_cast<double>(end.weights[0]) / a - 1),
                      std::abs(static_cast<double>(end.weights[1]) / b - 1)});
    BOOST_TEST(std::abs(static_cast<double>(end.observed.layer_norm[0]) / a - 1) < 1e-6);
    BOOST_TEST(std::abs(static_cast<double>(end.observed.weight_norm) / std::hypot(a, b) - 1) < 1e-6);
  }
  BOOST_TEST_MESSAGE(fmt::format("product of two with rates: at most {:.2g} rtol off", worst / rtol));
  BOOST_TEST(worst <= 100 * rtol);
}

BOOST_AUTO_TEST_CASE(deep_networks_agree_with_an_integration_of_their_own) {
  for (const std::string loss : {"square", "logistic"})
    for (const std::string decay : {"0.0", "[0.1, 0.0, 0.3]"}) {
      const std::string text = fmt::format(
          "network.layers = [3, 4, 3, 1]\nnetwork.power = 2\ndata.samples = 15\ndata.inputs = \"gaussian\"\n"
          "data.targets = \"{}\"\ndata.teacher.hidden = [2]\ndata.teacher.power = 2\nloss.kind = \"{}\"\n"
          "loss.reduction = \"mean\"\ninit.scale = 1.5\nflow.rate = [0.4, 1.0, 2.5]\nflow.decay = {}\n"
          "flow.rtol = 1e-9\nflow.t_end = 4.0\n",
          loss == "square" ? "teacher" : "signs", loss, decay);
      const RatesEnd end = end_of(text);
      const StudyTable study = StudyTable::parse(text, "rates");
      FlowSetup setup(study);
      Objective plain(setup.objective.shared_network(), setup.objective.data(), build_loss(study),
                      build_decay(study, setup.network()));
      const Vector rates = setup.rates.units().cwiseAbs2();
      const Vector w0 = setup.rates.weights(setup.w0);
      BOOST_TEST(std::abs(w0.norm() - Real(1.5)) < Real(1e-12));
      const Vector expected = runge_kutta(plain, w0, rates, 4, 40000);
      const Real distance = (end.weights - expected).norm() / expected.norm();
      BOOST_TEST_MESSAGE(
          fmt::format("{}, decay {}: {:.1e} from Runge-Kutta", loss, decay, static_cast<double>(distance)));
      BOOST_TEST(distance <= Real(1e-7));
      Vector g(w0.size());
      plain.gradient(end.weights, g);
      BOOST_TEST(std::abs(end.observed.gradient_norm / g.norm() - 1) < Real(1e-9));
      BOOST_TEST(std::abs(end.observed.loss / plain.value(end.weights) - 1) < Real(1e-9));
    }
}

// In the polar chart too: from a tiny start the escape is at ln(1/delta) / (c s).
BOOST_AUTO_TEST_CASE(tiny_starts) {
  const double c = std::sqrt(0.5 * 3.0), p0 = 1e-200, t = 153;
  const RatesEnd end = end_of(fmt::format(
      "network.layers = [1, 1, 1]\nnetwork.slope = 1.0\nnetwork.power = 1\ndata.inputs = \"given\"\n"
      "data.targets = \"given\"\ndata.given.inputs = [[1.0]]\ndata.given.targets = [[1.0]]\ninit.kind = "
      "\"given\"\n"
      "init.keep_norm = true\ninit.weights = [{:.17g}, {:.17g}]\nflow.rate = [0.5, 3.0]\nflow.rtol = "
      "1e-9\nflow.t_end = {:.1f}\n",
      1e-100 * std::pow(0.5 / 3.0, 0.25), 1e-100 * std::pow(3.0 / 0.5, 0.25), t));
  const double expected = 1 / (1 + (1 / p0 - 1) * std::exp(-2 * c * t));
  BOOST_TEST(std::abs(static_cast<double>(end.weights[0] * end.weights[1]) / expected - 1) < 1e-6);
}

// Four scalar layers, of which r start at delta and the others have the product C: a' = s C a^{r-1}.
BOOST_AUTO_TEST_CASE(escape_when_only_some_layers_are_small) {
  const double c = 0.9 * 1.1;
  const auto escape = [](const std::string& weights, double t_end) {
    FlowSetup setup(StudyTable::parse(
        fmt::format("network.layers = [1, 1, 1, 1, 1]\nnetwork.slope = 1.0\nnetwork.power = 1\ndata.inputs = "
                    "\"given\"\n"
                    "data.targets = \"given\"\ndata.given.inputs = [[1.0]]\ndata.given.targets = [[1.0]]\n"
                    "init.kind = \"given\"\ninit.keep_norm = true\ninit.weights = {}\nflow.rtol = "
                    "1e-10\nflow.t_end = {:.1f}\n",
                    weights, t_end),
        "small layers"));
    Escape found(setup.parts);
    setup.parts.run(found, setup.integration_options());
    return found.time;
  };
  const double two = escape("[1e-6, 1e-6, 0.9, 1.1]", 40) - escape("[1e-3, 1e-3, 0.9, 1.1]", 40);
  const double three = escape("[1e-5, 1e-5, 1e-5, 0.99]", 2e5) * c * 1e-5;
  BOOST_TEST_MESSAGE(fmt::format("two small layers: {:.8f}, expected {:.8f}; three: {:.6f}, expected 1", two,
                                 std::log(1e3) / c, three));
  BOOST_TEST(std::abs(two * c / std::log(1e3) - 1) < 1e-5);
  BOOST_TEST(std::abs(three - 1) < 1e-4);
}

// One hidden layer, all losses and several outputs, with rates of layers and neurons: w_i' = -eta_l zeta_k
// dL/dw_i.
BOOST_AUTO_TEST_CASE(rates_of_neurons_agree_with_an_integration_of_their_own) {
  struct Case {
    std::string loss, targets;
    int outputs;
  };
  for (const Case& c :
       {Case{"square", "teacher", 2}, Case{"logistic", "signs", 1}, Case{"softmax", "classes", 3}})
    for (const std::string more : {"flow.decay = 0.0\n", "flow.decay = 0.2\nflow.rate = [0.4, 2.5]\n"}) {
      const std::string text = fmt::format(
          "network.layers = [3, 4, {}]\nnetwork.power = 2\ndata.samples = 15\ndata.inputs = \"gaussian\"\n"
          "data.targets = \"{}\"\ndata.teacher.hidden = [2]\ndata.teacher.power = 2\nloss.kind = \"{}\"\n"
          "loss.reduction = \"mean\"\ninit.scale = 1.5\nflow.neuron_rate = [0.2, 1.0, 3.0, 1.7]\n{}"
          "flow.rtol = 1e-9\nflow.t_end = 4.0\n",
          c.outputs, c.targets, c.loss, more);
      const RatesEnd end = end_of(text);
      const StudyTable study = StudyTable::parse(text, "rates");
      FlowSetup setup(study);
      Objective plain(setup.weight_network, setup.objective.data(), build_loss(study),
                      build_decay(study, setup.network()));
      const Vector neurons{{Real(0.2), Real(1), Real(3), Real(1.7)}};
      const bool by_layer = more.find("rate = [") != std::string::npos;
      Vector rates(plain.size());
      setup.network().layout().matrix(rates, 0).colwise() = (by_layer ? Real(0.4) : Real(1)) * neurons;
      setup.network().layout().matrix(rates, 1).rowwise() =
          (by_layer ? Real(2.5) : Real(1)) * neurons.transpose();
      const Vector expected = runge_kutta(plain, setup.rates.weights(setup.w0), rates, 4, 40000);
      const Real distance = (end.weights - expected).norm() / expected.norm();
      BOOST_TEST_MESSAGE(fmt::format("{}, {}: {:.1e} from Runge-Kutta", c.loss, more.substr(0, 16),
                                     static_cast<double>(distance)));
      BOOST_TEST(distance <= Real(1e-7));
      Vector g(plain.size());
      plain.gradient(end.weights, g);
      BOOST_TEST(std::abs(end.observed.gradient_norm / g.norm() - 1) < Real(1e-8));
      BOOST_TEST(std::abs(end.observed.loss / plain.value(end.weights) - 1) < Real(1e-9));
    }
}

// ReLU neurons that see a sample of their own each: p_k = a_k b_k is logistic with the rate zeta_k,
// with kinks that are followed.
BOOST_AUTO_TEST_CASE(neurons_with_samples_of_their_own_are_logistic) {
  const double s = 1.5, rtol = 1e-9;
  const std::vector<double> rates{0.25, 1, 2};
  for (const double scale : {1e-3, 1e-12}) {
    const double t = std::log(1 / scale) / s;
    const RatesEnd end = end_of(fmt::format(
        "network.layers = [3, 3, 1]\nnetwork.slope = 0.0\nnetwork.power = 1\ndata.inputs = \"given\"\n"
        "data.targets = \"given\"\ndata.given.inputs = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]\n"
        "data.given.targets = [[{0}], [{0}], [{0}]]\nloss.reduction = \"sum\"\ninit.kind = "
        "\"given\"\ninit.keep_norm = true\n"
        "init.weights = [{1:e}, -{1:e}, -{1:e}, -{1:e}, {1:e}, -{1:e}, -{1:e}, -{1:e}, {1:e}, {1:e}, {1:e}, "
        "{1:e}]\n"
        "flow.neuron_rate = [0.25, 1.0, 2.0]\nflow.rtol = 1e-9\nflow.t_end = {2:.17g}\n",
        s, scale, t));
    double worst = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      const double p = s / (1 + (s / (scale * scale) - 1) * std::exp(-2 * rates[k] * s * t));
      const Index in = static_cast<Index>(4 * k), out = static_cast<Index>(9 + k);
      worst = std::max({worst, std::abs(static_cast<double>(end.weights[in]) / std::sqrt(p) - 1),
                        std::abs(static_cast<double>(end.weights[out]) / std::sqrt(p) - 1)});
    }
    BOOST_TEST_MESSAGE(fmt::format("neurons from {:g}: at most {:.2g} rtol off", scale, worst / rtol));
    BOOST_TEST(worst <= 100 * rtol);
  }
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_refused) {
  const auto setup = [](const std::string& more) {
    FlowSetup made(StudyTable::parse("network.layers = [3, 4, 1]\ndata.samples = 5\n" + more, "rates"));
  };
  BOOST_CHECK_THROW(setup("flow.rate = [1.0, 2.0, 3.0]\n"), InputError);
  BOOST_CHECK_THROW(setup("flow.rate = 0.0\n"), InputError);
  BOOST_CHECK_THROW(setup("flow.rate = \"fast\"\n"), InputError);
  BOOST_CHECK_NO_THROW(setup("flow.rate = 2.0\n"));
  BOOST_CHECK_NO_THROW(setup("flow.neuron_rate = [1.0, 2.0, 3.0, 4.0]\n"));
  BOOST_CHECK_THROW(setup("flow.neuron_rate = [1.0, 2.0]\n"), InputError);
  BOOST_CHECK_THROW(setup("flow.neuron_rate = [1.0, 2.0, 0.0, 1.0]\n"), InputError);
  BOOST_CHECK_THROW(FlowSetup(StudyTable::parse("network.layers = [3, 2, 2, 1]\ndata.samples = 5\n"
                                                "flow.neuron_rate = [1.0, 2.0, 1.0, 2.0]\n",
                                                "rates")),
                    InputError);
}

BOOST_AUTO_TEST_SUITE_END()
