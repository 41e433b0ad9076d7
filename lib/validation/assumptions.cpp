#include "validation/assumptions.hpp"

#include <fmt/format.h>

namespace saddleflow::claims {

void require_smooth_gradient(const StudyTable& study, const Network& network, const std::string& paper) {
  if (!network.traits().kinked()) return;
  study.fail("network.power", fmt::format("found {} with kinks, {} asks for gradients without jumps",
                                          network.activation().power(), paper));
}

void require_degree_above_two(const StudyTable& study, const Network& network, const std::string& paper) {
  if (network.degree() > 2) return;
  study.fail("network.layers", fmt::format("found a network of degree {}, {} asks for a degree above 2",
                                           network.degree(), paper));
}

void require_isolated_directions(const StudyTable& study, const Network& network, const std::string& paper) {
  if (!network.traits().rotates()) return;
  study.fail(
      "network.kind",
      fmt::format("found {}, whose hidden neurons can be rotated: its KKT points are families, {} asks for "
                  "second-order positive ones",
                  network.kind(), paper));
}

}  // namespace saddleflow::claims
