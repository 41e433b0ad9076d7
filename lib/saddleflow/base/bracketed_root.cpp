#include "saddleflow/base/bracketed_root.hpp"

#include <boost/math/tools/toms748_solve.hpp>
#include <cstdint>

namespace saddleflow {

RootBracket bracketed_root(const std::function<Real(Real)>& f, Real a, Real b, Real at_a, Real at_b,
                           const std::function<bool(Real, Real)>& close) {
  std::uintmax_t evaluations = 200;
  const auto [left, right] = boost::math::tools::toms748_solve(f, a, b, at_a, at_b, close, evaluations);
  return {left, right};
}

}  // namespace saddleflow
