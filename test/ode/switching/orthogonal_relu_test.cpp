// V8 (THEORY.md, section 6): a ReLU network on orthogonal inputs learns the positive targets and the negative
// ones one after the other, at times ln(1/lambda) / D_+ and / D_-, with a plateau between.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <map>
#include <vector>

#include "saddleflow/base/random.hpp"
#include "saddleflow/flow/flow_assembly.hpp"
#include "saddleflow/flow/flow_stepping.hpp"

using namespace saddleflow;

BOOST_AUTO_TEST_SUITE(orthogonal_relu_test)

namespace {

constexpr Index kInputs = 6, kNeurons = 12;
constexpr std::uint64_t kSeed = 8;
const std::vector<Real> kTargets{2, 1.5, 1, -1, -0.8, -0.5};

struct Sign {
  Real rate = 0;      ///< D_+ or D_-
  Real residual = 0;  ///< loss of its targets
};

Dataset orthogonal_data() {
  Dataset data;
  data.inputs = Random(kSeed).orthonormal_columns(kInputs, kInputs);
  data.targets.resize(1, kInputs);
  for (Index i = 0; i < kInputs; ++i) {
    data.inputs.col(i) *= 1 + Real(0.1) * static_cast<Real>(i);
    data.targets(0, i) = kTargets[static_cast<std::size_t>(i)];
  }
  return data;
}

Sign of_sign(const Dataset& data, Real sign) {
  Sign result;
  Real sum = 0;
  for (Index i = 0; i < kInputs; ++i) {
    const Real y = data.targets(0, i);
    if (sign * y <= 0) continue;
    sum += y * y * data.inputs.col(i).squaredNorm();
    result.residual += y * y / (2 * kInputs);
  }
  result.rate = std::sqrt(sum) / kInputs;
  return result;
}

/// Balanced: |a_j| = ||w_j|| = lambda; the first two neurons are active on every input, one of each sign.
Vector start(const Network& network, const Dataset& data, Real lambda) {
  Random random(kSeed + 1);
  Vector w(network.parameter_count());
  for (Index j = 0; j < kNeurons; ++j) {
    Vector row = random.unit_vector(kInputs);
    if (j < 2) row = (data.inputs * random.normal_matrix(kInputs, 1).cwiseAbs()).normalized();
    network.layout().matrix(w, 0).row(j) = lambda * row.transpose();
    network.layout().matrix(w, 1)(0, j) = (j % 2 == 0 ? lambda : -lambda);
  }
  return w;
}

struct Jumps {
  Real first = 0, second = 0;  ///< times at which half of what each jump gains is gained
  Real plateau = 0;            ///< loss half-way between
};

class Levels : public Observer {
 public:
  Levels(FlowAssembly& parts, Real high, Real low) : parts_(parts), high_(high), low_(low) {}
  void on_event(const EventHit& hit, const Vector&, const StateAt&) override {
    (times_.empty() ? jumps.first : jumps.second) = hit.time;
    times_.push_back(hit.time);
  }
  void on_step(const StepView& step) override { losses_[step.t1] = parts_.probe.loss(step.x1); }
  Jumps finish() {
    jumps.plateau = losses_.lower_bound((jumps.first + jumps.second) / 2)->second;
    return jumps;
  }
  Jumps jumps;

 private:
  FlowAssembly& parts_;
  Real high_, low_;
  std::vector<Real> times_;
  std::map<Real, Real> losses_;
};

Jumps run(Real lambda) {
  const auto network = feed_forward({kInputs, kNeurons, 1}, Activation(0, 1));
  const Dataset data = orthogonal_data();
  Objective objective(network, data, Loss(square_loss(), Reduction::mean));
  const Sign plus = of_sign(data, 1), minus = of_sign(data, -1);
  FlowAssemblyOptions options;
  options.stepping = flow_stepping(*network, Real(1e-10), plus.residual + minus.residual);
  options.events = no_flow_events();
  const Real high = minus.residual + plus.residual / 2, low = minus.residual / 2;
  for (const Real level : {high, low})
    options.events.levels.push_back({.quantity = "loss", .value = level, .direction = Direction::falling});
  FlowAssembly parts(objective, start(*network, data, lambda), options);
  BOOST_REQUIRE(parts.switching != nullptr);
  IntegrationOptions integration;
  integration.t_end = (std::log(1 / lambda) + 10) / minus.rate;
  Levels levels(parts, high, low);
  const Outcome outcome = parts.run(levels, integration);
  BOOST_TEST(outcome.stop_reason == "reached_end", outcome.message << ", t = " << outcome.time);
  return levels.finish();
}

}  // namespace

BOOST_AUTO_TEST_CASE(jumps_and_plateau) {
  const Dataset data = orthogonal_data();
  const Sign plus = of_sign(data, 1), minus = of_sign(data, -1);
  fmt::print("V8, seed {}: D+ = {:.6f}, D- = {:.6f}, plateau {:.6f}\n", kSeed, static_cast<double>(plus.rate),
             static_cast<double>(minus.rate), static_cast<double>(minus.residual));
  Real last_first = 0, last_second = 0, last_log = 0, slope_first = 0, slope_second = 0;
  Real scaled_error = 1, plateau_error = 1;
  for (const Real lambda : {Real(1e-3), Real(1e-6), Real(1e-9), Real(1e-12)}) {
    const Jumps jumps = run(lambda);
    const Real log = std::log(1 / lambda);
    slope_first = (jumps.first - last_first) / (log - last_log) * plus.rate;
    slope_second = (jumps.second - last_second) / (log - last_log) * minus.rate;
    fmt::print(
        "lambda {:.0e}: t+ D+/ln(1/lambda) = {:.6f}, t- D-/ln = {:.6f}, increments {:.9f} {:.9f}, plateau "
        "off by {:.1e}\n",
        static_cast<double>(lambda), static_cast<double>(jumps.first * plus.rate / log),
        static_cast<double>(jumps.second * minus.rate / log), static_cast<double>(slope_first),
        static_cast<double>(slope_second), static_cast<double>(jumps.plateau / minus.residual - 1));
    // Like 1/ln(1/lambda).
    const Real error = std::abs(jumps.first * plus.rate / log - 1);
    BOOST_TEST(error < scaled_error);
    scaled_error = error;
    plateau_error = std::abs(jumps.plateau / minus.residual - 1);
    last_first = jumps.first;
    last_second = jumps.second;
    last_log = log;
  }
  // Between 1e-9 and 1e-12: what neurons of the other kind take part in has faded, a power of lambda.
  BOOST_TEST(std::abs(slope_first - 1) < Real(2e-3));
  BOOST_TEST(std::abs(slope_second - 1) < Real(1e-5));
  BOOST_TEST(plateau_error < Real(1e-3));
}

BOOST_AUTO_TEST_SUITE_END()
