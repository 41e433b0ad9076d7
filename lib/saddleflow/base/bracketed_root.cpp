#include "saddleflow/base/bracketed_root.hpp"

#include <boost/math/tools/toms748_solve.hpp>
#include <cstdint>

namespace saddleflow {

RootBracket bracketed_root(const std::function<Real(Real)>& f, Real a, Real b, Real at_a, Real at_b,
                           const std::function<bool(Real, Real)>& close) {
  // TOMS 748 halves the bracket with four evaluations at worst: fifty halvings, all the digits of a double.
  constexpr std::uintmax_t kMostOfARoot = 200;
  std::uintmax_t evaluations = kMostOfARoot;
  const auto [left, right] = boost::math::tools::toms748_solve(f, a, b, at_a, at_b, close, evaluations);
  return {left, right};
}

}  // namespace saddleflow
