#include "validation/power_law.hpp"

#include <algorithm>
#include <cmath>

namespace saddleflow::claims {

PowerLaw fit_power_law(const std::vector<Real>& sizes, const std::vector<Real>& errors, Real floor) {
  std::vector<Real> x, y;
  for (std::size_t i = 0; i < std::min(sizes.size(), errors.size()); ++i)
    if (std::isfinite(errors[i]) && errors[i] > floor) {
      x.push_back(std::log(sizes[i]));
      y.push_back(std::log(errors[i]));
    }
  PowerLaw law;
  law.points = static_cast<Index>(x.size());
  if (law.points < 2) return law;
  const Eigen::Map<const Vector> xs(x.data(), law.points), ys(y.data(), law.points);
  const Vector centred = xs.array() - xs.mean();
  law.exponent = centred.dot(ys) / centred.squaredNorm();
  law.log_factor = ys.mean() - law.exponent * xs.mean();
  law.scatter = (ys - law.exponent * xs).array().operator-(law.log_factor).abs().maxCoeff();
  law.decades = (xs.maxCoeff() - xs.minCoeff()) / std::log(Real(10));
  return law;
}

}  // namespace saddleflow::claims
