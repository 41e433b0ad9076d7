// Differential equations that are smooth between switching surfaces z_k(x) = 0, and what a trajectory may do
// on one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "saddleflow/base/mode_change_kind.hpp"
#include "saddleflow/base/real.hpp"
#include "saddleflow/ode/stepper/system.hpp"

namespace saddleflow {

/// Sliding slopes are known to rounding: this far beyond a bound, as a part of the interval, they are inside.
inline constexpr Real kSlopeTolerance = Real(1e-10);
/// Rates are known to rounding, states on a surface to that of the search: this part of its unit is no rate.
inline constexpr Real kRateTolerance = Real(1e-10);
/// A slide ends where its margin is zero, as far as the search tells: margins up to this, about the square
/// root of rounding, are zero there, and those of other slides end with it.
inline constexpr Real kEndedSlide = Real(1e-8);
/// A switch that has just been released leaves with z' = 0, as far as the time of that is known: this part of
/// its unit. By judgement some powers of ten above kEndedSlide, as a rate is a sum over many slopes.
inline constexpr Real kReleaseTolerance = Real(1e-6);

/// The sides of all switches. While they stay, the field is smooth; it is continued smoothly beyond them.
struct Mode {
  std::vector<Side> sides;
  std::vector<Index> sliding;  ///< the switches on Side::sliding, ascending
  /// Those of the sliding ones, ascending, on which the trajectory stays though the field would let it leave:
  /// solutions are not unique there. Which one is the trajectory is the system's to say, see
  /// SwitchedSystem::margin().
  std::vector<Index> trapped;

  Side side(Index k) const { return sides[static_cast<std::size_t>(k)]; }
  /// Not trapped.
  void set(Index k, Side side);
  /// Sliding and trapped.
  void trap(Index k);
  bool is_trapped(Index k) const;
};

/// How the trajectory is at the surfaces where it has to go on: it comes from the sides of the present mode,
/// or it begins there.
enum class Entry { arriving, starting };

/// What a system that knows how it goes on from a surface says.
struct Decision {
  bool resolved = false;
  bool checked = false;  ///< contradiction() has nothing to add
  std::string failure;   ///< what does not fit, where it is not resolved
  Mode mode;
  /// Switches that could have gone to another side than the one taken: the flow branches.
  std::vector<Index> branching;
  bool sampled = false;  ///< too many ways to look at all of them: it may be wrong
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
  /// Returns how far, in units of what is moved.
  virtual Real project(Vector& x, const std::vector<Index>& which) = 0;
  /// Whether project() also says where the state goes from a surface: beside it, as far as nobody can tell
  /// from it. Then it is called at the start, too, for what lies on a surface there, and crossings are looked
  /// for from where it has put the state.
  virtual bool jumps() const { return false; }
  /// Largest |z_k| of the sliding switches against its rounding unit |grad z_k| |x|.
  virtual Real drift(const Vector& x) = 0;

  /// Switches whose function may change its sign along a step, with their values at these states of it, the
  /// first of which is its start. Those that surely do not may be left out: this is what makes the search
  /// cheap.
  virtual void paths(const std::vector<Vector>& nodes, std::vector<SwitchPath>& out) = 0;
  /// How far the slide is from its end, at x: positive while it goes on, negative where it has to end, in
  /// units in which rounding is kSlopeTolerance. Continuous within a mode; infinite where nothing slides. By
  /// default the least distance of a slope from the ends of [low, high], as a part of it.
  virtual Real margin(const Vector& x);
  /// The sliding switches that leave their surfaces where the margin is at most this.
  virtual std::vector<Index> leaving(const Vector& x, Real margin);
  /// Switches that are trapped and need not be any more no longer are in the mode. Asked before every step.
  virtual void settle(const Vector& /*x*/) {}
  /// Numbers that a run that is resumed needs of the system besides its mode; restore_notes() throws
  /// InputError for those of another one.
  virtual std::vector<Real> notes() const { return {}; }
  virtual void restore_notes(const std::vector<Real>& /*notes*/) {}
  /// Further switches that are zero at x because those hit or sliding are, up to rounding, are added to
  /// `hit`.
  virtual void complete(const Vector& /*x*/, std::vector<Index>& /*hit*/) {}
  /// The mode in which the trajectory goes on from x, for systems that know it themselves; see
  /// resolve_transition(). The mode of the system is that of the decision afterwards.
  virtual std::optional<Decision> decide(const Vector& /*x*/, const std::vector<Index>& /*hit*/,
                                         Entry /*entry*/) {
    return std::nullopt;
  }
  /// What contradicts the mode of the system at x, in words: empty where nothing does, or where the system
  /// cannot tell. Asked of every mode that has been chosen; `touching`: the switches that are zero.
  virtual std::string contradiction(const Vector& /*x*/, const std::vector<Index>& /*touching*/) {
    return {};
  }
};

}  // namespace saddleflow
