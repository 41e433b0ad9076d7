// What a trajectory does on switching surfaces that it has reached: cross, slide, or leave.
#pragma once

#include <string>
#include <vector>

#include "saddleflow/base/mode_change_kind.hpp"
#include "saddleflow/ode/switching/switched_system.hpp"

namespace saddleflow {

/// One switch that changed its side.
struct ModeChange {
  Index index = 0;
  ModeChangeKind kind = ModeChangeKind::cross;
  Side side = Side::below;  ///< afterwards
};

std::vector<ModeChange> changes_between(const Mode& before, const Mode& after);

/// Those on whose surfaces the trajectory is: sliding before, hit, or moved; ascending.
std::vector<Index> switches_at_zero(const Mode& before, const Mode& after, const std::vector<Index>& hit);

struct Transition {
  bool resolved = true;  ///< false: no consistent choice of sides was found
  std::string failure;   ///< what does not fit then
  std::vector<ModeChange> changes;
  /// Switches that leave z = 0 with the new mode, and how: with z' /= 0 (1), or released, with z' = 0 (2).
  struct Departure {
    Index index;
    int order;
  };
  std::vector<Departure> departures;
  /// Switches that could have gone to another side than the one taken.
  std::vector<Index> branching;
  bool sampled = false;  ///< see Decision
};

/// Finds the mode in which the trajectory goes on from x, which lies on the surfaces of `hit` and of the
/// sliding switches, and sets it in the system: the system's own decision where it has one, else a search.
/// Consistent are: above with z' >= 0, below with z' <= 0, sliding with a slope in [low, high]. First every
/// switch that was hit goes on to the far side; one that neither side will have slides; a slope outside its
/// interval is released to that side; what these changes upset is tried again, one at a time when all at once
/// do not settle. The system's contradiction() checks the mode. Where nothing fits the mode stays what it
/// was.
Transition resolve_transition(SwitchedSystem& system, const Vector& x, const std::vector<Index>& hit,
                              Entry entry);

}  // namespace saddleflow
