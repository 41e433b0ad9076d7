// The KKT points of the constrained NCF that a search from random starts finds.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "saddleflow/base/workers.hpp"
#include "saddleflow/correlation/kkt_point.hpp"
#include "saddleflow/problem/correlation.hpp"

namespace saddleflow {

/// Number of starts of a search that is one of many, for example for a neuron. A basin with a share of 10 %
/// is missed in one of 29 searches (0.9^32).
inline constexpr Index kStartsOfMany = 32;

struct KktSearchOptions {
  Index starts = 64;  ///< a basin with a share of 5 % is missed in one of 27 searches (0.95^64)
  std::uint64_t seed = 1;
  Real tolerance = kKktTolerance;  ///< on KktPoint::residual
  /// Make as many descents as ascents. They find the minimisers, KKT points of negative value, which have no
  /// basin share.
  bool descend = true;
  const std::atomic<bool>* interrupt = nullptr;
  /// Called by one thread at a time, not always the caller's.
  std::function<void(Index done, Index of)> progress = {};
  /// The threads that climb; null: the caller's alone. The result does not depend on their number.
  Workers* workers = nullptr;
};

/// Points that differ by permutations, signs and rescalings of neurons are one entry, and so are the members
/// of a continuous family whose outputs on the data are the same. A point with the largest number of active
/// neurons represents the entry. The highest value comes first.
struct KktTable {
  std::vector<KktEntry> entries;
  std::uint64_t seed = 0;
  Index starts = 0;      ///< ascents made
  Index unresolved = 0;  ///< of them, ended above the tolerance (their points are not in the table)
  bool interrupted = false;
  /// Points that have been found, but that an interruption has left without certificate; they are not in the
  /// table.
  Index not_certified = 0;
  /// In evaluations of the whole network: those of one neuron of m count as a part of m.
  WorkCounters work;
};

/// From each start the projected NCF flow u' = grad N - D N u, whose basins are those of the NCF flow's
/// directions, then a trust-region endgame to the tolerance; where N is a sum over neurons, neuron by neuron
/// (neuron_ascent.hpp). Entries are certified (certificate.hpp). The
/// sequence of random numbers depends on seed and size alone. Throws InputError for starts < 1.
KktTable find_kkt_points(Correlation& correlation, const KktSearchOptions& options);

/// The KKT point near `direction`, which may have any length > 0. A trust-region method on the sphere
/// ascends; near a stationary point it converges to that point. The residual of the result measures its
/// accuracy.
KktPoint polish_kkt_point(Correlation& correlation, const Vector& direction, Real tolerance = kKktTolerance);

/// Whether two KKT points are the same modulo the symmetries of the network: they have the same value, and
/// the two networks agree on the data.
bool equivalent(Correlation& correlation, const Vector& a, const Vector& b, Real tolerance = kSameOutputs);

}  // namespace saddleflow
