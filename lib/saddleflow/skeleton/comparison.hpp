// Sequences of critical points side by side: those of a skeleton, of flows from small starts, of a pursuit.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "saddleflow/pursuit/neuron_pursuit.hpp"
#include "saddleflow/skeleton/skeleton.hpp"

namespace saddleflow {

/// A critical point on the way from the origin. Points with the same outputs on the data are the same one,
/// modulo the symmetries of the network.
struct SaddleStop {
  Real time = std::numeric_limits<Real>::quiet_NaN();  ///< slow, of the jump to it; NaN: it has none
  Real loss = 0;
  Matrix outputs;                     ///< outputs x n
  std::vector<Index> active_neurons;  ///< per hidden layer
  Real after = 0;                     ///< see SkeletonJump::after
};

struct SaddleSequence {
  std::string name;
  std::vector<SaddleStop> stops;  ///< in the order of time, the origin left out
};

SaddleSequence sequence_of(const Skeleton& skeleton);
/// Of the rounds of a pursuit on these data: `family` as NeuronPursuit takes it.
SaddleSequence sequence_of(const std::vector<PursuitRound>& rounds, const Network& family,
                           const Dataset& data, const Loss& loss);

/// ||H_1 - H_2|| / ||H_1||, where H_1 = 0 without the denominator; infinity for outputs of different shapes.
Real output_distance(const Matrix& first, const Matrix& second);

/// Two stops that are the same point, or one that the other sequence does not have (-1).
struct StopMatch {
  Index first = -1, second = -1;  ///< into the sequences
  Real output_distance = 0;       ///< ||H_1 - H_2|| / ||H_1||
  Real loss_difference = 0;       ///< L_2 - L_1
  /// Of slow times, second - first; after the first stop of those since it, where there are such. NaN where
  /// one has none, or the first stops are not the same.
  Real time_difference = 0;
  bool same_active_neurons = false;  ///< in every layer

  bool is_pair() const { return first >= 0 && second >= 0; }
};

/// Outputs of two stops that are one: between the errors of what a flow of finite delta comes close to and
/// the differences of saddles. By judgement.
inline constexpr Real kSameStop = Real(1e-3);

/// The longest common subsequence, two stops being one where their outputs are within `tolerance` of one
/// another, relative; of those the one with the least sum of distances. Ordered by both sequences.
std::vector<StopMatch> match_sequences(const SaddleSequence& first, const SaddleSequence& second,
                                       Real tolerance = kSameStop);

}  // namespace saddleflow
