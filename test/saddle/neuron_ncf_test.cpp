// The correlation function of zero neurons: against the loss itself, its closed form, and the flow that
// leaves the saddle.
#include "saddleflow/saddle/neuron_ncf.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numbers>

#include "saddleflow/base/random.hpp"
#include "saddleflow/flow/flow_assembly.hpp"
#include "saddleflow/flow/flow_stepping.hpp"
#include "saddleflow/saddle/inactive_neurons.hpp"
#include "saddleflow/saddle/refine.hpp"

BOOST_AUTO_TEST_SUITE(neuron_ncf_test)

using namespace saddleflow;

namespace {

/// A network with some neurons at zero, and random kept weights.
struct Planted {
  Planted(const std::vector<Index>& sizes, Activation activation, Loss loss, std::uint64_t seed,
          std::vector<Index> zeros)
      : network(feed_forward(sizes, activation)),
        objective(network, data(sizes, loss, seed), loss),
        zero(std::move(zeros)) {
    Random random(seed);
    w = put_to_zero(*network, Vector(Real(0.7) * random.normal_matrix(network->parameter_count(), 1)), zero);
  }
  static Dataset data(const std::vector<Index>& sizes, Loss loss, std::uint64_t seed) {
    Random random(seed, RandomStream::inputs);
    Dataset set{random.normal_matrix(sizes.front(), 9), random.normal_matrix(sizes.back(), 9), "random"};
    if (loss.traits().classification)
      set.targets = set.targets.unaryExpr([](Real y) { return y > 0 ? Real(1) : Real(-1); });
    return set;
  }
  std::shared_ptr<const Network> network;
  Objective objective;
  std::vector<Index> zero;
  Vector w;
};

Real value_of(const NeuronNcf& ncf, const Vector& ab) {
  Correlation correlation(*ncf.neuron);
  return correlation.value(ab);
}

/// max over |a| = 1 of |sum_i ybar_i g_i sigma(a.phi_i)| by projected ascent from many starts.
Real best_vector_norm(const Matrix& inputs, const Matrix& residual, Activation activation, Random& random) {
  const auto vector = [&](const Vector& a) {
    const Matrix z = a.transpose() * inputs;
    Matrix s;
    activation.value(z, s);
    return Vector(residual * s.transpose());
  };
  Real best = 0;
  for (int start = 0; start < 100; ++start) {
    Vector a = random.unit_vector(inputs.rows());
    Real value = vector(a).squaredNorm(), step = Real(0.5);
    for (int k = 0; k < 3000 && step > Real(1e-14); ++k) {
      const Matrix z = a.transpose() * inputs;
      Matrix slope;
      activation.derivative(z, slope);
      const Vector weights = (vector(a).transpose() * residual).cwiseProduct(slope).transpose();
      const Vector g = inputs * weights;
      const Vector trial = (a + step * g / g.norm()).normalized();
      const Real next = vector(trial).squaredNorm();
      if (next > value) {
        a = trial;
        value = next;
        step *= Real(1.5);
      } else {
        step /= 2;
      }
    }
    best = std::max(best, std::sqrt(value));
  }
  return best;
}

const std::vector<LossPointer> losses{square_loss(), logistic_loss()};

}  // namespace

