#include "saddleflow/integrate/flow_stepping.hpp"

#include <cmath>
#include <vector>

#include "saddleflow/flow/piecewise_flow.hpp"

namespace saddleflow {
namespace {

// Where the activation is linear on either side a neuron's incoming weights may pass through zero in finite
// time (balance leaves them the difference to the outgoing ones) and must not be resolved down to that: the
// neuron's size is that of both.
void merge_rows_and_columns(ErrorGroups& groups) {
  const int neurons = groups.count / 2;
  for (std::vector<int>* member : {&groups.first, &groups.second})
    for (int& group : *member)
      if (group >= 0) group %= neurons;
  groups.count = neurons;
}

}  // namespace

StepperOptions flow_stepping(const Network& network, Real rtol, Real energy_unit, Real kappa) {
  StepperOptions options;
  const ParameterGroups& groups = network.groups();
  options.groups = {groups.first, groups.second, groups.count, {}};
  if (PiecewiseFlow::applies_to(network) && network.layout().layer_count() > 1)
    merge_rows_and_columns(options.groups);
  options.error.rtol = rtol;
  options.error.displacement = kappa * std::sqrt(rtol);
  options.error.quadratures = 1;
  options.error.quadrature_scale = energy_unit > 0 ? energy_unit : Real(1);
  options.smooth = network.activation().is_polynomial();
  // dop853 has twelve stages of it: with less, its steps hang where rounding is all the error they have, well
  // below the stability limit that hands a plateau over to the stiff method.
  if (options.smooth) options.error.rounding = 1000;
  return options;
}

}  // namespace saddleflow
