#include "saddleflow/base/interruption.hpp"
#include "validation/kinds.hpp"

namespace saddleflow::claims {

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> table = {
      {"early_direction", measure_early_direction}, {"rescaled_curve", measure_rescaled_curve},
      {"kkt_limits", measure_kkt_limits},           {"ray_rate", measure_ray_rate},
      {"escape_angle", measure_escape_angle},       {"first_saddle", measure_reached_saddles},
      {"near_saddle", measure_near_saddle},         {"plateaus", measure_plateaus},
      {"plateau_width", measure_plateau_width},     {"rest_exponent", measure_rest_exponent},
      {"early_bundles", measure_early_bundles},     {"first_singular_values", measure_first_singular_values},
  };
  return table;
}

Report measure_claim(const StudyTable& study, const Options& options) {
  if (!study.has("claim.kind")) study.fail("claim.kind", "missing, the study states no claim");
  const InterruptScope scope(options.interrupt);
  const std::string name = study.text("claim.kind");
  for (const Kind& kind : kinds())
    if (kind.name == name) return kind.measure(study, options);
  study.fail("claim.kind", "found " + name + ", which nothing measures");
}

}  // namespace saddleflow::claims
