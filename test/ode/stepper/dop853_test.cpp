// DOP853: the published coefficients, what a step and its dense output cost, and what dense output is worth.
#include "saddleflow/ode/stepper/dop853.hpp"

#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <vector>

#include "problems.hpp"

BOOST_AUTO_TEST_SUITE(dop853_test)

using namespace saddleflow;
using namespace saddleflow::test;

namespace {

using Wide = long double;
using Row = std::vector<Wide>;
// The coefficients have 25 digits and more; sums of numbers up to 60 round at about this.
constexpr Wide kTiny = 200 * std::numeric_limits<Wide>::epsilon();

Wide power(Wide x, int k) { return k == 0 ? Wide(1) : x * power(x, k - 1); }
Wide row_moment(const Wide (&row)[dop853::kAllStages], int k) {
  Wide sum = 0;
  for (int j = 0; j < dop853::kAllStages; ++j) sum += row[j] * power(dop853::kTime[j], k);
  return sum;
}
/// sum_i b_i c_i^q y_i with the weights b of the step.
Wide weighted(int q, const Row& y) {
  Wide sum = 0;
  for (std::size_t i = 0; i < y.size(); ++i)
    sum += dop853::kA[dop853::kStages][i] * power(dop853::kTime[i], q) * y[i];
  return sum;
}
/// y_i -> sum_j a_ij c_j^q y_j.
Row branch(int q, const Row& y) {
  Row sums(y.size());
  for (std::size_t i = 0; i < y.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) sums[i] += dop853::kA[i][j] * power(dop853::kTime[j], q) * y[j];
  return sums;
}

bool near(Wide a, Wide b) { return std::abs(a - b) <= kTiny; }

}  // namespace

BOOST_AUTO_TEST_CASE(rows_sum_to_their_times) {
  for (int i = 0; i < dop853::kAllStages; ++i) {
    BOOST_TEST(near(row_moment(dop853::kA[i], 0), dop853::kTime[i]), "row " << i);
    // Stage by stage the order rises to 4.
    if (i >= 2) BOOST_TEST(near(row_moment(dop853::kA[i], 1), power(dop853::kTime[i], 2) / 2), "row " << i);
    if (i >= 3) BOOST_TEST(near(row_moment(dop853::kA[i], 2), power(dop853::kTime[i], 3) / 3), "row " << i);
    if (i >= 5) BOOST_TEST(near(row_moment(dop853::kA[i], 3), power(dop853::kTime[i], 4) / 4), "row " << i);
  }
}

// Trees up to order 8: bushy ones, tall ones, and those with one and two bends.
BOOST_AUTO_TEST_CASE(order_conditions) {
  const Row one(dop853::kStages, 1);
  for (int p = 0; p < 8; ++p) {
    BOOST_TEST(near(weighted(p, one), Wide(1) / (p + 1)), "order " << p + 1);
    for (int q = 0; p + q + 2 <= 8; ++q) {
      const Row leaf = branch(q, one);
      BOOST_TEST(near(weighted(p, leaf), Wide(1) / ((q + 1) * (p + q + 2))), "b c^" << p << " A c^" << q);
      for (int r = 0; p + q + r + 3 <= 8; ++r)
        BOOST_TEST(near(weighted(p, branch(r, leaf)), Wide(1) / ((q + 1) * (q + r + 2) * (p + q + r + 3))),
                   "b c^" << p << " A c^" << r << " A c^" << q);
    }
  }
  Row tall = one;
  Wide factorial = 1;
  for (int order = 2; order <= 8; ++order) {
    tall = branch(0, tall);
    factorial *= order;
    BOOST_TEST(near(weighted(0, tall), 1 / factorial), "tall tree of order " << order);
  }
}

BOOST_AUTO_TEST_CASE(error_estimates_vanish_to_their_order) {
  for (int k = 0; k < 5; ++k) {
    Wide fine = 0, coarse = 0;
    for (int i = 0; i < dop853::kStages; ++i) fine += dop853::kError5[i] * power(dop853::kTime[i], k);
    for (int i = 0; i < 3; ++i) coarse += dop853::kWeights3[i] * power(dop853::kTime[dop853::kStages3[i]], k);
    BOOST_TEST(near(fine, 0), "moment " << k);
    if (k < 3) BOOST_TEST(near(coarse, Wide(1) / (k + 1)), "moment " << k);
  }
}

