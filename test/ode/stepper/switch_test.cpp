// RKC2 against dopri5 where stability limits the step, spectral estimates, and the automatic switch.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "plateau_problem.hpp"
#include "problems.hpp"
#include "saddleflow/ode/stepper/spectral.hpp"

BOOST_AUTO_TEST_SUITE(switch_test)

using namespace saddleflow;
using namespace saddleflow::test;

namespace {

Vector spread(Index n, Real lowest, Real highest) {
  Vector values(n);
  for (Index i = 0; i < n; ++i)
    values[i] = lowest * std::pow(highest / lowest, static_cast<Real>(i) / static_cast<Real>(n - 1));
  return values;
}

/// L = (prod a_i - s)^2 / 2 + sum lambda_j z_j^2 / 2: a plateau, a jump fast enough to be non-stiff, an end.
class DeepProduct {
 public:
  static constexpr Index kFactors = 4, kStiff = 6;
  Vector start() const {
    Vector x = Vector::Constant(kFactors + kStiff, Real(0.02));
    x.tail(kStiff).setConstant(Real(0.1));
    return x;
  }
  void operator()(const Vector& x, Vector& f, Real) {
    ++calls;
    const Real r = x.head(kFactors).prod() - kTarget;
    for (Index i = 0; i < kFactors; ++i) f[i] = -r * without(x, i, i);
    f.tail(kStiff) = -lambda_.cwiseProduct(x.tail(kStiff));
  }
  void hessian(const Vector& x, Matrix& h, Real) {
    ++hessians;
    h.setZero(x.size(), x.size());
    const Real r = x.head(kFactors).prod() - kTarget;
    for (Index i = 0; i < kFactors; ++i)
      for (Index j = 0; j < kFactors; ++j)
        h(i, j) = without(x, i, i) * without(x, j, j) + (i == j ? Real(0) : r * without(x, i, j));
    h.diagonal().tail(kStiff) = lambda_;
  }
  static constexpr Real kTarget = 1000;
  std::int64_t calls = 0, hessians = 0;

 private:
  static Real without(const Vector& x, Index i, Index j) {
    Real p = 1;
    for (Index k = 0; k < kFactors; ++k)
      if (k != i && k != j) p *= x[k];
    return p;
  }
  Vector lambda_ = spread(kStiff, 10, 1000);
};

}  // namespace

BOOST_AUTO_TEST_SUITE(spectral)

BOOST_AUTO_TEST_CASE(lanczos_finds_both_ends_and_stays_warm) {
  Vector eigenvalues = spread(80, Real(0.01), 500);
  eigenvalues[3] = -7;
  LinearFlow flow(eigenvalues, 21);
  const Vector x = flow.start();
  const auto product = [&](const Vector& v, Vector& out) { flow.hessian_vector(x, v, out, 0); };
  Vector start;
  const SpectralInterval cold = lanczos_interval(product, 80, 12, start);
  SpectralInterval warm = cold;
  for (int i = 0; i < 20; ++i) warm = lanczos_interval(product, 80, 6, start);
  fmt::print("Lanczos: cold 12 products [{:.4f}, {:.4f}], warm 6 [{:.6f}, {:.6f}], exact [-7, 500]\n",
             static_cast<double>(cold.min), static_cast<double>(cold.max), static_cast<double>(warm.min),
             static_cast<double>(warm.max));
  BOOST_TEST(std::abs(cold.max - 500) < 5);
  BOOST_TEST(std::abs(warm.max - 500) < Real(0.1));
  BOOST_TEST(std::abs(warm.min + 7) < Real(0.1));
  // A Ritz value lies inside, with an eigenvalue within its residual.
  BOOST_TEST(cold.max <= Real(500.0001));
  BOOST_TEST(cold.max + cold.max_residual >= Real(499.9999));
  // n products of an n x n matrix are exact, whatever the start.
  Vector fresh;
  const SpectralInterval all = lanczos_interval(product, 80, 80, fresh);
  BOOST_TEST(std::abs(all.min + 7) < Real(1e-9));
  Vector tiny;
  const auto scale = [](const Vector& v, Vector& out) { out = Real(-3) * v; };
  const SpectralInterval one = lanczos_interval(scale, 1, 5, tiny);
  BOOST_TEST(one.products == 1);
  BOOST_TEST(std::abs(one.max + 3) < Real(1e-12));
}

