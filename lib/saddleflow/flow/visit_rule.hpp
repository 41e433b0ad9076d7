// When the flow visits a critical point: the rule on r that both a running flow and a stored one follow.
#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "saddleflow/base/real.hpp"
#include "saddleflow/network/network.hpp"
#include "saddleflow/problem/loss.hpp"

namespace saddleflow {

/// A visit is close where the proximity r (see Probe) falls below the first, until it rises above the second
/// (hysteresis: r is 1 in jumps, and what hovers about one number is one visit).
inline constexpr Real kVisitEnter = Real(1e-2), kVisitLeave = Real(2e-2);
/// And every dip of ln r is a visit beside which r is larger by this factor on both sides: the plateaus of a
/// loss curve that a person sees (THEORY.md, section 3).
inline constexpr Real kVisitProminence = 2;
/// A dip reaches below this: r is more than 1 near the origin and O(1) in jumps, where a shoulder of the loss
/// that is no plateau makes r dip to about a half. By judgement. Of losses without an attained infimum r has
/// the degree as its unit, and this times the degree is the level.
inline constexpr Real kShallowest = Real(1) / 3;

/// Below this r is rounding noise and has no meaningful minimum: a gradient is what sums through all layers
/// and over all samples leave of one another.
inline constexpr Real kProximityNoise = 1000 * std::numeric_limits<Real>::epsilon();

/// One visit, as r(t) tells. THEORY.md, section 3.
///   A dip begins where r has fallen by the factor `prominence` below its last maximum, and below
/// the level `shallowest`. It is a visit that ends where r has risen by this factor above its minimum. A
/// close visit begins where r falls below `enter` and ends where it rises above `leave`, however low its
/// minimum.
///   Where the gradient jumps at kinks r jumps too, within one plateau by up to a factor of three: there a
/// visit ends only when r has risen tenfold, or the loss has fallen by a twentieth.
struct VisitRule {
  Real enter = kVisitEnter, leave = kVisitLeave;
  Real prominence = kVisitProminence;  ///< 0: close visits only
  bool kinked = false;                 ///< r jumps
  Real shallowest = kShallowest;

  bool finds_dips() const { return prominence > 0; }
  /// A dip begins below this r. `farthest`: largest r since the last visit was left.
  Real dip_level(Real farthest) const;
  /// Negative while the visit lasts. `nearest`: least r of the visit, where the loss was `nearest_loss`.
  Real overdue(bool close, Real nearest, Real nearest_loss, Real r, Real loss) const;
};

/// For the flow of this network and loss.
VisitRule make_visit_rule(const Network& network, const Loss& loss, Real enter, Real leave, Real prominence);

/// A visit in a sequence of rows.
struct VisitRows {
  std::size_t enter = 0, closest = 0;  ///< first row below the level, row of the least r
  std::optional<std::size_t> leave;    ///< none: the rows end within it
  bool close = false;                  ///< r has fallen below VisitRule::enter
};

/// Follows the rule from row to row.
class VisitScan {
 public:
  explicit VisitScan(const VisitRule& rule) : rule_(rule) {}

  /// The next row. True where it is the nearest of its visit so far.
  bool add(Real r, Real loss);
  /// Visits that have ended, in the order of time.
  const std::vector<VisitRows>& ended() const { return ended_; }
  /// The one that has not, close or not.
  const std::optional<VisitRows>& under_way() const { return visit_; }

 private:
  bool begin(Real r, Real loss);
  void approach(Real r, Real loss);

  VisitRule rule_;
  std::size_t row_ = 0;
  std::optional<VisitRows> visit_;
  Real farthest_ = 0, nearest_ = 0, nearest_loss_ = 0;
  std::vector<VisitRows> ended_;
};

/// The visits in rows of r and of the loss, of equal length, in the order of time: one pass. An unfinished
/// dip is no visit unless it is close. std::invalid_argument for unequal lengths.
std::vector<VisitRows> find_visits(std::span<const double> proximity, std::span<const double> loss,
                                   const VisitRule& rule);

}  // namespace saddleflow
