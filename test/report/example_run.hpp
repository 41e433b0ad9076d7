// A made-up run with the shape of saddle-to-saddle dynamics, for the tests of the report.
#pragma once

#include "saddleflow/report/run_data.hpp"

namespace saddleflow::report {

/// A two-layer network whose modes are learnt one after the other, each by the closed form of the balanced
/// scalar product (THEORY.md, V1); neurons turn towards their mode before it grows. Two saddles, a final
/// minimum. `inputs` = 2 gives a run in the plane.
RunData example_run(int inputs, int neurons = 20);

/// A diagonal linear network in the same style.
RunData example_diagonal_run(int inputs);

/// Adds four KKT points of a two-layer network, the first with the directions of the run's end, and how the
/// snapshots lie to it.
void add_example_kkt(RunData& run);

/// Adds a catalogue of five critical points, one of them not visited; the saddles become visits.
void add_example_saddles(RunData& run);

/// Adds mode changes of eight samples on the circle to a run in the plane.
void add_example_modes(RunData& run);

/// Adds the singular values of the run's two layers and of their product, one for each mode, and how many of
/// them have been learnt.
void add_example_measures(RunData& run);

/// What is left in a file that has no trajectory.
RunData without_trajectory(RunData run);

}  // namespace saddleflow::report
