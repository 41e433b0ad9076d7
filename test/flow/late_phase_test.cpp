// The late phase on separable data, to t = 1e100 (THEORY.md, section 1, "Late phase"): against the closed
// form V6, against max-margin problems with a known solution, and what is said of it.
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "flow/path_error.hpp"
#include "reference/logistic_product.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/flow/flow_assembly.hpp"
#include "saddleflow/network/bilinear.hpp"
#include "saddleflow/problem/losses.hpp"

BOOST_AUTO_TEST_SUITE(late_phase_test)

using namespace saddleflow;
using namespace saddleflow::test;
namespace data = boost::unit_test::data;

namespace {

constexpr int kEndDecade = 100;
// More would be steps that something else than the flow asks for: it changes by itself in the time t.
constexpr Real kStepsADecade = 30;

struct LateRun {
  std::string stop_reason;
  std::vector<Real> times;
  std::vector<Observables> seen;
  std::vector<Vector> weights;
  std::vector<std::string> events;
  std::vector<Real> event_times;
  Gauges gauges;
  bool ended_at_t_end = false;

  /// Steps from a time on, for each factor ten in time.
  Real steps_a_decade(Real from) const {
    const auto count = std::count_if(times.begin(), times.end(), [from](Real t) { return t > from; });
    return static_cast<Real>(count) / std::log10(times.back() / from);
  }
  std::int64_t events_after(Real from) const {
    return std::count_if(event_times.begin(), event_times.end(), [from](Real t) { return t > from; });
  }
};

class LateObserver : public Observer {
 public:
  LateObserver(FlowAssembly& parts, LateRun& run) : parts_(parts), run_(run) {}
  void on_event(const EventHit& hit, const Vector& /*x*/, const StateAt& /*dense*/) override {
    run_.events.push_back(parts_.events.kinds[hit.event]);
    run_.event_times.push_back(hit.time);
  }
  void on_step(const StepView& step) override {
    parts_.probe.observe(step.x1, o_);
    run_.times.push_back(step.t1);
    run_.seen.push_back(o_);
    run_.weights.push_back(parts_.weights(step.x1));
  }

 private:
  FlowAssembly& parts_;
  LateRun& run_;
  Observables o_;
};

/// With the events of a study.
LateRun late_run(std::shared_ptr<const Network> network, const Dataset& samples, const Loss& loss,
                 const Vector& w0, Real rtol = kUsualTolerance) {
  Objective objective(std::move(network), samples, loss);
  FlowAssemblyOptions options;
  options.rtol = rtol;
  FlowAssembly parts(objective, w0, options);
  IntegrationOptions integration;
  integration.t_end = std::pow(Real(10), kEndDecade);
  integration.max_steps = 20'000;
  LateRun run;
  LateObserver observer(parts, run);
  const Outcome outcome = parts.run(observer, integration);
  run.stop_reason = outcome.stop_reason.text();
  run.ended_at_t_end = outcome.time == integration.t_end;
  run.gauges = parts.gauges;
  return run;
}

void check_end(const LateRun& run) {
  BOOST_TEST(run.stop_reason == "reached_end");
  BOOST_TEST(run.ended_at_t_end);
  BOOST_TEST(run.steps_a_decade(Real(1e6)) <= kStepsADecade);
  // Nothing there is a critical point, or looks like one.
  BOOST_TEST(run.events_after(Real(1e6)) == 0);
  for (std::size_t k = 0; k < run.times.size(); ++k)
    if (run.times[k] > Real(1e6)) BOOST_TEST_REQUIRE(run.seen[k].proximity > Real(0.1));
}

/// The exponent of `y` as a power of ||w||, by least squares over the accepted steps from `from` on, each
/// weighted by its part of ln ||w||.
template <class Y>
Real exponent(const LateRun& run, Real from, Y y) {
  Real weight = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
  for (std::size_t k = 1; k < run.times.size(); ++k) {
    if (run.times[k] < from) continue;
    const Real x = run.seen[k].log_weight_norm, part = x - run.seen[k - 1].log_weight_norm,
               v = std::log(y(k));
    weight += part;
    sx += part * x;
    sy += part * v;
    sxx += part * x * x;
    sxy += part * x * v;
  }
  return (weight * sxy - sx * sy) / (weight * sxx - sx * sx);
}

/// Two samples that count, (1, 2) and (1, -1), and two with room: the largest margin with ||beta|| = 1 is 1,
/// at beta = (1, 0) = (1, 2)/3 + 2 (1, -1)/3.
Dataset four_samples(bool classes) {
  Dataset d{Matrix(2, 4), Matrix(1, 4), "four samples"};
  d.inputs << 1, -1, 3, -2.5, 2, 1, 1, 2;
  d.targets << 1, -1, 1, -1;
  if (!classes) return d;
  const Matrix signs = d.targets;
  d.targets.resize(2, 4);
  d.targets.row(0) = signs.unaryExpr([](Real y) { return y > 0 ? Real(1) : Real(0); });
  d.targets.row(1) = Matrix::Ones(1, 4) - d.targets.row(0);
  return d;
}

double print(Real x) { return static_cast<double>(x); }

}  // namespace

