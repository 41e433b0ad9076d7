// The directions that decide where a piecewise linear function falls.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "saddleflow/piecewise/piecewise_linear.hpp"

namespace saddleflow {

/// One extreme ray of the cells on which a PiecewiseLinear is linear.
struct Ray {
  Vector signals;  ///< y along it, one a kink: zero but for the kinks that leave
  Vector rates;    ///< a_k . direction, one a kink
  Real value = 0;  ///< f along it
  /// Sum of |mu_k a_k . direction| (g = sum_k mu_k a_k) and |b_k y_k|, and what makes kValueRounding of it no
  /// less than the noise of the b_k.
  Real unit = 0;
  Real length = 0;  ///< of the direction
};

/// Values up to this part of their unit are rounding: that of sums over some thousands of terms and of
/// normals that are solved for, with digits to spare on both sides.
inline constexpr Real kValueRounding = Real(1e-10);

/// Lines looked at in one group of kinks, and random ones where there are more: by judgement. Time and memory
/// grow in proportion to them; a sample of a tenth costs little beside the search that has come to nothing.
inline constexpr Index kMostRays = 20'000, kSampledRays = 2'000;

struct RayOptions {
  Index most = kMostRays;  ///< lines looked at in one group of kinks; where there are more they are sampled
  Index samples = kSampledRays;  ///< random ones then
  std::uint64_t seed = 1;
  /// Groups of so many kinks or more are known to have too many lines: the search for all is not tried again.
  Index too_many = std::numeric_limits<Index>::max();
};

struct Rays {
  std::vector<Ray> rays;
  bool complete = true;  ///< false: some group of kinks was sampled
  Matrix inverse;        ///< a direction is inverse * rates
  Vector direction(const Ray& ray) const { return inverse * ray.rates; }
};

/// The directions of extreme_rays(): they depend on the rows, the feed and `low` of f alone, and so can be
/// kept while gradient and back change.
class RayDirections {
 public:
  explicit RayDirections(const PiecewiseLinear& f, const RayOptions& options = {});

  Index count() const { return length_.size(); }
  /// The smallest group of kinks of which a sample was taken; nothing where all rays are here.
  std::optional<Index> sampled() const { return sampled_; }
  const Matrix& signals() const { return signals_; }  ///< kinks x rays
  const Matrix& rates() const { return rates_; }      ///< kinks x rays
  const Vector& length() const { return length_; }    ///< of each direction
  const Matrix& inverse() const { return inverse_; }  ///< a direction is inverse * rates
  /// Ray::value and Ray::unit of each, for an f with the rows, the feed and the `low` of the constructor's.
  void evaluate(const PiecewiseLinear& f, Vector& value, Vector& unit) const;

 private:
  Matrix signals_, rates_, branches_, inverse_;
  Vector length_;
  std::optional<Index> sampled_;
};

/// The extreme rays of f, whose shift is zero, in the span of its rows. f is linear on each cell, and each
/// cell is spanned by rays, so that f >= 0 on the rays means f >= 0 everywhere in the span. Kinks whose rows
/// are independent of the others have two rays each, whatever the rest does: with the y_k as coordinates f is
/// a sum over such kinks, in several layers, too [derived; THEORY.md, section 5]. Kinks whose rows depend on
/// one another are taken together, with those that they hear: a ray is where all but one dimension's worth of
/// their y vanish, one choice of the vanishing kinks and, where later kinks hear them, of the sides of the
/// others. `gradient` outside the span is left out.
Rays extreme_rays(const PiecewiseLinear& f, const RayOptions& options = {});

}  // namespace saddleflow
