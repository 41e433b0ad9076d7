#pragma once

namespace saddleflow {

/// What the pre-activation of a neuron at a sample does at zero: it passes, is caught there (sliding begins),
/// or leaves; or, at a branching, it could as well have gone to another side than the one it is on now. The
/// numbers are those of the run file.
enum class ModeChangeKind { cross = 0, enter = 1, release = 2, branch = 3 };

}  // namespace saddleflow
