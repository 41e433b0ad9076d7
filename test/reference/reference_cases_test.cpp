// The cases fit together: network, data, start and exact solution describe one and the same flow.
#include "reference/reference_cases.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <limits>

#include "saddleflow/problem/objective.hpp"

BOOST_AUTO_TEST_SUITE(reference_cases_test)

using namespace saddleflow;
using namespace saddleflow::reference;

namespace {

constexpr Real epsilon = std::numeric_limits<Real>::epsilon();

/// One classical Runge-Kutta step of w' = -grad L.
void runge_kutta_step(Objective& objective, Real h, Vector& w) {
  Vector g1, g2, g3, g4;
  objective.gradient(w, g1);
  objective.gradient(w - h / 2 * g1, g2);
  objective.gradient(w - h / 2 * g2, g3);
  objective.gradient(w - h * g3, g4);
  w -= h / 6 * (g1 + 2 * g2 + 2 * g3 + g4);
}

}  // namespace

BOOST_AUTO_TEST_CASE(starts_are_exact) {
  for (const ReferenceCase& test_case : reference_cases()) {
    BOOST_TEST_CONTEXT(test_case.name) {
      BOOST_TEST_REQUIRE(test_case.w0.size() == test_case.network->parameter_count());
      BOOST_TEST(test_case.error(0, test_case.w0) <= 16 * epsilon);
      BOOST_TEST(test_case.error(0, test_case.w0 * Real(1.001)) > Real(5e-4));
    }
  }
}

// The library's own objective, integrated in 2^16 equal steps: local errors of size (h |Hess L|)^5 with h
// below 1.1e-3.
BOOST_AUTO_TEST_CASE(exact_paths_are_those_of_the_objective) {
  constexpr int steps = 1 << 16;
  for (const ReferenceCase& test_case : reference_cases()) {
    Objective objective(test_case.network, test_case.data, test_case.loss);
    const Real h = test_case.t_end / steps;
    Vector w = test_case.w0;
    Real worst = 0;
    for (int i = 1; i <= steps; ++i) {
      runge_kutta_step(objective, h, w);
      if (i % (steps / 128) == 0) worst = std::max(worst, test_case.error(h * static_cast<Real>(i), w));
    }
    BOOST_TEST_MESSAGE(test_case.name << ": largest error on [0, " << test_case.t_end << "]: " << worst);
    BOOST_TEST_CONTEXT(test_case.name) { BOOST_TEST(worst < Real(2e-11)); }
  }
}

// At its end every path with a square loss has fitted its data.
BOOST_AUTO_TEST_CASE(paths_end_at_the_minimum) {
  for (const ReferenceCase& test_case : reference_cases()) {
    if (!test_case.loss.traits().quadratic) continue;
    const Vector end = test_case.exact(test_case.t_end);
    if (end.size() != test_case.w0.size()) continue;
    Objective objective(test_case.network, test_case.data, test_case.loss);
    BOOST_TEST_CONTEXT(test_case.name) { BOOST_TEST(objective.value(end) < Real(1e-8)); }
  }
}

BOOST_AUTO_TEST_SUITE_END()
