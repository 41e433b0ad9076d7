#include "saddleflow/integrate/flow_stepping.hpp"

#include <cmath>

namespace saddleflow {

StepperOptions flow_stepping(const Network& network, Real rtol, Real energy_unit, Real kappa) {
  StepperOptions options;
  const ParameterGroups& groups = network.groups();
  options.groups = {groups.first, groups.second, groups.count};
  options.error.rtol = rtol;
  options.error.displacement = kappa * std::sqrt(rtol);
  options.error.quadratures = 1;
  options.error.quadrature_scale = energy_unit > 0 ? energy_unit : Real(1);
  options.smooth = network.activation().is_polynomial();
  return options;
}

}  // namespace saddleflow