BOOST_AUTO_TEST_CASE(differences_replace_products) {
  const Vector eigenvalues = spread(30, Real(0.1), 90);
  LinearFlow flow(eigenvalues, 22);
  struct Plain {
    LinearFlow& flow;
    void operator()(const Vector& x, Vector& f, Real t) const { flow(x, f, t); }
  } plain{flow};
  Vector f(30);
  flow(flow.start(), f, 0);
  SpectralEstimator a, b;
  const Real with = a.estimate(System(flow), flow.start(), f, 0, 10).max;
  const Real without = b.estimate(System(plain), flow.start(), f, 0, 10).max;
  BOOST_TEST(flow.products == 10);
  BOOST_TEST(std::abs(with - without) < Real(1e-5) * with);
}

BOOST_AUTO_TEST_CASE(power_iteration_sees_complex_pairs) {
  Matrix m(3, 3);
  m << 0, 40, 0, -40, 0, 0, 0, 0, 1;
  Vector start;
  const Real radius = power_radius([&](const Vector& v, Vector& out) { out = m * v; }, 3, 12, start);
  BOOST_TEST(std::abs(radius - 40) < Real(0.1));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(rkc2)

BOOST_AUTO_TEST_CASE(beats_dopri5_on_a_stiff_linear_flow) {
  const Vector eigenvalues = spread(50, Real(0.1), Real(1e4));
  std::int64_t calls[2] = {};
  for (const int k : {0, 1}) {
    LinearFlow flow(eigenvalues, 31);
    auto stepper = make_stepper(k == 0 ? "dopri5" : "rkc2", tolerance(Real(1e-5)));
    stepper->initialize(flow.start(), 0, Real(1e-5));
    const Vector x = drive(*stepper, flow, 10);
    calls[k] = flow.calls + flow.products;
    fmt::print("stiff linear flow, {:<6}: {} f + {} Hv, {} accepted, {} rejected, error {:.1e}\n",
               stepper->method(), flow.calls, flow.products, stepper->counters().accepted,
               stepper->counters().rejected_error, static_cast<double>(relative(x, flow.exact(10))));
    BOOST_TEST((x - flow.exact(10)).norm() / flow.start().norm() < Real(1e-3));
  }
  // As the path is to be known to the tolerance, a method of order two takes more and finer steps.
  BOOST_TEST(15 * calls[1] < calls[0]);
}

BOOST_AUTO_TEST_CASE(negative_curvature_is_no_obstacle) {
  Vector eigenvalues = spread(20, Real(0.1), Real(1e4));
  eigenvalues[0] = -2;
  LinearFlow flow(eigenvalues, 32);
  auto stepper = make_stepper("rkc2", tolerance(Real(1e-6)));
  stepper->initialize(flow.start(), 0, Real(1e-5));
  const Real error = relative(drive(*stepper, flow, 5), flow.exact(5));
  fmt::print("negative curvature, rkc2: {} f, growth e^10 to {:.1e} relative\n", flow.calls,
             static_cast<double>(error));
  BOOST_TEST(error < Real(1e-3));
  BOOST_TEST(flow.calls < 30000);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(auto_switch)

BOOST_DATA_TEST_CASE(goes_stiff_on_the_plateau_and_comes_back,
                     boost::unit_test::data::make({"dopri5", "dop853"}), nonstiff) {
  auto options = tolerance(Real(1e-8));
  options.smooth = std::string_view(nonstiff) == "dop853";
  Vector end[2];
  std::int64_t calls[2] = {};
  for (const int k : {0, 1}) {
    DeepProduct problem;
    auto stepper = make_stepper(k == 0 ? nonstiff : "auto", options);
    stepper->initialize(problem.start(), 0, Real(1e-4));
    std::string path, last;
    const Real stop = Real(3);
    while (stepper->current_time() < stop) {
      if (stepper->current_time() + stepper->current_time_step() > stop)
        stepper->set_time_step(stop - stepper->current_time());
      stepper->do_step(System(problem));
      if (last != stepper->method()) {
        last = stepper->method();
        path += fmt::format(" {} (t = {:.4g})", last, static_cast<double>(stepper->previous_time()));
      }
    }
    end[k] = stepper->current_state();
    calls[k] = problem.calls;
    fmt::print("deep product: {} f + {} H, {} accepted, {} switches:{}\n", problem.calls, problem.hessians,
               stepper->counters().accepted, stepper->counters().switches, path);
    if (k == 1) {
      BOOST_TEST(stepper->counters().switches >= 2);
      BOOST_TEST(stepper->counters().switches <= 8);
      BOOST_TEST(path.find("rodas5p") < path.rfind(nonstiff));
    }
  }
  BOOST_TEST(relative(end[1].head(4), end[0].head(4)) < Real(1e-6));
  BOOST_TEST(5 * calls[1] < calls[0]);
}

BOOST_DATA_TEST_CASE(large_systems_form_no_matrix, boost::unit_test::data::make({false, true}), smooth) {
  const Vector eigenvalues = spread(40, Real(0.1), Real(1e4));
  LinearFlow flow(eigenvalues, 41);
  const auto rhs_alone = [&flow](const Vector& x, Vector& dxdt, Real t) { flow(x, dxdt, t); };
  auto options = tolerance(Real(1e-4));
  options.dense_limit = 39;
  options.smooth = smooth;
  const auto ends_with = [&](const System& system, const std::string& method) {
    auto stepper = make_stepper("auto", options);
    stepper->initialize(flow.start(), 0, Real(1e-5));
    const Vector x = drive(*stepper, system, 10);
    fmt::print("auto above dense_limit: ends with {}, {} f + {} Hv\n", stepper->method(), flow.calls,
               flow.products);
    BOOST_TEST(stepper->method() == method);
    BOOST_TEST((x - flow.exact(10)).norm() / flow.start().norm() < Real(1e-3));
  };
  ends_with(System(flow), smooth ? "rodas5p-cg" : "radau7");
  ends_with(System(rhs_alone), "rkc2");
}

BOOST_DATA_TEST_CASE(mild_problems_stay_explicit, boost::unit_test::data::make({false, true}), smooth) {
  SymmetricQuartic problem;
  auto options = tolerance(Real(1e-9));
  options.error.quadratures = 1;
  options.smooth = smooth;
  auto stepper = make_stepper("auto", options);
  stepper->initialize(problem.exact(0), 0, Real(1e-3));
  drive(*stepper, problem, 20);
  BOOST_TEST(stepper->counters().switches == 0);
  BOOST_TEST(relative(stepper->current_state(), problem.exact(20)) < Real(1e-7));
}

BOOST_DATA_TEST_CASE(a_planned_switch_respects_the_announced_step,
                     boost::unit_test::data::make({false, true}), smooth) {
  PlateauProblem problem(1);
  auto options = tolerance(Real(1e-6));
  options.smooth = smooth;
  auto stepper = make_stepper("auto", options);
  stepper->initialize(problem.start(Real(1e-3)), 0, 1);
  while (stepper->counters().accepted < 300) {
    const Real announced = stepper->current_time_step();
    const auto [t0, t1] = stepper->do_step(System(problem));
    BOOST_TEST(t1 <= t0 + announced);
  }
  BOOST_TEST(stepper->counters().switches > 0);
}

namespace {

/// The plateau problem with a price for its Hessian, in those of n / 4 gradients.
class PricedPlateau : public PlateauProblem {
 public:
  explicit PricedPlateau(Real price) : PlateauProblem(1), price_(price) {}
  Operations operations() const {
    const Real n = static_cast<Real>(size()), gradient = 4 * n * 100;
    return {gradient, price_ * gradient * n / 4};
  }

 private:
  Real price_;
};

/// Operations, in gradients, to t = 3000 by one of the methods.
Real work_of(const std::string& method, Real price, std::string& path) {
  PricedPlateau problem(price);
  const Real n = static_cast<Real>(problem.size());
  auto stepper = make_stepper(method, tolerance(Real(1e-6)));
  stepper->initialize(problem.start(Real(1e-2)), 0, 1);
  std::int64_t steps = 0, stiff = 0;
  while (stepper->current_time() < 3000) {
    stepper->do_step(System(problem));
    ++steps;
    stiff += stepper->method() != "dopri5" ? 1 : 0;
  }
  const Operations cost = problem.operations();
  const Real factorizations = static_cast<Real>(stepper->counters().factorizations);
  path = fmt::format("{} steps, {} stiff, {} switches", steps, stiff, stepper->counters().switches);
  return static_cast<Real>(problem.counts.gradients + 2 * problem.counts.products) +
         (static_cast<Real>(problem.counts.hessians) * cost.hessian + factorizations * n * n * n / 3) /
             cost.rhs;
}

}  // namespace

// Whatever a Hessian costs, the automatic choice costs little more than the better of the methods, and where
// they have their phases less than either.
BOOST_AUTO_TEST_CASE(the_choice_follows_the_cost) {
  for (const Real price : {Real(0.01), Real(1), Real(30), Real(1000)}) {
    Real work[4];
    std::string paths[4];
    const char* methods[] = {"dopri5", "rodas5p", "radau7", "auto"};
    for (int k = 0; k < 4; ++k) work[k] = work_of(methods[k], price, paths[k]);
    for (int k = 0; k < 4; ++k)
      fmt::print("a Hessian for {:g} gradients, {:<7}: {:9.0f} gradients ({})\n",
                 static_cast<double>(price * 55), methods[k], static_cast<double>(work[k]), paths[k]);
    BOOST_TEST(work[3] <= std::min({work[0], work[1], work[2]}));
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
