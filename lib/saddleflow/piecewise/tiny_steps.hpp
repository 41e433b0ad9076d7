// Where gradient descent with a tiny step goes from a point on kinks.
#pragma once

#include <cstdint>
#include <vector>

#include "saddleflow/piecewise/local_minimum.hpp"

namespace saddleflow {

/// The counts are round numbers, by judgement: the time taken is proportional to each, and velocities are
/// told apart to one step in a window.
struct TinyStepsOptions {
  int phases = 9;        ///< runs from random phases; most of them decide
  int agreeing = 3;      ///< the first ones decide alone where so many come to `expected`
  int arriving = 200;    ///< steps until the point, so that what is held has come to chatter
  int leaving = 1'000;   ///< steps after it, the second half of which is looked at
  int window = 5'000;    ///< of two means, where that was too short to tell leaving from staying
  int watching = 1'000;  ///< the same while a trajectory stays
  int ending = 500;      ///< the same at the end of a slide
  std::uint64_t seed = 1;
};

/// Where gradient descent on f goes from a point at which kinks meet.
struct TinyStepsEnd {
  /// A local minimiser of F, or, where kinks are trapped, the minimiser on the face of its sides.
  LocalMinimum place;
  /// Per kink; none at a local minimiser. A kink is trapped where F falls away from it, and the steps stay
  /// on it all the same: they go to and fro across several kinks in step with one another, and do not come
  /// by the directions in which F falls.
  std::vector<bool> trapped;
};

/// To where gradient descent on f goes from random phases, the most frequent end first; empty where none was
/// found. It arrives with the kinks on the sides `before`, and meets those of them that are not zero at one
/// point. Near it the loss is f, which is piecewise linear, so that the steps may have any length: no step
/// size is too large here. Explicit steps go to and fro across a kink that is held, and those across one kink
/// are in step with those across another: which side they leave to where F has several local minimisers, or
/// whether they leave a place that is none, is no matter of f's slopes alone, and mostly the same from every
/// phase. `expected`: where a descent on F from the velocity of the arrival ends, found or not.
std::vector<TinyStepsEnd> ends_of_tiny_steps(const PiecewiseLinear& f, const KinkSides& before,
                                             const LocalMinimum& expected, const DescentOptions& descent,
                                             const TinyStepsOptions& options = {});

/// Whether gradient descent stays on all kinks of f, which are held, where F has just begun to fall: asked a
/// little beyond, with `push` as a further velocity. From most phases.
bool tiny_steps_stay_beyond(const PiecewiseLinear& f, const Vector& push,
                            const TinyStepsOptions& options = {});

/// Whether gradient descent on f, all of whose kinks are held, stays on those that are trapped, from some
/// phase at least.
bool tiny_steps_stay(const PiecewiseLinear& f, const std::vector<bool>& trapped,
                     const TinyStepsOptions& options = {});

}  // namespace saddleflow
