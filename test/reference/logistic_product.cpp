#include "reference/logistic_product.hpp"

#include <boost/math/special_functions/expint.hpp>
#include <cmath>

#include "reference/invert.hpp"

namespace saddleflow::reference {

Real LogisticProduct::time(Real q) const {
  using std::log;
  return (log(q / q0_) + boost::math::expint(q) - boost::math::expint(q0_)) / 4;
}

Real LogisticProduct::product(Real t) const {
  Real upper = 2 * q0_;
  while (time(upper) < t) upper *= 2;
  return invert_increasing([this](Real q) { return time(q); }, t, q0_, upper);
}

}  // namespace saddleflow::reference
