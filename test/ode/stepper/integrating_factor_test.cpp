// Stiff steps with integrating factors: closed forms of groups that grow beside something larger.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "problems.hpp"

BOOST_AUTO_TEST_SUITE(integrating_factor_test)

using namespace saddleflow;
using namespace saddleflow::test;

namespace {

constexpr Index kBeside = 2;  // numbers of the group that grows

/// x' = -stiffness (x - 1), which is large, and beside it u = S y with y_i' = a_i y_i^{d-1}: a gradient flow
/// in which the direction of u turns unless all rates a_i y_i^{d-2} are one. Integral q' = |u|^2.
class Beside {
 public:
  Beside(int degree, const Vector& a, const Vector& y0, Real stiffness)
      : degree_(degree), a_(a), y0_(y0), stiffness_(stiffness), basis_(rotation(kBeside, 5)) {}

  Vector exact(Real t) const {
    Vector state(kBeside + 2);
    Vector y(kBeside);
    Real q = 0;
    for (Index i = 0; i < kBeside; ++i) {
      y[i] = solution(a_[i], y0_[i], t);
      q += integral(a_[i], y0_[i], t);
    }
    state << 1 + std::exp(-stiffness_ * t) / 4, basis_ * y, q;
    return state;
  }
  /// When y_i, alone, is so large.
  Real time_of(Index i, Real size) const {
    if (degree_ == 2) return std::log(size / y0_[i]) / a_[i];
    const Real k = degree_ - 2;
    return (std::pow(y0_[i], -k) - std::pow(size, -k)) / (k * a_[i]);
  }

  void operator()(const Vector& x, Vector& dxdt, Real /*t*/) const {
    const Vector y = basis_.transpose() * x.segment(1, kBeside);
    dxdt[0] = -stiffness_ * (x[0] - 1);
    dxdt.segment(1, kBeside) = basis_ * a_.cwiseProduct(y.array().pow(degree_ - 1).matrix());
    dxdt[kBeside + 1] = y.squaredNorm();
  }
  void hessian(const Vector& x, Matrix& out, Real /*t*/) const {
    const Vector y = basis_.transpose() * x.segment(1, kBeside);
    const Vector curvature = -(degree_ - 1) * a_.cwiseProduct(y.array().pow(degree_ - 2).matrix());
    out.setZero(kBeside + 1, kBeside + 1);
    out(0, 0) = stiffness_;
    out.bottomRightCorner(kBeside, kBeside) = basis_ * curvature.asDiagonal() * basis_.transpose();
  }
  void hessian_vector(const Vector& x, const Vector& v, Vector& out, Real t) const {
    Matrix whole;
    hessian(x, whole, t);
    out = whole * v;
  }
  Index quadratures() const { return 1; }
  void quadrature_jacobian(const Vector& x, Matrix& out, Real /*t*/) const {
    out.setZero(1, kBeside + 1);
    out.row(0).tail(kBeside) = 2 * x.segment(1, kBeside);
  }

  Growth growth() const { return {{0, 1, 1}, {}, 2, degree_}; }
  ErrorGroups groups() const { return {{0, 1, 1}, {}, 2, {}}; }

 private:
  Real solution(Real a, Real y0, Real t) const {
    if (degree_ == 2) return y0 * std::exp(a * t);
    const Real k = degree_ - 2;
    return y0 * std::pow(1 - k * a * std::pow(y0, k) * t, -1 / k);
  }
  // int y^2 dt = int y^{3-d} dy / a.
  Real integral(Real a, Real y0, Real t) const {
    if (y0 == 0) return 0;
    const Real y = solution(a, y0, t), k = 4 - degree_;
    return k == 0 ? std::log(y / y0) / a : (std::pow(y, k) - std::pow(y0, k)) / (k * a);
  }

