// What the kinds of skeletons share. Not part of the interface of the room.
#pragma once

#include "saddleflow/skeleton/skeleton.hpp"

namespace saddleflow {

Skeleton diagonal_skeleton(Objective& objective, const Vector& direction, const SkeletonOptions& options);
Skeleton neuron_skeleton(Objective& objective, const Vector& direction, const SkeletonOptions& options);

/// Loss, outputs and, where asked for, the certificates of a jump whose weights are there.
void complete_jump(Objective& objective, const SkeletonOptions& options, SkeletonJump& jump,
                   WorkCounters& work);

/// -l'(H(X; w), Y), outputs x n.
Matrix residual_at(Objective& objective, const Vector& w);

}  // namespace saddleflow
