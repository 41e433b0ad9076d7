// Refinement to critical points that are known: minima, saddles, and with inactive neurons.
#include <fmt/format.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numbers>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/saddle/refine.hpp"
#include "saddleflow/saddle/spectrum.hpp"

BOOST_AUTO_TEST_SUITE(refine_test)

using namespace saddleflow;
namespace bdata = boost::unit_test::data;

namespace {

/// V4: H = sum_k (w_k.x)^2, y = x_1^2 on n equispaced points of the circle.
Objective square_neurons(Index n, Index width) {
  Dataset data{Matrix(2, n), Matrix(1, n), "circle"};
  for (Index i = 0; i < n; ++i) {
    const Real angle = 2 * std::numbers::pi_v<Real> * static_cast<Real>(i) / static_cast<Real>(n);
    data.inputs.col(i) << std::cos(angle), std::sin(angle);
  }
  data.targets = data.inputs.row(0).cwiseAbs2();
  return Objective(power_sum(2, width, Activation(-1, 2)), data, Loss());
}

}  // namespace

// V4: the saddle (0, 1/sqrt 3) with one negative eigenvalue, the minimum (1, 0), from starts a few percent
// away.
BOOST_DATA_TEST_CASE(goes_to_the_saddle_and_to_the_minimum, bdata::make({1, 2, 3, 4, 5}), seed) {
  Objective objective = square_neurons(8, 1);
  Random random(static_cast<std::uint64_t>(seed));
  const Vector saddle{{0, 1 / std::sqrt(Real(3))}}, minimum{{1, 0}};
  for (const Vector& known : {saddle, minimum}) {
    const Refinement found = refine_critical_point(objective, known + Real(0.03) * random.unit_vector(2));
    fmt::print("seed {}: distance {:.1e} after {} iterations\n", seed,
               static_cast<double>((found.point - known).norm()), found.iterations);
    BOOST_TEST(found.converged);
    BOOST_TEST((found.point - known).norm() < Real(1e-14) * 10);
    BOOST_TEST(found.displacement > Real(0.01));
    BOOST_TEST(hessian_spectrum(objective, found.point).negative == (known == saddle ? 1 : 0));
  }
}

// Two neurons of which one is inactive: it stays so, exactly, and the other goes where it went alone. Then
// the network has a rotational symmetry, whose flat direction must not be walked along.
BOOST_AUTO_TEST_CASE(zeros_stay_and_flat_directions_are_left_alone) {
  Objective objective = square_neurons(7, 2);
  Vector w = Vector::Zero(4);
  objective.network().layout().matrix(w, 0).row(0) << Real(0.95), Real(0.04);
  const Refinement found = refine_critical_point(objective, w);
  BOOST_TEST(found.converged);
  const Matrix weights = objective.network().layout().matrix(found.point, 0);
  BOOST_TEST(weights.row(1).norm() == 0);
  BOOST_TEST((weights.row(0) - Eigen::RowVector2<Real>(1, 0)).norm() < 1e-13);
  w = Vector::Zero(4);
  objective.network().layout().matrix(w, 0) << Real(0.7), Real(0.02), Real(0.75), Real(-0.01);
  const Refinement family = refine_critical_point(objective, w);
  BOOST_TEST(family.converged);
  // A minimum of fourth order across the family (w_2 = t (-s, c)): |grad| ~ t^3 is 1e-13 where the loss ~ t^4
  // is 1e-17.
  BOOST_TEST(family.loss < 1e-16);
  BOOST_TEST(family.displacement < Real(0.06));
}

BOOST_AUTO_TEST_CASE(says_so_when_there_is_nothing_near) {
  Objective objective = square_neurons(8, 1);
  const Refinement far = refine_critical_point(objective, Vector{{Real(0.5), Real(0.4)}});
  BOOST_TEST(!far.converged);
  BOOST_TEST(far.displacement <= Real(0.2));
  BOOST_CHECK_THROW(refine_critical_point(objective, Vector::Zero(2)), InputError);
}

BOOST_AUTO_TEST_SUITE_END()
