#include "saddleflow/flow/vanishing_flow.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "saddleflow/network/gaussian_kernel.hpp"
#include "saddleflow/network/means_network.hpp"

namespace saddleflow {
namespace {

// In units of least_size(): where a neuron starts that leaves, beyond the surface so that it is not caught at
// once, and what is at the surface up to the search.
constexpr Real kLeaves = 2, kAtSurface = Real(0.999);
// No tolerance asks for less: |v|^2 is known to rounding of the weights along a step.
constexpr Real kLeastSize = Real(1e-13);
// The loss has a term of second order in v, which outweighs h where that is this small.
constexpr Real kSecondOrder = 2;
// Balance holds to rounding: outgoing weights that are larger by less are not.
constexpr Real kEqualSizes = 1 + Real(1e-6);
// A path that stays farther from zero than its own length does not come to it.
constexpr Real kFarFromZero = 2;

}  // namespace

VanishingFlow::VanishingFlow(GradientFlow& flow, Real rtol)
    : flow_(flow), held_(flow), size_(std::max(rtol, kLeastSize)) {
  const Activation activation = flow.objective().network().activation();
  of_one_ = GaussianKernel(activation, activation).of_one();
}

bool VanishingFlow::applies_to(const Network& network) {
  return as_means(network) != nullptr && network.activation().power() == 1 &&
         !network.activation().is_smooth();
}

bool VanishingFlow::may_vanish(const Objective& objective, const Vector& w) {
  const auto& neurons = objective.network().neurons();
  return std::any_of(neurons.begin(), neurons.end(), [&](const Neuron& neuron) {
    std::vector<Index> all = neuron.incoming;
    all.insert(all.end(), neuron.outgoing.begin(), neuron.outgoing.end());
    return !objective.decay().common(all) ||
           w(neuron.outgoing).stableNorm() > kEqualSizes * w(neuron.incoming).stableNorm();
  });
}

void VanishingFlow::set_mode(const Mode& mode) {
  mode_ = mode;
  std::vector<Index> parameters;
  for (const Index k : mode.sliding)
    parameters.insert(parameters.end(), neuron(k).incoming.begin(), neuron(k).incoming.end());
  held_.hold(std::move(parameters));
}

Real VanishingFlow::height(const Vector& x, Index k) const {
  return incoming(x, k).squaredNorm() - least_size(x, k) * least_size(x, k);
}

// Zero is a neuron that project() has to place; one without any weights stays below.
void VanishingFlow::values(const Vector& x, Vector& z) {
  z.resize(switch_count());
  for (Index k = 0; k < z.size(); ++k) {
    const bool empty = incoming(x, k).isZero(0) && outgoing(x, k).isZero(0);
    z[k] = empty ? Real(-1) : std::max(height(x, k), Real(0));
  }
}

void VanishingFlow::rates(const Vector& /*x*/, const std::vector<Index>& which, Vector& rate, Vector& unit) {
  rate.setOnes(std::ssize(which));
  unit.setOnes(std::ssize(which));
}

// Whether it goes on is what margin() says.
void VanishingFlow::slopes(const Vector& /*x*/, Vector& s) {
  s.setConstant(std::ssize(mode_.sliding), (low() + high()) / 2);
}

Real VanishingFlow::rounding_of(const NeuronCone& cone, const Vector& a, Index k) const {
  const WeightDecay& decay = flow_.objective().decay();
  const Real penalty = decay.empty() ? Real(0) : decay.coefficients()[neuron(k).incoming.front()];
  const Real size = a.norm();
  return kSlopeTolerance * cone.unit() * size +
         kSecondOrder * kLeaves * size_ * size * (of_one_ * size * size + penalty);
}

// Neurons whose outgoing weights are parallel see the same cone.
std::vector<Real> VanishingFlow::margins(const Vector& x) const {
  std::vector<Real> all;
  std::vector<std::pair<Vector, Real>> known;
  Vector w = x.head(flow_.parameter_count());
  for (const Index k : mode_.sliding) w(neuron(k).incoming).setZero();
  NeuronCone cone(flow_.objective(), w);
  for (const Index k : mode_.sliding) {
    const Vector a = outgoing(x, k);
    const Real size = a.stableNorm(), unit = cone.unit();
    if (!(size > 0 && unit > 0)) {
      all.push_back(1);
      continue;
    }
    const Vector direction = a / size;
    auto same =
        std::find_if(known.begin(), known.end(), [&](const auto& entry) { return entry.first == direction; });
    if (same == known.end()) same = known.insert(known.end(), {direction, cone.least(direction).value});
    const Real least = same->second;
    all.push_back((least + rounding_of(cone, a, k) / size) / unit);
  }
  return all;
}

Real VanishingFlow::margin(const Vector& x) {
  if (mode_.sliding.empty()) return std::numeric_limits<Real>::infinity();
  const std::vector<Real> all = margins(x);
  return *std::min_element(all.begin(), all.end());
}

std::vector<Index> VanishingFlow::leaving(const Vector& x, Real margin) {
  const std::vector<Real> all = margins(x);
  std::vector<Index> list;
  for (std::size_t c = 0; c < all.size(); ++c)
    if (all[c] <= margin) list.push_back(mode_.sliding[c]);
  return list;
}

// v of a neuron that has arrived near zero, starts there, or is let go.
Vector VanishingFlow::put(NeuronCone& cone, const Vector& x, Index k) const {
  const Vector v = incoming(x, k), a = outgoing(x, k);
  const Real rounding = rounding_of(cone, a, k), outside = kLeaves * least_size(x, k);
  const bool held = mode_.side(k) == Side::sliding;
  if (!held && !v.isZero(0)) {
    const NeuronCone::Minimum near = cone.descend(v, a);
    if (near.value < -rounding) return outside * near.direction;
    if (near.value <= rounding) return v;  // it decays without end, in a direction in which h is zero
  }
  const NeuronCone::Minimum least = cone.least(a);
  if (held || least.value < -rounding) return outside * least.direction;
  return Vector::Zero(v.size());
}

Real VanishingFlow::project(Vector& x, const std::vector<Index>& which) {
  Vector w = x.head(flow_.parameter_count());
  for (const Index k : mode_.sliding) {
    w(neuron(k).incoming).setZero();
    x(neuron(k).incoming).setZero();
  }
  std::vector<Index> placed;
  for (const Index k : which) {
    const bool grown = mode_.side(k) == Side::below &&
                       incoming(x, k).stableNorm() >= kAtSurface * least_size(x, k) &&
                       !outgoing(x, k).isZero(0);
    if (grown) continue;
    w(neuron(k).incoming).setZero();
    placed.push_back(k);
  }
  if (placed.empty()) return 0;
  NeuronCone cone(flow_.objective(), w);
  Real moved = 0;
  for (const Index k : placed) {
    const Vector before = incoming(x, k), a = outgoing(x, k);
    const Vector after = put(cone, x, k);
    x[flow_.parameter_count()] += cone.value(before, a) - cone.value(after, a);
    x(neuron(k).incoming) = after;
    moved = std::max(moved, (after - before).norm() / a.norm());
  }
  return moved;
}

// Anything else than zero is too much.
Real VanishingFlow::drift(const Vector& x) {
  const bool zero = std::all_of(mode_.sliding.begin(), mode_.sliding.end(),
                                [&](Index k) { return incoming(x, k).isZero(0); });
  return zero ? Real(0) : std::numeric_limits<Real>::infinity();
}

// As project() has placed them.
std::optional<Decision> VanishingFlow::decide(const Vector& x, const std::vector<Index>& hit, Entry entry) {
  Decision decision;
  decision.resolved = decision.checked = true;
  decision.mode = mode_;
  for (const Index k : hit) {
    const Side before = mode_.side(k);
    const Real size = incoming(x, k).stableNorm(), least = least_size(x, k);
    if (size == 0) {
      decision.mode.set(k, Side::sliding);
    } else if (before == Side::above && size < (1 + kLeaves) / 2 * least) {
      decision.mode.set(k, Side::below);
    } else if (before != Side::below || size >= kAtSurface * least) {
      decision.mode.set(k, Side::above);
      if (before == Side::above && entry == Entry::arriving) passed_.push_back(k);
    }
  }
  set_mode(decision.mode);
  return decision;
}

void VanishingFlow::paths(const std::vector<Vector>& nodes, std::vector<SwitchPath>& out) {
  out.clear();
  for (Index k = 0; k < switch_count(); ++k) {
    if (mode_.side(k) == Side::sliding || outgoing(nodes.front(), k).isZero(0)) continue;
    const Vector start = incoming(nodes.front(), k);
    Real length = 0, least = 0;
    for (const Vector& x : nodes) {
      length = std::max(length, (incoming(x, k) - start).norm());
      least = std::max(least, least_size(x, k));
    }
    if (mode_.side(k) == Side::above && start.norm() > kFarFromZero * (length + least)) continue;
    SwitchPath path{k, {}};
    for (const Vector& x : nodes) path.values.push_back(height(x, k));
    out.push_back(std::move(path));
  }
}

}  // namespace saddleflow
