#include "saddleflow/skeleton/inactive_clocks.hpp"

#include "saddleflow/correlation/separable.hpp"
#include "saddleflow/skeleton/inactive_clock_kinds.hpp"

namespace saddleflow {

namespace {

/// sigma is s or s^2: the hidden layer may be rotated.
bool has_rotations(const Network& network) { return network.degree() == 2 && network.traits().rotates(); }

}  // namespace

std::unique_ptr<InactiveClocks> make_inactive_clocks(const Objective& objective, const Vector& direction) {
  const Network& network = objective.network();
  if (!is_separable(network))
    return network.traits().mixes() ? deep_mode_clocks(objective, direction)
                                    : deep_clocks(objective, direction);
  if (network.degree() > 2) return blow_up_clocks(objective, direction);
  if (has_rotations(network)) return mode_clocks(objective, direction);
  return log_clocks(objective, direction);
}

}  // namespace saddleflow
