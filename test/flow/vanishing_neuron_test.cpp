// Neurons of a population whose incoming weights vanish in finite time (THEORY.md, section 7), against closed
// forms and gradient descent with a tiny step.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numbers>
#include <vector>

#include "flow/chart_run.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/problem/population.hpp"

namespace saddleflow::test {

BOOST_AUTO_TEST_SUITE(vanishing_neuron_test)

namespace {

FlowProblem population_of(const Activation& activation, const Matrix& vectors, const Matrix& outer,
                          Index width, const Vector& w0) {
  const PopulationTeacher teacher{vectors, outer, activation};
  const Dataset data = population_data(teacher);
  const auto network =
      population_network({{vectors.cols(), width, outer.rows()}, activation, activation, vectors.rows(), 0});
  return {network, data, population_loss(data.targets, network->degree()), w0};
}

/// Weights and changes of the mode of a run that starts anew, or goes on from its memory, after `cut` steps.
struct VanishingRun {
  Vector end;
  std::vector<KinkChange> changes;
  std::int64_t steps = 0;
  std::string stop;
};

class ChangeLog : public Observer {
 public:
  ChangeLog(ChartRun& run, VanishingRun& out) : run_(run), out_(out) {}
  void on_step(const StepView& step) override {
    for (const KinkChange& change : run_.parts.kink_changes(step)) out_.changes.push_back(change);
  }

