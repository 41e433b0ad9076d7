// Starts on switching surfaces.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

#include "ode/switching/filippov.hpp"

using namespace saddleflow;
using test::FilippovRun;
using test::FilippovSystem;
namespace bdata = boost::unit_test::data;

namespace {

/// x1' below and above the plane x1 = 0; x2' = 1.
FilippovSystem two_sides(Real below, Real above) {
  const auto field = [](Real rate) { return test::constant(Vector(Eigen::Matrix<Real, 2, 1>(rate, 1))); };
  return FilippovSystem({test::plane(Vector::Unit(2, 0), 0)}, {field(below), field(above)});
}

/// Planes x1 = 0 and x2 = 0, each x_k' = push_k on the upper, -push_k on the lower side: repels where it is
/// positive, attracts where negative.
FilippovSystem two_planes(Real first, Real second) {
  std::vector<test::SmoothField> fields;
  for (int c = 0; c < 4; ++c) {
    Vector f(3);
    f << (c % 2 == 1 ? first : -first), (c / 2 == 1 ? second : -second), 1;
    fields.push_back(test::constant(f));
  }
  return FilippovSystem({test::plane(Vector::Unit(3, 0), 0), test::plane(Vector::Unit(3, 1), 0)}, fields);
}

enum class WaysOn { one, two };

struct Start {
  Real below, above;
  Side side;  ///< of the first step
  WaysOn ways;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(start_test)

BOOST_AUTO_TEST_SUITE(starts)

BOOST_AUTO_TEST_CASE(one_surface) {
  for (const Start& start :
       {Start{-1, 1, Side::below, WaysOn::two}, Start{1, 2, Side::above, WaysOn::one},
        Start{-2, -1, Side::below, WaysOn::one}, Start{1, -1, Side::sliding, WaysOn::one}}) {
    FilippovRun run(two_sides(start.below, start.above), "dopri5", Real(1e-8), Vector::Unit(2, 1));
    run.step(1);
    BOOST_TEST_CONTEXT("rates " << start.below << " and " << start.above) {
      BOOST_TEST((run.system.mode().side(0) == start.side));
      BOOST_TEST((run.stepper.ambiguous() == std::vector<Index>(start.ways == WaysOn::two ? 1 : 0, 0)));
      run.drive(1);
      const Real rate = start.side == Side::sliding ? 0
                        : start.side == Side::above ? start.above
                                                    : start.below;
      BOOST_TEST(std::abs(run.stepper.current_state()[0] - rate) <= Real(1e-13));
    }
  }
}

// That the start was ambiguous is not forgotten.
BOOST_AUTO_TEST_CASE(ambiguous_for_good) {
  FilippovRun run(two_sides(-1, 1), "dopri5", Real(1e-8), Vector::Unit(2, 1));
  run.drive(1);
  BOOST_TEST(run.steps > 1);
  BOOST_TEST((run.stepper.ambiguous() == std::vector<Index>{0}));
  run.stepper.initialize(Vector::Ones(2), 0, Real(0.1));
  run.drive(1);
  BOOST_TEST(run.stepper.ambiguous().empty());
}

BOOST_AUTO_TEST_CASE(two_surfaces) {
  for (const Real first : {Real(-1), Real(1)})
    for (const Real second : {Real(-1), Real(1)}) {
      FilippovRun run(two_planes(first, second), "dopri5", Real(1e-8), Vector::Unit(3, 2));
      run.step(1);
      std::vector<Index> repelling;
      if (first > 0) repelling.push_back(0);
      if (second > 0) repelling.push_back(1);
      BOOST_TEST_CONTEXT("pushes " << first << " and " << second) {
        BOOST_TEST((run.stepper.ambiguous() == repelling));
        BOOST_TEST((run.system.mode().side(0) == (first > 0 ? Side::below : Side::sliding)));
        BOOST_TEST((run.system.mode().side(1) == (second > 0 ? Side::below : Side::sliding)));
      }
    }
}

// Put elsewhere where it was about to change the mode, having just changed it: of neither anything is left.
BOOST_AUTO_TEST_CASE(moved_off_two_surfaces) {
  // x1' = x3, x2' = 1: through x1 = 0 and a moment later through x2 = 0.
  Matrix a = Matrix::Zero(3, 3);
  a(0, 2) = 1;
  const test::SmoothField field = test::affine(a, Vector::Unit(3, 1));
  const FilippovSystem smooth({test::plane(Vector::Unit(3, 0), 0), test::plane(Vector::Unit(3, 1), 0)},
                              {field, field, field, field});
  FilippovRun run(smooth, "dopri5", Real(1e-8), Vector(Eigen::Matrix<Real, 3, 1>(-0.1, -0.1001, 1)));
  while (run.steps < 100 && run.stepper.current_state()[1] < 0) run.step(1);
  BOOST_TEST(run.records.size() == 1U);
  BOOST_TEST_REQUIRE((run.system.mode().sides == std::vector<Side>{Side::above, Side::below}));

  const Real t = run.stepper.current_time();
  run.stepper.move(Vector(Eigen::Matrix<Real, 3, 1>(0.5, -1, -1)), t);
  run.drive(t + Real(0.75));
  BOOST_TEST_REQUIRE(run.records.size() == 2U);
  BOOST_TEST(run.records.back().index == 0);
  BOOST_TEST((run.records.back().side == Side::below));
  BOOST_TEST(std::abs(run.records.back().t - (t + Real(0.5))) <= Real(1e-13));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
