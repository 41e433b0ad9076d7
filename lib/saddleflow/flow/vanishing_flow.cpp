#include "saddleflow/flow/vanishing_flow.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
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
// Values of h at minima that agree to this part of their unit are equal: they are known to the square of a
// slope.
constexpr Real kEqualMinima = Real(1e-9);
// A path that stays farther from zero than its own length does not come to it.
constexpr Real kFarFromZero = 2;

// Phases of the last step before zero, as parts of it; most of them decide. Where the steps begin, and by how
// much they are off their way (no direction is exact), in units of their size.
constexpr std::array<Real, 5> kPhases{Real(0.1), Real(0.3), Real(0.5), Real(0.7), Real(0.9)};
constexpr Real kArrival = 1, kNudge = Real(1e-6);
constexpr std::uint64_t kPhaseSeed = 1;
// Of tiny steps, by judgement: until it is said that they stay, and with each step of the flow.
constexpr int kTinySteps = 4000, kTinyStepsAlong = 60;
// Where the loss has just begun to fall no number of steps tells: asked this part of the cone's slope beyond.
constexpr Real kBeyond = Real(0.005);

}  // namespace

VanishingFlow::VanishingFlow(GradientFlow& flow, Real rtol)
    : flow_(flow),
      held_(flow),
      size_(std::max(rtol, kLeastSize)),
      hover_(flow.objective().network().neurons().size()) {
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

// With those that are held at zero.
NeuronCone VanishingFlow::cone_of(const Vector& x) const {
  Vector w = x.head(flow_.parameter_count());
  for (const Index k : mode_.sliding) w(neuron(k).incoming).setZero();
  return NeuronCone(flow_.objective(), w);
}

// Neurons whose outgoing weights are parallel see the same cone.
std::vector<Real> VanishingFlow::margins(const Vector& x) const {
  std::vector<Real> all;
  std::vector<std::pair<Vector, Real>> known;
  NeuronCone cone = cone_of(x);
  for (const Index k : mode_.sliding) {
    const Vector a = outgoing(x, k);
    const Real size = a.stableNorm(), unit = cone.unit();
    if (!(size > 0 && unit > 0)) {
      all.push_back(1);
      continue;
    }
    if (mode_.is_trapped(k)) {
      const Vector& hover = hover_[static_cast<std::size_t>(k)];
      all.push_back(cone.tiny_steps(hover, a, 0, kTinySteps).stays ? Real(1) : Real(-1));
      continue;
    }
    const Vector direction = a / size;
    auto same =
        std::find_if(known.begin(), known.end(), [&](const auto& entry) { return entry.first == direction; });
    if (same == known.end()) same = known.insert(known.end(), {direction, cone.least(direction, 0).value});
    all.push_back((same->second + rounding_of(cone, a, k) / size) / unit);
  }
  return all;
}

void VanishingFlow::settle(const Vector& x) {
  if (mode_.sliding.empty()) return;
  NeuronCone cone = cone_of(x);
  Mode mode = mode_;
  for (const Index k : mode_.sliding) {
    const Vector a = outgoing(x, k);
    Vector& hover = hover_[static_cast<std::size_t>(k)];
    NeuronCone::Hover next = cone.tiny_steps(hover, a, 0, kTinyStepsAlong);
    if (next.stays) hover = std::move(next.place);
    const Real rounding = rounding_of(cone, a, k);
    if (mode_.is_trapped(k) && cone.least(a, rounding).value > rounding) mode.set(k, Side::sliding);
  }
  if (mode.trapped.size() != mode_.trapped.size()) set_mode(mode);
}

std::vector<Real> VanishingFlow::notes() const {
  std::vector<Real> notes;
  for (std::size_t k = 0; k < hover_.size(); ++k) {
    notes.push_back(static_cast<Real>(hover_[k].size()));
    notes.insert(notes.end(), hover_[k].begin(), hover_[k].end());
  }
  return notes;
}

void VanishingFlow::restore_notes(const std::vector<Real>& notes) {
  const InputError damaged(
      "stepper memory: the notes of neurons that are held do not fit the network: damaged");
  std::size_t at = 0;
  for (std::size_t k = 0; k < hover_.size(); ++k) {
    const auto most = std::ssize(neuron(static_cast<Index>(k)).incoming);
    if (at >= notes.size()) throw damaged;
    const Real count = notes[at++];
    if (count != 0 && count != static_cast<Real>(most)) throw damaged;
    const auto size = static_cast<std::size_t>(count);
    if (notes.size() - at < size) throw damaged;
    hover_[k] = ConstVectorView(notes.data() + at, static_cast<Index>(size));
    at += size;
  }
  if (at != notes.size()) throw damaged;
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

// Where most of the tiny steps go that arrive at zero in this direction: they begin so far away that they
// have come to chatter across it, which they do from where the curvature of h, over the distance, is too
// large for them.
NeuronCone::Hover VanishingFlow::arrive(NeuronCone& cone, const Vector& a,
                                        const NeuronCone::Minimum& arrival) const {
  const Real size = cone.slope(a);
  const Real far = std::min(kArrival * size, static_cast<Real>(kTinySteps) * arrival.value);
  const int steps = kTinySteps + static_cast<int>(std::ceil(far / arrival.value));
  Random random(kPhaseSeed);
  std::vector<NeuronCone::Hover> staying, leaving;
  for (const Real phase : kPhases) {
    const Vector from = (far + phase * arrival.value) * arrival.direction +
                        kNudge * size * random.unit_vector(arrival.direction.size());
    NeuronCone::Hover end = cone.tiny_steps(from, a, 0, steps);
    (end.stays ? staying : leaving).push_back(std::move(end));
  }
  return leaving.size() > staying.size() ? leaving.front() : staying.front();
}

// v of a neuron that has arrived near zero, starts there, or is asked whether it leaves.
Vector VanishingFlow::put(NeuronCone& cone, const Vector& x, Index k) {
  Vector v = incoming(x, k);
  const Vector a = outgoing(x, k);
  Vector zero = Vector::Zero(v.size());
  const Real rounding = rounding_of(cone, a, k), outside = kLeaves * least_size(x, k);
  Vector& hover = hover_[static_cast<std::size_t>(k)];
  if (mode_.side(k) == Side::sliding) {
    NeuronCone::Hover end = cone.tiny_steps(hover, a, mode_.is_trapped(k) ? Real(0) : kBeyond, kTinySteps);
    if (end.stays) return zero;
    return outside * cone.descend(end.place, a).direction;
  }
  if (v.isZero(0)) {  // no step has come here: the steepest way
    const NeuronCone::Minimum least = cone.least(a, rounding);
    hover = least.direction;
    return least.value < -rounding ? Vector(outside * least.direction) : zero;
  }
  const NeuronCone::Minimum near = cone.descend(v, a);
  if (near.value < -rounding) return outside * near.direction;
  if (near.value <= rounding) return v;  // it decays without end, in a direction in which h is zero
  NeuronCone::Hover end = arrive(cone, a, near);
  if (!end.stays && cone.least(a, rounding).value < -rounding)
    return outside * cone.descend(end.place, a).direction;
  hover = std::move(end.place);
  return zero;
}

// Whether a neuron that has left could have left by another way.
bool VanishingFlow::branches(const Vector& x, Index k) const {
  Vector w = x.head(flow_.parameter_count());
  w(neuron(k).incoming).setZero();
  NeuronCone cone(flow_.objective(), w);
  const Vector a = outgoing(x, k);
  const NeuronCone::Minimum least = cone.least(a, rounding_of(cone, a, k));
  // Where it is let go the minimum is zero: then others that are as low.
  return least.ways > 1 || cone.least(a, -(least.value + kEqualMinima * cone.unit() * a.norm())).ways > 1;
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
      const Vector a = outgoing(x, k);
      NeuronCone cone = cone_of(x);
      const Real rounding = rounding_of(cone, a, k);
      // Held although the loss falls, or has just begun to.
      const bool trapped = before == Side::sliding || cone.least(a, rounding).value < -rounding;
      if (trapped && !mode_.is_trapped(k)) decision.branching.push_back(k);
      if (trapped)
        decision.mode.trap(k);
      else
        decision.mode.set(k, Side::sliding);
    } else if (before == Side::above && size < (1 + kLeaves) / 2 * least) {
      decision.mode.set(k, Side::below);
    } else if (before != Side::below || size >= kAtSurface * least) {
      const bool grown = before == Side::below && entry == Entry::arriving;
      decision.mode.set(k, Side::above);
      if (before == Side::above) passed_.push_back(k);
      if (!grown && branches(x, k)) decision.branching.push_back(k);
    }
    if (decision.mode.side(k) != Side::sliding) hover_[static_cast<std::size_t>(k)].resize(0);
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
