// w(0) beside a stored saddle: the setting of P4.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "saddleflow/base/named_enum.hpp"
#include "saddleflow/base/real.hpp"
#include "saddleflow/network/network.hpp"

namespace saddleflow {

/// Which side of a direction.
enum class StartSign { plus, minus };

template <>
inline constexpr auto enum_table<StartSign> = named_enum<StartSign>("sign", {{StartSign::plus, "+"},
                                                                             {StartSign::minus, "-"}});

/// The weights that a random direction moves.
enum class MovedWeights {
  zero,  ///< those of the neurons that are zero at the point
  kept,  ///< those of the others
  all
};

template <>
inline constexpr auto enum_table<MovedWeights> = named_enum<MovedWeights>("moved weights",
                                                                          {{MovedWeights::zero, "zero"},
                                                                           {MovedWeights::kept, "kept"},
                                                                           {MovedWeights::all, "all"}});

struct SaddleStart {
  std::string file;       ///< written by sf-saddles
  std::int64_t row = 1;   ///< of /catalogue, from 1
  Real delta = 0;         ///< distance from the point
  bool relative = false;  ///< `delta` is a multiple of the norm of the point
  /// None: those of the zero neurons, all where there are none.
  std::optional<MovedWeights> moved;
  std::uint64_t seed = 1;  ///< of a random direction
  /// Along this way down of the point, from 1, in the order in which sf-saddles lists them (rows of
  /// /escapes); 0: none.
  std::int64_t escape = 0;
  StartSign sign = StartSign::plus;
  std::string direction;  ///< along the one of this text file, a weight a line; empty: none
};

/// The point, and `delta` times a unit vector: of the way down, of the file, or a random one of the weights
/// that `moved` says. InputError: no such row, way or table, a point of another network, a direction of
/// another length or that is zero, the other side of a KKT point (no way down), no weights of the kind to
/// move, a relative distance from the origin.
Vector weights_beside_saddle(const SaddleStart& start, const Network& network);

/// Where it starts, for /run of its file: start_file, start_run_id, start_point, start_kind, start_delta,
/// start_direction, and start_clock, the flow time of that file's visit nearest to the point, from which its
/// clock goes on; "unknown" where no run has visited it.
std::vector<std::pair<std::string, std::string>> provenance_of(const SaddleStart& start);

/// The overrides "init.kind=..." of a study for `--from FILE:ROW --along WAY --sign SIGN --perturb DELTA`;
/// `along` is the number of a way down, a file, or empty. InputError for a source that is not of this form.
std::vector<std::string> start_overrides(const std::string& source, double delta,
                                         const std::string& along = "", const std::string& sign = "+");
/// FILE of "FILE:ROW".
std::string file_of(const std::string& source);

}  // namespace saddleflow