 private:
  ChartRun& run_;
  VanishingRun& out_;
};

VanishingRun run_of(const FlowProblem& problem, Real t_end, const std::string& stepper, Real rtol,
                    std::int64_t cut = 0) {
  VanishingRun out;
  ChartOptions options;
  options.stepper = stepper;
  options.rtol = rtol;
  IntegrationOptions integration;
  integration.t_end = t_end;
  integration.max_steps = cut > 0 ? cut : 20000;
  ChartRun first(problem, options, integration);
  BOOST_REQUIRE(first.parts.vanishing != nullptr);
  ChangeLog log(first, out);
  Outcome outcome = first.integration.run(log);
  if (cut > 0) {
    const Memory memory = first.integration.memory();
    integration.max_steps = 20000;
    ChartRun second(problem, options, integration);
    second.integration.restore(memory);
    ChangeLog rest(second, out);
    outcome = second.integration.run(rest);
  }
  out.steps = first.integration.steps();
  out.end = outcome.state;
  out.stop = outcome.stop_reason.text();
  return out;
}

/// One neuron, one teacher of |s|, orthogonal to it and of the opposite sign: r' = -a^2 r + a c K, a' = -a
/// r^2 + c r K with K = 2 / pi. With r = q sinh s, a = -q cosh s: s' = -(q^2 / 2) sinh 2s - c K.
Real time_to_zero(Real r, Real a, Real c) {
  const Real q2 = a * a - r * r, s = std::asinh(r / std::sqrt(q2)), k = 2 * c * 2 / std::numbers::pi_v<Real>;
  // dx / (q^2 sinh x + k) from 0 to 2s, y = e^x: 2 dy / (q^2 y^2 + 2 k y - q^2).
  const Real root = std::sqrt(k * k + q2 * q2), plus = (root - k) / q2, minus = (-root - k) / q2;
  const auto primitive = [&](Real y) { return std::log((y - plus) / (y - minus)) / root; };
  return primitive(std::exp(2 * s)) - primitive(Real(1));
}

}  // namespace

BOOST_AUTO_TEST_CASE(stays_at_zero) {
  const Activation absolute(-1, 1);
  Matrix v(1, 2), c(1, 1);
  v << 1, 0;
  c << 1;
  Vector w0(3);
  w0 << 0, 0.5, -1.2;
  const Real expected = time_to_zero(Real(0.5), Real(-1.2), 1), q = std::sqrt(Real(1.2 * 1.2 - 0.25));
  for (const char* stepper : {"auto", "dopri5", "dop853", "rodas5p", "radau7"}) {
    const Real rtol = Real(1e-9);
    const VanishingRun run = run_of(population_of(absolute, v, c, 1, w0), 5, stepper, rtol);
    BOOST_TEST_REQUIRE(run.changes.size() == 1U, stepper << ": " << run.changes.size() << " changes");
    const Real late = std::abs(run.changes[0].time / expected - 1);
    BOOST_TEST_MESSAGE(fmt::format("{}: zero at t = {:.12g}, off by {:.1e}, a by {:.1e}, {} steps", stepper,
                                   static_cast<double>(run.changes[0].time), static_cast<double>(late),
                                   static_cast<double>(std::abs(run.end[2] + q)), run.steps));
    BOOST_TEST(late < 10 * rtol);
    BOOST_TEST((run.changes[0].kind == ModeChangeKind::enter));
    BOOST_TEST(run.end.head(2).norm() == 0);
    BOOST_TEST(std::abs(run.end[2] + q) < 10 * rtol);
    BOOST_TEST(run.stop == "reached_end");
    BOOST_TEST(run.steps < 300);
  }
}

// One input: f* = c x_+ - b (-x)_+. The neuron is on the negative side with a > 0, where it can only shrink,
// and goes on at once on the other: with |w| = q sinh s, s' = -(q^2 sinh 2s / 2 + b) / 2, then s' = (c - q^2
// sinh 2s / 2) / 2.
BOOST_AUTO_TEST_CASE(passes_through_zero) {
  const Real b = Real(0.7), c = Real(1.3), a0 = 1, r0 = Real(0.4);
  Matrix v(2, 1), outer(1, 2);
  v << 1, -1;
  outer << c, -b;
  Vector w0(2);
  w0 << -r0, a0;
  const Real q2 = a0 * a0 - r0 * r0, q = std::sqrt(q2), t_end = 3;
  // With x = 2s: x' = -(q^2 sinh x / 2 + b), y = e^x: the two roots of q^2 y^2 / 4 + b y - q^2 / 4.
  const Real root = std::sqrt(b * b + q2 * q2 / 4), plus = 2 * (root - b) / q2, minus = 2 * (-root - b) / q2;
  const auto primitive = [&](Real y) { return std::log((y - plus) / (y - minus)) / root; };
  const Real zero = primitive(std::exp(2 * std::asinh(r0 / q))) - primitive(Real(1));
  const Real rise = std::sqrt(c * c + q2 * q2 / 4), up = 2 * (c + rise) / q2, down = 2 * (c - rise) / q2;
  // x' = c - q^2 sinh x / 2: ln((y - down) / (up - y)) grows at the rate `rise`.
  const Real grown = std::exp(rise * (t_end - zero)) * (1 - down) / (up - 1);
  const Real y = (up * grown + down) / (1 + grown), r = q * std::sinh(std::log(y) / 2);
  for (const char* stepper : {"auto", "dop853", "rodas5p", "radau7"}) {
    const Real rtol = Real(1e-9);
    const VanishingRun run = run_of(population_of(Activation(0, 1), v, outer, 1, w0), t_end, stepper, rtol);
    BOOST_TEST_REQUIRE(run.changes.size() == 1U);
    BOOST_TEST_MESSAGE(fmt::format(
        "{}: passes at t = {:.12g}, off by {:.1e}, w at the end by {:.1e}, {} steps", stepper,
        static_cast<double>(run.changes[0].time), static_cast<double>(std::abs(run.changes[0].time - zero)),
        static_cast<double>(std::abs(run.end[0] - r)), run.steps));
    BOOST_TEST((run.changes[0].kind == ModeChangeKind::cross));
    BOOST_TEST(std::abs(run.changes[0].time - zero) < 10 * rtol);
    BOOST_TEST(std::abs(run.end[0] - r) < 30 * rtol);
    BOOST_TEST(run.steps < 400);
  }
}

namespace {

/// Small incoming and large outgoing weights of either sign: some of them vanish.
FlowProblem random_vanishing(std::uint64_t seed) {
  const Real slope = seed % 3 == 0 ? Real(-0.5) : seed % 3 == 1 ? Real(0) : Real(0.2);
  const Index outputs = 1 + static_cast<Index>(seed % 2);
  Random random(seed);
  const Matrix vectors = random.normal_matrix(2, 3), outer = random.normal_matrix(outputs, 2);
  const Index width = 3;
  Vector w0(width * (3 + outputs));
  w0 << Real(0.4) * Vector(random.normal_matrix(width * 3, 1)),
      Real(1.3) * Vector(random.normal_matrix(width * outputs, 1));
  return population_of(Activation(slope, 1), vectors, outer, width, w0);
}

Vector descend(const FlowProblem& problem, Real t_end, Real step) {
  Objective objective(problem.network, problem.data, problem.loss);
  Vector w = problem.w0, g(w.size());
  for (std::int64_t k = std::llround(t_end / step); k > 0; --k) {
    objective.gradient(w, g);
    w -= step * g;
  }
  return w;
}

}  // namespace

// With neurons that are held, let go, and that stay at zero although the loss falls in some direction (9 and
// 12), as those of descent do.
BOOST_AUTO_TEST_CASE(random_ones_against_gradient_descent) {
  const Real t_end = 3, step = Real(2e-4);
  std::size_t held = 0, released = 0, passed = 0;
  for (std::uint64_t seed = 1; seed <= 18; ++seed) {
    const FlowProblem problem = random_vanishing(seed);
    const VanishingRun run = run_of(problem, t_end, "auto", Real(1e-8));
    for (const KinkChange& change : run.changes) {
      held += change.kind == ModeChangeKind::enter ? 1 : 0;
      released += change.kind == ModeChangeKind::release ? 1 : 0;
      passed += change.kind == ModeChangeKind::cross ? 1 : 0;
    }
    const Vector slow = descend(problem, t_end, step);
    const Real error = (run.end.head(slow.size()) - slow).norm();
    BOOST_TEST_MESSAGE(fmt::format("seed {}: {} changes, off gradient descent by {:.1e}, {} steps", seed,
                                   run.changes.size(), static_cast<double>(error), run.steps));
    BOOST_TEST(run.stop == "reached_end");
    // Descent hovers about zero by a step or so.
    BOOST_TEST(error < 5 * step, "seed " << seed << ": " << error);
  }
  BOOST_TEST_MESSAGE(fmt::format("{} held, {} released, {} passed", held, released, passed));
  BOOST_TEST(held >= 4U);
  BOOST_TEST(released >= 2U);
}

BOOST_AUTO_TEST_CASE(resumed_bit_by_bit) {
  for (const std::uint64_t seed : {9U, 12U, 16U, 17U}) {
    const FlowProblem problem = random_vanishing(seed);
    const VanishingRun whole = run_of(problem, 3, "auto", Real(1e-8));
    BOOST_TEST_REQUIRE(!whole.changes.empty());
    // Prime, so that cuts fall anywhere between changes; about forty a run.
    const std::int64_t apart = whole.steps < 500 ? 11 : 101;
    for (std::int64_t cut = 1; cut < whole.steps; cut += apart) {
      const VanishingRun parts = run_of(problem, 3, "auto", Real(1e-8), cut);
      BOOST_TEST((parts.end == whole.end));
      BOOST_TEST(parts.changes.size() == whole.changes.size());
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::test
