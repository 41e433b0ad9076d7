// All KKT points of the constrained NCF that random starts lead to.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "saddleflow/correlation/kkt_point.hpp"
#include "saddleflow/problem/correlation.hpp"

namespace saddleflow {

/// Starts of a search that is one of many, for a neuron say: basins of a share of 10 % are missed once in 29
/// searches, 0.9^32.
inline constexpr Index kStartsOfMany = 32;

struct KktSearchOptions {
  Index starts = 64;  ///< basins of a share of 5 % are missed once in 27 searches: 0.95^64
  std::uint64_t seed = 1;
  Real tolerance = kKktTolerance;  ///< on KktPoint::residual
  /// Besides the ascents, as many descents: the minimisers, KKT points of negative value. They have no basin
  /// share.
  bool descend = true;
  const std::atomic<bool>* interrupt = nullptr;
  std::function<void(Index done, Index of)> progress = {};
};

/// Points that are one modulo neuron permutation, sign and rescaling symmetries (and members of one
/// continuous family, as long as the outputs on the data stay the same) are one entry, represented by a point
/// with the most active neurons; highest value first.
struct KktTable {
  std::vector<KktEntry> entries;
  std::uint64_t seed = 0;
  Index starts = 0;      ///< ascents made
  Index unresolved = 0;  ///< of them, ended above the tolerance (their points are not in the table)
  bool interrupted = false;
  WorkCounters work;
};

/// From each start the projected NCF flow u' = grad N - D N u, whose basins are those of the NCF flow's
/// directions, then a trust-region endgame to the tolerance. Entries are certified (certificate.hpp). The
/// sequence of random numbers depends on seed and size alone. Throws InputError for starts < 1.
KktTable find_kkt_points(Correlation& correlation, const KktSearchOptions& options);

/// The KKT point that `direction` (any length > 0) is close to: trust region on the sphere, ascending where
/// there is a way up, towards the nearest stationary point near one. Its residual tells how good it is.
KktPoint polish_kkt_point(Correlation& correlation, const Vector& direction, Real tolerance = kKktTolerance);

/// Whether two KKT points are one modulo the symmetries of the network: they have the same value and the
/// networks agree on the data.
bool equivalent(Correlation& correlation, const Vector& a, const Vector& b, Real tolerance = kSameOutputs);

}  // namespace saddleflow
