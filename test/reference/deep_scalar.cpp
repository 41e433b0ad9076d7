#include "reference/deep_scalar.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

#include "reference/invert.hpp"

namespace saddleflow::reference {

namespace {

Real root_of(int factors, Real s) {
  using std::cbrt;
  using std::sqrt;
  if (factors != 3 && factors != 4) throw std::invalid_argument("DeepScalar: 3 or 4 factors");
  return factors == 3 ? cbrt(s) : sqrt(sqrt(s));
}

}  // namespace

DeepScalar::DeepScalar(int factors, Real s, Real a0)
    : factors_(factors), s_(s), a0_(a0), limit_(root_of(factors, s)) {}

Real DeepScalar::antiderivative(Real a) const {
  using std::atan;
  using std::log;
  using std::sqrt;
  const Real c = limit_;
  if (factors_ == 4) {
    const Real root = c * c;
    return -1 / (2 * a * a) + log((root + a * a) / ((c - a) * (c + a))) / (4 * root);
  }
  const Real root_three = sqrt(Real(3));
  return -1 / a +
         (-log(c - a) + log(a * a + a * c + c * c) / 2 - root_three * atan((2 * a + c) / (root_three * c))) /
             (3 * c);
}

Real DeepScalar::time(Real a) const { return (antiderivative(a) - antiderivative(a0_)) / s_; }

Real DeepScalar::factor(Real t) const {
  const Real upper = limit_ * (1 - std::numeric_limits<Real>::epsilon());
  return invert_increasing([this](Real a) { return time(a); }, t, a0_, upper);
}

}  // namespace saddleflow::reference
