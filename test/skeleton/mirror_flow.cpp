#include "skeleton/mirror_flow.hpp"

#include <cmath>
#include <vector>

namespace saddleflow::pursuit_test {

namespace {

constexpr int kNewton = 200;

using Pair = Eigen::Matrix<Real, 2, 1>;
using Square = Eigen::Matrix<Real, 2, 2>;

Square inverse(const Square& a) {
  Square result;
  result << a(1, 1), -a(0, 1), -a(1, 0), a(0, 0);
  return result / (a(0, 0) * a(1, 1) - a(0, 1) * a(1, 0));
}

class Mirror {
 public:
  Mirror(const Dataset& data, Real log_alpha)
      : sigma_(data.inputs * data.inputs.transpose()),
        target_(data.inputs * data.targets.transpose()),
        square_(data.targets.squaredNorm()),
        speed_(-2 * log_alpha) {}

  /// alpha^2 sinh(2 s ln(1/alpha)), and its derivative.
  Pair beta(const Pair& s) const { return half(s) - half(-s); }
  Pair slope(const Pair& s) const { return speed_ * (half(s) + half(-s)); }

  Real loss(const Pair& s) const {
    const Pair b = beta(s);
    return b.dot(sigma_ * b) / 2 - b.dot(target_) + square_ / 2;
  }

  /// s+ = s - h grad L(beta(s+)); no Newton step changes beta by more than a factor of e.
  Pair step(const Pair& s, Real h) const {
    Pair x = s;
    for (int k = 0; k < kNewton; ++k) {
      const Pair value = x - s + h * (sigma_ * beta(x) - target_);
      const Square jacobian = Square::Identity() + h * sigma_ * slope(x).asDiagonal();
      Pair change = inverse(jacobian) * value;
      const Real size = change.cwiseAbs().maxCoeff();
      if (size * speed_ > 1) change /= size * speed_;
      x -= change;
      if (size < Real(1e-14)) break;
    }
    return x;
  }

 private:
  Pair half(const Pair& s) const { return (speed_ * (s.array() - 1)).exp().matrix() / 2; }
  Square sigma_;
  Pair target_;
  Real square_, speed_;
};

Real time_of(const std::vector<Real>& losses, Real level, Real h) {
  for (std::size_t k = 1; k < losses.size(); ++k)
    if (losses[k] <= level)
      return h * (static_cast<Real>(k - 1) + (losses[k - 1] - level) / (losses[k - 1] - losses[k]));
  return std::nan("");
}

}  // namespace

MirrorJumps mirror_flow(const Dataset& data, Real log_alpha, Real h, Real end) {
  const Mirror mirror(data, log_alpha);
  Pair s = Pair::Zero();
  std::vector<Real> losses{mirror.loss(s)};
  for (Real t = 0; t < end; t += h) {
    s = mirror.step(s, h);
    losses.push_back(mirror.loss(s));
  }
  const Real plateau = losses[losses.size() / 2];
  return {time_of(losses, (losses.front() + plateau) / 2, h),
          time_of(losses, (plateau + losses.back()) / 2, h)};
}

}  // namespace saddleflow::pursuit_test
