// On which sides of kinks that meet at one point the flow goes on.
#pragma once

#include <vector>

#include "saddleflow/network/sliding_manifold.hpp"
#include "saddleflow/ode/switching/switched_system.hpp"
#include "saddleflow/piecewise/piecewise_linear.hpp"

namespace saddleflow {

/// How the trajectory comes to the kinks of one group, one entry a kink of its model.
struct GroupArrival {
  KinkSides sides;            ///< until now
  std::vector<bool> hit;      ///< reached now, or at the end of their slide
  std::vector<bool> trapped;  ///< until now, see Mode::trapped
  Real ended = 0;             ///< margins up to this part of their terms have ended
};

struct GroupDecision {
  bool resolved = false;
  KinkSides sides;
  std::vector<bool> trapped;
  std::vector<std::size_t> branching;  ///< kinks with another side at another minimiser
  bool sampled = false;  ///< the kinks have too many rays: what was decided on is a sample of them
};

/// To the minimiser of F(c) = f(c) + |c|^2 / 2 on whose side the trajectory arrives (THEORY.md, section 5,
/// when kinks coincide); where there are several, or gradient descent stays at a place that is none, to where
/// gradient descent with a tiny step goes. With the velocity of the sides
/// until now where it arrives, from rest where it starts.
GroupDecision decide_group(const KinkModel& model, const GroupArrival& arrival, Entry entry);

}  // namespace saddleflow