/// V6 as far as a double's t goes: a = b = sqrt(q), t = (1/4) [ln(q/q0) + Ei(q) - Ei(q0)].
BOOST_DATA_TEST_CASE(one_pair_of_weights_against_its_closed_form, data::make({6, 8, 10, 12}), digits) {
  const Real rtol = std::pow(Real(10), Real(-digits)), a0 = Real(1) / 128;
  reference::ReferenceCase late;
  late.name = "V6 logistic, late";
  late.network = feed_forward({1, 1, 1}, Activation(1, 1));
  late.data = {Matrix::Ones(1, 1), Matrix::Ones(1, 1), "one sample"};
  late.loss = Loss(logistic_loss());
  late.w0 = Vector::Constant(2, a0);
  late.t_end = std::pow(Real(10), kEndDecade);
  late.exact = [solution = reference::LogisticProduct(a0 * a0)](Real t) {
    return Vector(Vector::Constant(2, std::sqrt(solution.product(t))));
  };
  late.observable = [](const Vector& w) { return w; };
  const PathError path = path_error(late, "auto", rtol);
  BOOST_TEST_MESSAGE(
      fmt::format("V6 to t = 1e100, rtol 1e-{:02}: error/rtol {:.2f} (at t = {:.1e}), {} steps", digits,
                  print(path.error / rtol), print(path.time), path.steps));
  BOOST_TEST(path.stop_reason == "reached_end");
  BOOST_TEST(path.end_error == Real(0));
  BOOST_TEST(path.error <= 100 * rtol);
}