// The polynomial of degree 7 is exact for y' = t^k, k < 7.
BOOST_AUTO_TEST_CASE(dense_output_is_exact_for_polynomials) {
  for (int k = 0; k < 7; ++k) {
    const auto monomial = [k](const Vector&, Vector& f, Real t) { f[0] = std::pow(t, static_cast<Real>(k)); };
    auto stepper = make_stepper("dop853", tolerance(1, 1));
    stepper->initialize(Vector::Zero(1), 0, 1);
    stepper->do_step(System(monomial));
    BOOST_REQUIRE(stepper->current_time() == 1);
    Vector x;
    for (const Real t : {Real(0.1), Real(0.3), Real(0.55), Real(0.8), Real(1)}) {
      stepper->calc_state(t, x);
      const Real exact = std::pow(t, static_cast<Real>(k + 1)) / static_cast<Real>(k + 1);
      BOOST_TEST(std::abs(x[0] - exact) < Real(1e-13), "t^" << k << " at " << t);
    }
  }
}

BOOST_AUTO_TEST_CASE(dense_output_costs_only_who_asks) {
  const Vector eigenvalues{{Real(0.5), 1}};
  LinearFlow flow(eigenvalues, 3);
  auto stepper = make_stepper("dop853", tolerance(Real(1e-4)));
  stepper->initialize(flow.start(), 0, Real(0.1));
  stepper->do_step(System(flow));
  BOOST_TEST(flow.calls == 13);  // the first derivative, eleven stages, that of the end
  stepper->do_step(System(flow));
  BOOST_TEST(flow.calls == 25);
  Vector x;
  const Real middle = (stepper->previous_time() + stepper->current_time()) / 2;
  stepper->calc_state(middle, x);
  BOOST_TEST(flow.calls == 29);  // three stages and the defect
  BOOST_TEST((x - flow.exact(middle)).norm() < Real(1e-6));
  stepper->clone()->calc_state(middle, x);
  stepper->complete_dense_output();
  BOOST_TEST(flow.calls == 29);
}

// Inside the steps as well as at their ends.
BOOST_DATA_TEST_CASE(dense_output_keeps_the_tolerance, boost::unit_test::data::make({4, 6, 8, 10}), digits) {
  const Real rtol = std::pow(Real(10), Real(-digits));
  SymmetricQuartic problem;
  auto options = tolerance(rtol);
  options.error.quadratures = 1;
  auto stepper = make_stepper("dop853", options);
  stepper->initialize(problem.exact(0), 0, Real(1e-3));
  Real inside = 0, ends = 0, jump = 0;
  Vector x;
  while (stepper->current_time() < 100) {
    const auto [t0, t1] = stepper->do_step(System(problem));
    ends = std::max(ends, relative(stepper->current_state(), problem.exact(t1)));
    for (int k = 1; k < 50; ++k) {
      const Real t = t0 + (t1 - t0) * static_cast<Real>(k) / 50;
      stepper->calc_state(t, x);
      inside = std::max(inside, relative(x, problem.exact(t)));
    }
    stepper->calc_state(t0, x);
    jump = std::max(jump, relative(x, stepper->previous_state()));
    stepper->calc_state(t1, x);
    jump = std::max(jump, relative(x, stepper->current_state()));
  }
  fmt::print("dop853 rtol 1e-{}: {} steps, error at their ends {:.1e}, inside {:.1e}\n", digits,
             stepper->counters().accepted, static_cast<double>(ends), static_cast<double>(inside));
  BOOST_TEST(inside < 5 * rtol);
  BOOST_TEST(jump < Real(1e-14));
}

// On the limit the free estimate is the largest eigenvalue.
BOOST_AUTO_TEST_CASE(stiffness_is_noticed_for_nothing) {
  const Vector eigenvalues{{Real(0.1), 3, 200}};
  LinearFlow flow(eigenvalues, 7);
  Dop853 stepper(tolerance(Real(1e-6)));
  stepper.initialize(flow.start(), 0, Real(1e-3));
  drive(stepper, flow, 5);
  const std::int64_t calls = flow.calls;
  const Real z = (stepper.current_time() - stepper.previous_time()) * 200;
  BOOST_TEST(std::abs(stepper.stiffness() / z - 1) < Real(1e-3));
  BOOST_TEST(flow.calls == calls);
}

BOOST_AUTO_TEST_SUITE_END()