  int degree_;
  Vector a_, y0_;
  Real stiffness_;
  Matrix basis_;
};

StepperOptions options_for(const Beside& problem, Real rtol) {
  StepperOptions options = tolerance(rtol);
  options.groups = problem.groups();
  options.growth = problem.growth();
  options.error.quadratures = 1;
  return options;
}

struct Errors {
  Real state, quadrature, dense;
};

/// Relative errors after equal steps to t = 1/2, of which every one has factors.
Errors errors(const std::string& method, const Beside& problem, int steps) {
  const Real h = Real(0.5) / steps;
  // Loose enough for every step to be as long as asked for, and so tight that inexact solutions do not show.
  StepperOptions options = options_for(problem, method == "rodas5p" ? Real(1e-2) : Real(1e-5));
  options.max_step = h;
  auto stepper = make_stepper(method, options);
  stepper->initialize(problem.exact(0), 0, h);
  Errors e{0, 0, 0};
  Vector x;
  while (stepper->counters().accepted < steps) {
    stepper->do_step(System(problem));
    BOOST_TEST_REQUIRE(stepper->dense_degree() == 0);
    if (stepper->counters().accepted > 1) continue;
    for (const Real theta : {Real(0), Real(0.2), Real(0.5), Real(0.9), Real(1)}) {
      stepper->calc_state(theta * stepper->current_time(), x);
      const Vector right = problem.exact(theta * stepper->current_time());
      e.dense = std::max(e.dense, relative(x.segment(1, kBeside), right.segment(1, kBeside)));
    }
  }
  const Vector right = problem.exact(stepper->current_time());
  e.state = relative(stepper->current_state().segment(1, kBeside), right.segment(1, kBeside));
  e.quadrature = std::abs(stepper->current_state()[kBeside + 1] / right[kBeside + 1] - 1);
  return e;
}

struct Case {
  std::string method;
  int degree;
};
std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << c.method << ", degree " << c.degree;
}
const Case kCases[] = {{"rodas5p", 2}, {"rodas5p", 3}, {"rodas5p", 4}, {"rodas5p-cg", 2}, {"rodas5p-cg", 3}};
// Those of which a step of some e-folds alone has factors among them.
const Case kGrowing[] = {{"rodas5p", 2},    {"rodas5p", 3}, {"rodas5p", 4}, {"rodas5p-cg", 2},
                         {"rodas5p-cg", 3}, {"radau7", 2},  {"radau7", 3}};

struct Run {
  std::int64_t steps = 0;
  Real time_error = 0;  ///< relative, of the time at which the group has grown to the size
};

/// Until the group, along whose eigenvector it starts, has grown to `size`.
Run grow(const std::string& method, const Beside& problem, Real size, Real rtol, const Growth& growth) {
  StepperOptions options = options_for(problem, rtol);
  options.growth = growth;
  auto stepper = make_stepper(method, options);
  stepper->initialize(problem.exact(0), 0, Real(1e-3));
  const Real end = problem.time_of(0, size);
  Vector x;
  const auto grown = [&](Real t) {
    stepper->calc_state(t, x);
    return x.segment(1, kBeside).norm() - size;
  };
  while (stepper->current_state().segment(1, kBeside).norm() < size) stepper->do_step(System(problem));
  Real left = stepper->previous_time(), right = stepper->current_time();
  for (int i = 0; i < 60; ++i) (grown((left + right) / 2) < 0 ? left : right) = (left + right) / 2;
  return {stepper->counters().accepted, std::abs(right - end) / end};
}

}  // namespace

// The direction turns while the group grows by a factor of e or so.
BOOST_DATA_TEST_CASE(order_of_a_turning_group, boost::unit_test::data::make(kCases)) {
  const Real small = Real(1e-3), scale = std::pow(small, Real(2 - sample.degree));
  const Vector rates = sample.degree == 2 ? Vector{{4, -3}} : Vector{{Real(0.85), Real(0.4)}};
  const Beside problem(sample.degree, scale * rates, small * Vector{{1, Real(0.8)}}, 1);
  Errors last = errors(sample.method, problem, 2);
  double order[3] = {};
  for (int steps = 4; steps <= 16; steps *= 2) {
    const Errors e = errors(sample.method, problem, steps);
    order[0] = static_cast<double>(std::log2(last.state / e.state));
    order[1] = static_cast<double>(std::log2(last.quadrature / e.quadrature));
    order[2] = static_cast<double>(std::log2(last.dense / e.dense));
    fmt::print(
        "{:<10} degree {} h = 1/{:<3} error {:.2e} order {:.2f}, quadrature {:.2e} {:.2f}, dense {:.2e} "
        "{:.2f}\n",
        sample.method, sample.degree, 2 * steps, static_cast<double>(e.state), order[0],
        static_cast<double>(e.quadrature), order[1], static_cast<double>(e.dense), order[2]);
    last = e;
  }
  for (const double found : order) BOOST_TEST(found > 4.6);
}