/// Linear networks of m layers, one neuron each: margin ||beta|| times that of the direction, and at given
/// ||w|| the largest ||beta|| = (||w||^2/m)^{m/2}. The samples that count have multipliers 1 : 2 in the end,
/// so beta_2 -> ln(2)/3: the direction errs by that over beta_1.
BOOST_DATA_TEST_CASE(linear_networks_tend_to_the_largest_margin,
                     data::make({2, 3, 4}) * data::make({0, 1, 2}), layers, which) {
  const LossPointer losses[] = {logistic_loss(), exponential_loss(), softmax_loss()};
  const Loss loss(losses[which]);
  const bool classes = !loss.traits().separable;
  std::vector<Index> sizes(static_cast<std::size_t>(layers), 1);
  sizes.front() = 2;
  sizes.push_back(classes ? 2 : 1);
  const auto network = feed_forward(sizes, Activation(1, 1));
  // Balanced: all layers have one norm and, one after the other, fit.
  const Real size = Real(0.7), angle = Real(0.4), degree = static_cast<Real>(layers);
  Vector w0 = Vector::Constant(network->parameter_count(), size);
  w0[0] = size * std::cos(angle);
  w0[1] = size * std::sin(angle);
  if (classes) w0.tail(2) << size / std::sqrt(Real(2)), -size / std::sqrt(Real(2));
  const LateRun run = late_run(network, four_samples(classes), loss, w0);
  check_end(run);
  // The margin of two classes is that of (v, -v), twice v, and the norm counts v twice.
  const Real unit = classes ? std::sqrt(Real(2)) : Real(1);
  const Real best = unit * std::pow(degree, -degree / 2), found = run.seen.back().normalised_margin;
  const auto tangent = [&](std::size_t k) { return std::abs(run.weights[k][1] / run.weights[k][0]); };
  const std::size_t last = run.times.size() - 1;
  const Vector& w = run.weights[last];
  Real across = w[1];
  for (Index l = 2; l <= layers; ++l) across *= w[l];
  across *= classes ? 2 : 1;
  const Real from = Real(1e20);
  const Real direction = exponent(run, from, tangent);
  const Real residual = exponent(run, from, [&](std::size_t k) { return run.seen[k].margin_kkt_residual; });
  BOOST_TEST_MESSAGE(
      fmt::format("{} layers, {}: {:.1f} steps a decade; margin {:.6f} of {:.6f}; beta_2 {:.6f} (ln 2 / 3 = "
                  "{:.6f}); exponents: "
                  "direction {:.3f}, KKT residual {:.3f} (now {:.1e}); loss rise {:.0e}",
                  layers, loss.name(), print(run.steps_a_decade(Real(1e6))), print(found), print(best),
                  print(across), std::log(2.0) / 3, print(direction), print(residual),
                  print(run.seen.back().margin_kkt_residual), print(run.gauges.loss_rise)));
  BOOST_TEST(std::abs(found / best - 1) <= Real(0.02));
  BOOST_TEST(std::abs(across / (std::log(Real(2)) / 3) - 1) <= Real(0.05));
  BOOST_TEST(std::abs(direction + degree) <= Real(0.1) * degree);
  BOOST_TEST(std::abs(residual + degree) <= Real(0.1) * degree);
}

/// What balance conserves does not grow: an unbalanced start leaves an error of ||w||^-2 besides ||w||^-D.
BOOST_AUTO_TEST_CASE(an_unbalanced_start_turns_more_slowly) {
  const auto network = feed_forward({2, 1, 1, 1}, Activation(1, 1));
  const auto error = [](const Vector& w) {
    Vector best(4);
    best << 1, 0, 1, 1;
    return (w.normalized() - best.normalized()).norm();
  };
  const Real expected[] = {-3, -2};
  for (const bool balanced : {true, false}) {
    Vector w0(4);
    const Real size = Real(0.7), angle = Real(0.4);
    w0 << size * std::cos(angle), size * std::sin(angle), balanced ? size : 2, balanced ? size : Real(0.5);
    const LateRun run = late_run(network, four_samples(false), Loss(logistic_loss()), w0);
    check_end(run);
    const Real found = exponent(run, Real(1e20), [&](std::size_t k) { return error(run.weights[k]); });
    BOOST_TEST_MESSAGE(fmt::format("D = 3, {}: error of the direction ~ |w|^{:.3f} from t = 1e20 to 1e100",
                                   balanced ? "balanced" : "unbalanced", print(found)));
    BOOST_TEST(std::abs(found - expected[balanced ? 0 : 1]) <= Real(0.25));
  }
}

