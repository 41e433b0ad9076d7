#include "saddleflow/base/least_value.hpp"

#include <boost/math/tools/minima.hpp>
#include <cstdint>
#include <limits>

namespace saddleflow {

Real least_value(const std::function<Real(Real)>& f, Real a, Real b, int most) {
  auto evaluations = static_cast<std::uintmax_t>(most);
  return boost::math::tools::brent_find_minima(f, a, b, std::numeric_limits<Real>::digits / 2, evaluations)
      .second;
}

}  // namespace saddleflow
