#include "saddleflow/record/row_probe.hpp"

namespace saddleflow {

RowProbe::RowProbe(FlowSetup& setup, Objective& analysis)
    : setup_(setup),
      analysis_(analysis),
      flow_(analysis),
      correlation_(analysis),
      polar_(correlation_, setup.parts.polar_flow.energy_unit()),
      probe_(flow_, setup.parts.start, &polar_, setup.rates.units()) {}

void RowProbe::observe(const Vector& x, Observables& out, Real time) {
  if (setup_.parts.kinks) setup_.parts.kinks->share_mode(analysis_);
  probe_.balance().set_log_largest_norms(setup_.parts.probe.balance().log_largest_norms());
  probe_.observe(x, out, time);
}

}  // namespace saddleflow