/// A deviation that leaves the least margins as they are dies out like ||w||^-c, c = 1 - h/(D gamma), h its
/// eigenvalue of Hess sum lambda m: the weights of a Leaky ReLU neuron across their own gradient have h = 0.
BOOST_AUTO_TEST_CASE(neurons_turn_into_the_direction_of_the_margin) {
  const Real slope = Real(0.1);
  const auto network = feed_forward({2, 2, 1}, Activation(slope, 1));
  Dataset axes{Matrix::Identity(2, 2), Matrix(1, 2), "axes"};
  axes.targets << 1, -1;
  // Neurons for e_1 and e_2, balanced; the best directions are (1, -slope) and (-slope, 1).
  const Real angle = std::atan(slope) + Real(0.4), a = std::cos(angle), b = std::sin(angle);
  Vector w0(6);
  w0 << a, -b, -b, a, 1, -1;
  const LateRun run = late_run(network, axes, Loss(logistic_loss()), w0);
  check_end(run);
  const auto off = [&](std::size_t k) {
    const Vector& w = run.weights[k];
    return std::abs(std::atan2(-w[2], w[0]) - std::atan(slope));
  };
  const Real found = exponent(run, Real(1e20), off), best = std::sqrt(1 + slope * slope) / 4;
  BOOST_TEST_MESSAGE(fmt::format(
      "Leaky ReLU: angle to the best direction ~ |w|^{:.3f}, {:.1e} at t = 1e100; margin "
      "{:.6f} of {:.6f}",
      print(found), print(off(run.times.size() - 1)), print(run.seen.back().normalised_margin), print(best)));
  BOOST_TEST(std::abs(found + 1) <= Real(0.1));
  BOOST_TEST(std::abs(run.seen.back().normalised_margin / best - 1) <= Real(0.02));
}

namespace {

struct Known {
  std::string name;
  std::shared_ptr<const Network> network;
  Dataset data;
  Real margin;  ///< the largest normalised one
};
std::ostream& operator<<(std::ostream& out, const Known& k) { return out << k.name; }

/// e_1 and e_2, in two classes: a neuron for each. v a^p = 1 at the least v^2 + a^2, a^2 = p v^2.
Known axes(int power) {
  const Real p = static_cast<Real>(power), v2 = std::pow(p, -p / (p + 1));
  Known k;
  k.name = fmt::format("ReLU^{} on two axes", power);
  k.network = feed_forward({2, 12, 1}, Activation(0, power));
  k.data = {Matrix::Identity(2, 2), Matrix(1, 2), "axes"};
  k.data.targets << 1, -1;
  k.margin = std::pow(2 * (1 + p) * v2, -(p + 1) / 2);
  return k;
}

/// H = sum_k v_k a_k^T M b_k with M = e_1 x^T: the factors of a linear map of degree 3.
Known factors() {
  Known k{"bilinear", bilinear(2, 2, 3, BilinearOuter::trained), four_samples(false),
          std::pow(Real(3), Real(-1.5))};
  const Matrix x = k.data.inputs;
  k.data.inputs.setZero(4, x.cols());
  k.data.inputs.row(0) = x.row(0);
  k.data.inputs.row(2) = x.row(1);
  return k;
}

}  // namespace

/// From generic starts.
BOOST_DATA_TEST_CASE(other_networks_tend_to_their_largest_margin,
                     data::make(std::vector<Known>{axes(2), axes(1), factors()}), known) {
  Random random(3, RandomStream::test);
  const Vector w0 = Real(0.1) * random.unit_vector(known.network->parameter_count());
  const LateRun run = late_run(known.network, known.data, Loss(exponential_loss()), w0);
  check_end(run);
  const Observables& end = run.seen.back();
  const auto at = [&](Real t) {
    const auto found = std::lower_bound(run.times.begin(), run.times.end(), t);
    return run.seen[static_cast<std::size_t>(found - run.times.begin())];
  };
  const Observables early = at(Real(1e10));
  BOOST_TEST_MESSAGE(
      fmt::format("{}: {:.1f} steps a decade; margin {:.6f} at 1e10, {:.6f} at 1e100, largest {:.6f}; KKT "
                  "residual {:.1e}, {:.1e}",
                  known.name, print(run.steps_a_decade(Real(1e6))), print(early.normalised_margin),
                  print(end.normalised_margin), print(known.margin), print(early.margin_kkt_residual),
                  print(end.margin_kkt_residual)));
  BOOST_TEST(end.normalised_margin <= known.margin);
  BOOST_TEST(known.margin - end.normalised_margin <= Real(0.02) * known.margin);
  BOOST_TEST(known.margin - end.normalised_margin < Real(0.5) * (known.margin - early.normalised_margin));
  BOOST_TEST(end.margin_kkt_residual < early.margin_kkt_residual);
}

BOOST_AUTO_TEST_SUITE_END()