// L(w + eps z) - L(w) = -eps^{p+1} N(a, b) + O(eps^{p+2}), any layer, mean reduction included.
BOOST_DATA_TEST_CASE(expansion_of_the_loss,
                     boost::unit_test::data::make({1, 2, 3}) * boost::unit_test::data::make({0, 1}) *
                         boost::unit_test::data::make({0, 1}) * boost::unit_test::data::make({1, 2}),
                     power, deep, loss_kind, seed) {
  const std::vector<Index> sizes = deep ? std::vector<Index>{3, 3, 3, 2} : std::vector<Index>{3, 4, 2};
  // One zero neuron in every hidden layer, two in the first.
  const std::vector<Index> zeros = deep ? std::vector<Index>{0, 2, 4} : std::vector<Index>{1, 3};
  const Activation activation(power == 1 ? Real(1) : Real(0.3), power);
  Planted p(sizes, activation, Loss(losses[static_cast<std::size_t>(loss_kind)], Reduction::mean),
            static_cast<std::uint64_t>(seed), zeros);
  KktSearchOptions search;
  search.starts = 1;
  search.descend = false;
  const std::vector<NeuronNcf> ncfs = neuron_ncfs(p.objective, p.w, p.zero, search);
  BOOST_TEST(ncfs.size() == (deep ? 2U : 1U));
  Random random(static_cast<std::uint64_t>(seed), RandomStream::noise);
  const Real loss = p.objective.value(p.w);
  for (const NeuronNcf& ncf : ncfs) {
    BOOST_TEST(ncf.degree() == power + 1);
    const Vector ab = random.unit_vector(ncf.neuron->size());
    const Real value = value_of(ncf, ab);
    const Vector z = ncf.embed(*p.network, ab, ncf.neurons.back());
    BOOST_TEST((ncf.weights_of(*p.network, z, ncf.neurons.back()) - ab).norm() == 0);
    std::vector<Real> errors;
    const Real small = power == 1 ? Real(0.01) : power == 2 ? Real(0.03) : Real(0.06);
    for (const Real eps : {2 * small, small})
      errors.push_back(
          std::abs((loss - p.objective.value(p.w + eps * z)) / std::pow(eps, power + 1) - value));
    const Real order = std::log2(errors[0] / errors[1]);
    fmt::print(
        "p = {}, {} layers, {}, layer {}, seed {}: N {:+.3e}, error {:.1e} at eps {:.2f}, order {:.2f}\n",
        power, deep ? 3 : 2, p.objective.loss().name(), ncf.layer, seed, static_cast<double>(value),
        static_cast<double>(errors[1]), static_cast<double>(small), static_cast<double>(order));
    BOOST_TEST(errors[1] < Real(0.05) * std::max(std::abs(value), Real(0.1)));
    BOOST_TEST((order > 0.9 || errors[1] < 1e-7));
  }
}

BOOST_DATA_TEST_CASE(shares_and_closed_form_of_the_best_neuron,
                     boost::unit_test::data::make({1, 2, 3}) * boost::unit_test::data::make({1, 2, 3}), power,
                     seed) {
  const Activation activation(power == 1 ? Real(1) : Real(0), power);
  Planted p({3, 3, 2, 2}, activation, Loss(), static_cast<std::uint64_t>(seed), {1, 4});
  const std::vector<NeuronNcf> ncfs = neuron_ncfs(p.objective, p.w, p.zero, {});
  Random random(static_cast<std::uint64_t>(seed), RandomStream::noise);
  for (const NeuronNcf& ncf : ncfs) {
    if (ncf.table.entries.empty() || !(ncf.table.entries[0].point.value > 1e-8)) continue;
    const KktPoint& best = ncf.table.entries[0].point;
    const Real in = best.direction.head(static_cast<Index>(ncf.fed_by.size())).squaredNorm();
    const Real real = static_cast<Real>(power);
    const Real closed =
        std::pow(real, real / 2) * std::pow(real + 1, -(real + 1) / 2) *
        best_vector_norm(ncf.neuron->data().inputs, ncf.neuron->data().targets, activation, random);
    const Real share_error = std::abs(in - real / (real + 1)),
               value_error = std::abs(best.value / closed - 1);
    fmt::print("p = {}, layer {}, seed {}: N {:.6e}, closed form off by {:.1e}, share by {:.1e}\n", power,
               ncf.layer, seed, static_cast<double>(best.value), static_cast<double>(value_error),
               static_cast<double>(share_error));
    BOOST_TEST(share_error < 1e-10);
    BOOST_TEST(value_error < 1e-8);
  }
}

