#include "saddleflow/pursuit/dormant.hpp"

#include "saddleflow/correlation/separable.hpp"
#include "saddleflow/pursuit/dormant_kinds.hpp"

namespace saddleflow {

namespace {

/// sigma is s or s^2: the hidden layer may be rotated.
bool has_rotations(const Network& network) {
  return network.degree() == 2 && network.activation().is_polynomial();
}

}  // namespace

std::unique_ptr<Dormant> make_dormant(const Objective& objective, const Vector& direction) {
  if (!is_separable(objective.network())) return deep_clocks(objective, direction);
  if (objective.network().degree() > 2) return blow_up_clocks(objective, direction);
  if (has_rotations(objective.network())) return mode_clocks(objective, direction);
  return log_clocks(objective, direction);
}

}  // namespace saddleflow
