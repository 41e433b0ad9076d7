// Filippov systems whose switch times and states have closed forms.
#pragma once

#include <string>
#include <vector>

#include "ode/switching/filippov.hpp"

namespace saddleflow::test {

struct FilippovCase {
  std::string name;
  FilippovSystem system;
  Vector start;
  Real end = 0;
  std::vector<SwitchRecord> expected;
  Vector final_state;
};

/// A brick on a belt of speed v: x'' = -x + friction, Coulomb's mu, below the belt's speed with kappa (x' -
/// v) of negative damping. Crosses, sticks, slips, sticks again: five cycles.
FilippovCase brick_on_belt();
/// The same without damping, from fast: crosses the belt's speed from above and from below.
FilippovCase fast_brick();
/// x'' = -sign x: crosses for ever.
FilippovCase relay();
/// x'' = -sign(x + x'): crosses once, then slides into the origin.
FilippovCase sliding_relay();
/// Pushed inwards outside the unit circle and outwards inside, with a wind: slides along the circle and is
/// released tangentially.
FilippovCase windy_circle();
/// Two planes in R^4: slides on one, then on both, then is released from the first.
FilippovCase two_planes();
/// Reaches both at once.
FilippovCase corner_hit();

std::vector<FilippovCase> filippov_cases();

}  // namespace saddleflow::test
