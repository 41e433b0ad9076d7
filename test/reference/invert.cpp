#include "reference/invert.hpp"

#include <boost/math/tools/toms748_solve.hpp>
#include <cstdint>
#include <limits>

namespace saddleflow::reference {

Real invert_increasing(const std::function<Real(Real)>& f, Real target, Real lower, Real upper) {
  const auto g = [&](Real x) { return f(x) - target; };
  const Real below = g(lower);
  const Real above = g(upper);
  if (!(below < 0)) return lower;
  if (!(above > 0)) return upper;
  std::uintmax_t iterations = 200;
  const auto bracket = boost::math::tools::toms748_solve(
      g, lower, upper, below, above,
      boost::math::tools::eps_tolerance<Real>(std::numeric_limits<Real>::digits), iterations);
  return bracket.first + (bracket.second - bracket.first) / 2;
}

}  // namespace saddleflow::reference
