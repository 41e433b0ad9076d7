// The plateaus of one flow, as claims count them.
#pragma once

#include <string>
#include <vector>

#include "saddleflow/base/real.hpp"
#include "validation/claim.hpp"

namespace saddleflow::claims {

/// Of a flow from its start to the study's flow.t_end.
struct PlateauRun {
  std::vector<Real>
      losses;  ///< at the closest approach of each critical point that was visited and left, in order
  Real escape =
      0;  ///< time at which the loss had fallen by the study's events.escape.fraction; infinity: never
  Real final_loss = 0;
  std::string failure;  ///< of the integration, in words
};

/// The flow of the study with these overrides ("section.key=value"). Throws Interrupted.
PlateauRun follow_plateaus(const StudyTable& study, const std::vector<std::string>& overrides,
                           const Options& options);

/// claim.source with claim.standing; InputError without the first.
std::string statement_of(const StudyTable& study);

}  // namespace saddleflow::claims