// Ten decades, or four, by the law itself, beside something stiff. Without factors each decade costs steps.
BOOST_DATA_TEST_CASE(decades_of_growth, boost::unit_test::data::make(kGrowing)) {
  const Real start = Real(1e-12), rtol = Real(1e-8);
  // Of degree 4 it takes the last 1e-20 of the time to grow so far: more than a clock resolves.
  const Real size = sample.degree == 4 ? Real(1e-8) : Real(1e-2);
  // Rates of about 1e-3, far below the stiffness.
  const Real a = Real(1e-3) * std::pow(start, Real(2 - sample.degree));
  const Beside problem(sample.degree, Vector{{a, a}}, Vector{{start, 0}}, 100);
  const Run with = grow(sample.method, problem, size, rtol, problem.growth());
  const Run without = grow(sample.method, problem, size, rtol, {});
  fmt::print("{:<10} degree {}: {} steps with factors, error of the time {:.1e}; {} and {:.1e} without\n",
             sample.method, sample.degree, with.steps, static_cast<double>(with.time_error), without.steps,
             static_cast<double>(without.time_error));
  BOOST_TEST(with.time_error <= 10 * rtol);
  BOOST_TEST(without.time_error <= 10 * rtol);
  BOOST_TEST(with.steps <= 80);
  // A method of a higher order takes fewer steps without: 122 of degree 2.
  BOOST_TEST(without.steps >= (sample.method == "radau7" ? 2 : 3) * with.steps);
}

// Numbers of the size of everything have no factor: they do not grow by themselves.
BOOST_AUTO_TEST_CASE(large_groups_have_none) {
  const Beside problem(3, Vector{{1, 1}}, Vector{{Real(0.2), Real(0.1)}}, 1);
  auto stepper = make_stepper("rodas5p", options_for(problem, Real(1e-6)));
  stepper->initialize(problem.exact(0), 0, Real(0.1));
  stepper->do_step(System(problem));
  BOOST_TEST(stepper->dense_degree() == 4);
}

// A restored stepper goes on bit by bit.
BOOST_DATA_TEST_CASE(memory_of_steps_with_factors, boost::unit_test::data::make({"rodas5p-cg", "radau7"}),
                     method) {
  const Real start = Real(1e-12);
  const Beside problem(3, Vector{{Real(1e-3), Real(0.6e-3)}} / start, Vector{{start, start / 2}}, 100);
  auto stepper = make_stepper(method, options_for(problem, Real(1e-8)));
  stepper->initialize(problem.exact(0), 0, Real(1e-2));
  while (stepper->dense_degree() > 0 || stepper->counters().accepted < 5) {
    stepper->do_step(System(problem));
    BOOST_TEST_REQUIRE(stepper->counters().accepted <= 80);
  }
  auto other = make_stepper(method, options_for(problem, Real(1e-8)));
  other->restore(stepper->current_state(), stepper->current_time(), stepper->memory());
  for (int i = 0; i < 5; ++i) {
    stepper->do_step(System(problem));
    other->do_step(System(problem));
    BOOST_TEST(stepper->dense_degree() == 0);
    BOOST_TEST((stepper->current_state().array() == other->current_state().array()).all());
    const auto copy = stepper->clone();
    Vector x, y;
    const Real t = (stepper->previous_time() + stepper->current_time()) / 2;
    stepper->calc_state(t, x);
    copy->calc_state(t, y);
    BOOST_TEST((x.array() == y.array()).all());
  }
}

BOOST_AUTO_TEST_SUITE_END()