// A flow from a saddle plus delta times a zero neuron in its best direction: the norm of that neuron reaches
// half of what it grows to at T_delta -> the time foretold.
BOOST_DATA_TEST_CASE(departures_against_the_flow, boost::unit_test::data::make({1, 2}), power) {
  // V4's data; at the saddle one neuron is fitted to nothing but the other sign's half: two inputs, two
  // outputs, each output its own input's power.
  Dataset data{Matrix(2, 8), Matrix(2, 8), "circle"};
  for (Index i = 0; i < 8; ++i) {
    const Real phase = 2 * std::numbers::pi_v<Real> * (static_cast<Real>(i) + Real(0.25)) / 8;
    data.inputs.col(i) << std::cos(phase), std::sin(phase);
  }
  const auto network = feed_forward({2, 2, 2}, Activation(power == 1 ? Real(1) : Real(-1), power));
  Vector teacher = Vector::Zero(network->parameter_count());
  network->layout().matrix(teacher, 0) << Real(1.2), 0, 0, 1;
  network->layout().matrix(teacher, 1) << Real(1.2), 0, 0, 1;
  data.targets = Matrix::Zero(2, 8);
  Objective target(network, data, Loss());
  data.targets = target.outputs(teacher);
  Objective objective(network, data, Loss());
  const Refinement saddle = refine_critical_point(objective, put_to_zero(*network, teacher, {1}), [] {
    RefineOptions options;
    options.trust = Real(0.9);
    return options;
  }());
  BOOST_REQUIRE(saddle.converged);
  const std::vector<NeuronNcf> ncfs = neuron_ncfs(objective, saddle.point, {1}, {});
  BOOST_REQUIRE(ncfs.size() == 1U);
  const KktPoint& best = ncfs[0].table.entries.at(0).point;
  BOOST_TEST(best.value > 0);
  Real last = 1;
  for (const Real delta : {Real(1e-1), Real(1e-2), Real(1e-3), Real(1e-4)}) {
    const Vector start = saddle.point + delta * ncfs[0].embed(*network, best.direction, 1);
    const std::vector<Departure> departures = predict_departures(*network, ncfs, start);
    BOOST_REQUIRE(departures.size() == 1U);
    const Real foretold = std::exp(departures[0].log_time);
    const Real formula = power == 1 ? std::log(1 / delta) / (2 * best.value)
                                    : std::pow(delta, -Real(power - 1)) /
                                          (static_cast<Real>((power + 1) * (power - 1)) * best.value);
    BOOST_TEST(std::abs(foretold / formula - 1) < 1e-6);
    BOOST_TEST(departures[0].alignment > 1 - 1e-9);
    // The time at which the neuron's norm passes one half.
    struct Watch : Observer {
      FlowAssembly* parts = nullptr;
      const Network* network = nullptr;
      Real passed = -1, before = 0, t_before = 0;
      void on_step(const StepView& step) override {
        const Real norm = neuron_norms(*network, parts->weights(step.x1))[1];
        if (passed < 0 && norm >= Real(0.5))
          passed = t_before + (step.t1 - t_before) * (Real(0.5) - before) / (norm - before);
        before = norm;
        t_before = step.t1;
      }
    } watch;
    FlowAssemblyOptions options;
    options.stepping = flow_stepping(*network, Real(1e-9), Correlation(objective).loss_at_origin());
    options.events = no_flow_events();
    FlowAssembly parts(objective, start, options);
    watch.parts = &parts;
    watch.network = network.get();
    IntegrationOptions integration;
    integration.t_end = 3 * foretold + 10;
    integration.max_steps = 200'000;
    parts.run(watch, integration);
    const Real ratio = watch.passed / foretold;
    fmt::print("p = {}, delta {:.0e}: foretold {:.4e}, |(a, b)| = 1/2 at {:.4e}, ratio {:.5f}\n", power,
               static_cast<double>(delta), static_cast<double>(foretold), static_cast<double>(watch.passed),
               static_cast<double>(ratio));
    BOOST_TEST(watch.passed > 0);
    BOOST_TEST(std::abs(ratio - 1) < last);
    last = std::abs(ratio - 1);
    // The way from 1/2 to 1, where the saddle's function no longer holds: a time that does not grow.
    BOOST_TEST((power > 1 || std::abs(watch.passed - foretold) < Real(0.2)));
  }
  BOOST_TEST(last < (power == 1 ? 0.1 : 1e-2));
}

BOOST_AUTO_TEST_SUITE_END()
