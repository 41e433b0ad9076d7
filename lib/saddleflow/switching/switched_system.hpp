// Differential equations that are smooth between switching surfaces z_k(x) = 0, and what a trajectory may do
// on one.
#pragma once

#include <cstdint>
#include <vector>

#include "saddleflow/base/real.hpp"
#include "saddleflow/stepper/system.hpp"

namespace saddleflow {

/// Sliding slopes are known to rounding: this far beyond a bound, as a part of the interval, they are inside.
inline constexpr Real kSlopeTolerance = Real(1e-10);

/// Where the trajectory is in respect of one switching surface.
enum class Side : std::int8_t { below = -1, sliding = 0, above = 1 };

/// The sides of all switches. While they stay, the field is smooth; it is continued smoothly beyond them.
struct Mode {
  std::vector<Side> sides;
  std::vector<Index> sliding;  ///< the switches on Side::sliding, ascending

  Side side(Index k) const { return sides[static_cast<std::size_t>(k)]; }
  void set(Index k, Side side);
};

/// The values of one switching function at the nodes of a step.
struct SwitchPath {
  Index index = 0;
  std::vector<Real> values;
};

/// x' = f(x; s), one slope s_k in [low, high] a switch, f affine in each: s_k = low where z_k < 0, high where
/// z_k > 0. On a surface that the field of neither side leaves, the trajectory slides: s_k then is what keeps
/// z_k' = 0 (A. F. Filippov, Differential equations with discontinuous right-hand sides, 1988). Autonomous.
/// Everything but prepare() and set_mode() is a function of the mode and the arguments.
class SwitchedSystem {
 public:
  virtual ~SwitchedSystem() = default;

  virtual Index switch_count() const = 0;
  virtual Real low() const { return 0; }
  virtual Real high() const { return 1; }
  /// Degree of the switching functions as polynomials of x within a mode (an upper bound).
  virtual int degree() const { return 1; }

  virtual void set_mode(const Mode& mode) = 0;
  virtual const Mode& mode() const = 0;
  /// The right-hand side in the mode, sliding slopes included; valid as long as this object.
  virtual System field() = 0;

  /// z of all switches. Without regard of the sides where `z` decides on them first: set_mode() has not been
  /// called.
  virtual void values(const Vector& x, Vector& z) = 0;
  /// z' of these along the field of the mode, and the natural unit of each: |grad z_k| |f|.
  virtual void rates(const Vector& x, const std::vector<Index>& which, Vector& rate, Vector& unit) = 0;
  /// s of mode().sliding. A slope that nothing depends on is inside [low, high].
  virtual void slopes(const Vector& x, Vector& s) = 0;
  /// With every slope of mode().sliding free in [low, high] on its own: those of the velocity of least norm,
  /// and how each is attracted: d z_k' / d s_k < 0 (positive here) makes its surface attractive. False for a
  /// system to which norms mean nothing.
  virtual bool least_norm(const Vector& /*x*/, Vector& /*s*/, Vector& /*attraction*/) { return false; }
  /// Moves x onto z_k = 0 for these and the sliding ones, by the least change that does to first order.
  virtual void project(Vector& x, const std::vector<Index>& which) = 0;
  /// Largest |z_k| of the sliding switches against its rounding unit |grad z_k| |x|.
  virtual Real drift(const Vector& x) = 0;

  /// Switches whose function may change its sign along a step, with their values at these states of it, the
  /// first of which is its start. Those that surely do not may be left out: this is what makes the search
  /// cheap.
  virtual void paths(const std::vector<Vector>& nodes, std::vector<SwitchPath>& out) = 0;
  /// Some switches may be zero at x only because all that they depend on of `touching` (hit or sliding ones)
  /// are: they have no choice of their own. Lists them, not sliding any more in `mode`, on the sides to which
  /// the sides of the others in `mode` lead.
  virtual void settle_dependents(const Vector& /*x*/, const std::vector<Index>& /*touching*/, Mode& /*mode*/,
                                 std::vector<Index>& dependents) {
    dependents.clear();
  }
  /// Where x, which was `before` at the start of the step, lies on so many of the surfaces `hit` that it has
  /// lost the direction which decides on its sides: moves it beside them, sets those sides in `mode`, and
  /// drops the switches from `hit`. False where there is no such thing.
  virtual bool pass_degenerate(const Vector& /*before*/, Vector& /*x*/, std::vector<Index>& /*hit*/,
                               Mode& /*mode*/) {
    return false;
  }
};

}  // namespace saddleflow
