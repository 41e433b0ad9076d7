// Neurons that pass through zero.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "saddleflow/flow/piecewise_flow.hpp"

namespace saddleflow {
namespace {

// Where it goes on, in units of its outgoing weights: far below every tolerance, far above rounding.
constexpr Real kBeside = Real(1e-12);
// Less than this against the start of the step is zero.
constexpr Real kVanished = Real(1e-9);
// A step that began this near (in units of kBeside) has come back at once.
constexpr Real kAtOnce = Real(1e3);

}  // namespace

bool PiecewiseFlow::pass_degenerate(const Vector& before, Vector& x, std::vector<Index>& hit, Mode& mode) {
  std::vector<Kink> kinks;
  for (const Index k : hit)
    if (mode_.side(k) != Side::sliding) kinks.push_back(index_.kink(k));
  const auto place = [](const Kink& k) { return std::pair(k.layer, k.neuron); };
  std::sort(kinks.begin(), kinks.end(), [&](const Kink& a, const Kink& b) { return place(a) < place(b); });
  bool passed = false;
  for (auto first = kinks.begin(); first != kinks.end();) {
    const auto last =
        std::find_if(first, kinks.end(), [&](const Kink& k) { return place(k) != place(*first); });
    const bool passes = pass_neuron(std::vector<Kink>(first, last), before, x, mode);
    if (passes) std::erase_if(hit, [&](Index k) { return place(index_.kink(k)) == place(*first); });
    passed = passed || passes;
    first = last;
  }
  return passed;
}

// Of a later layer only those inputs count that are heard at the samples of these kinks, where others are
// silent: all the weights of theirs vanish together.
Vector PiecewiseFlow::heard_at(const std::vector<Kink>& kinks, const Matrix& seen) const {
  if (kinks.front().layer == 0) return Vector::Ones(seen.rows());
  Vector heard = Vector::Zero(seen.rows());
  for (const Kink& kink : kinks)
    heard = heard.cwiseMax((seen.col(kink.sample).array() != 0).cast<Real>().matrix());
  // As many kinks as weights: they decide on their own.
  if (static_cast<Real>(kinks.size()) <= heard.sum()) heard.setZero();
  return heard;
}

bool PiecewiseFlow::pass_neuron(const std::vector<Kink>& kinks, const Vector& before, Vector& x, Mode& mode) {
  const Index n = layout().size(), neuron = kinks.front().neuron;
  const int l = kinks.front().layer;
  const Vector w0 = before.head(n);
  Vector w = x.head(n);
  const Matrix seen = flow_.objective().state_at(w)->input_of(l);
  const Vector heard = heard_at(kinks, seen);
  const auto part = [&](const Vector& of) {
    return Vector(layout().matrix(of, l).row(neuron).transpose().cwiseProduct(heard));
  };
  const Vector from = part(w0), here = part(w);
  const Real out = layout().matrix(static_cast<const Vector&>(w), l + 1).col(neuron).norm();
  // Weights of later layers that a new neuron was given as zeros may be rounding all along.
  const Real rounding = l == 0 ? Real(0) : std::numeric_limits<Real>::epsilon() * out;
  const Real nothing = std::max(kVanished * from.norm(), rounding);
  if (heard.isZero(0) || here.norm() > nothing || out == 0) return false;
  const bool held = from.norm() <= kAtOnce * kBeside * out;
  Vector beside = Vector::Zero(from.size());
  if (!held) beside = -kBeside * out * from.normalized();
  for (Index i = 0; i < seen.cols(); ++i) {
    const Index k = index_({l, neuron, i});
    const auto unheard = seen.col(i).array() * (1 - heard.array());
    if (mode.side(k) == Side::sliding || seen.col(i).isZero(0) || !unheard.isZero(0)) continue;
    const Real z = beside.dot(seen.col(i));
    mode.set(k, held ? Side::sliding : z > 0 ? Side::above : Side::below);
  }
  layout().matrix(w, l).row(neuron) += (beside - here).transpose();
  x.head(n) = w;
  return true;
}

}  // namespace saddleflow
