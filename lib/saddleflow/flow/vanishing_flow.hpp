// The gradient flow of a population whose neurons may lose their incoming weights in finite time.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "saddleflow/flow/gradient_flow.hpp"
#include "saddleflow/flow/neuron_cone.hpp"
#include "saddleflow/ode/switching/switched_system.hpp"

namespace saddleflow {

/// GradientFlow, in which neurons that are held have no incoming weights at all, whatever rounding has made
/// of them: their loss is then flat in them, and neither they nor their outgoing weights are moved by it.
class HeldFlow {
 public:
  explicit HeldFlow(GradientFlow& flow) : flow_(flow) {}
  void hold(std::vector<Index> parameters) { held_ = std::move(parameters); }

  void operator()(const Vector& x, Vector& dxdt, Real t) { flow_(masked(x), dxdt, t); }
  void hessian(const Vector& x, Matrix& out, Real t) { flow_.hessian(masked(x), out, t); }
  void hessian_vector(const Vector& x, const Vector& v, Vector& out, Real t) {
    flow_.hessian_vector(masked(x), v, out, t);
  }
  Index quadratures() const { return flow_.quadratures(); }
  Operations operations() const { return flow_.operations(); }
  void quadrature_jacobian(const Vector& x, Matrix& out, Real t) {
    flow_.quadrature_jacobian(masked(x), out, t);
  }
  void quadrature_rates(const Vector& rates, Vector& out) const { flow_.quadrature_rates(rates, out); }

 private:
  const Vector& masked(const Vector& x) {
    if (held_.empty()) return x;
    x_ = x;
    x_(held_).setZero();
    return x_;
  }

  GradientFlow& flow_;
  std::vector<Index> held_;
  Vector x_;
};

/// Switches are the hidden neurons; z_k = |v_k|^2 - (c |a_k|)^2 of incoming weights v and outgoing ones a, c
/// the tolerance of a step: nearer to zero the direction of v is below it. Where z_k falls to zero v is put
/// to zero, and the neuron is held (sliding) while the loss rises in all directions (NeuronCone). Where it
/// falls in some, the neuron goes where gradient descent with a tiny step goes: it leaves, or it stays at
/// zero all the same, to and fro (trapped), until those steps leave. Sides: above moves; below is a neuron
/// that is too small to be watched, without weights, or decaying without end. See THEORY.md, section 7.
class VanishingFlow final : public SwitchedSystem {
 public:
  /// The flow, of a network that applies_to() accepts, must outlive this. `rtol` of a step.
  VanishingFlow(GradientFlow& flow, Real rtol);
  /// A population whose activation has a kink.
  static bool applies_to(const Network& network);
  /// Whether a flow from w can come to such a point: by the balances neurons that have no outgoing weights
  /// larger than the incoming ones never do, and with decays of their own layers have no balance.
  static bool may_vanish(const Objective& objective, const Vector& w);

  /// Neurons that have passed through zero, since the last call of this.
  std::vector<Index> take_passed() { return std::exchange(passed_, {}); }

  Index switch_count() const override { return std::ssize(neurons()); }
  int degree() const override { return 2; }
  void set_mode(const Mode& mode) override;
  const Mode& mode() const override { return mode_; }
  System field() override { return System(held_); }
  bool jumps() const override { return true; }
  void values(const Vector& x, Vector& z) override;
  void rates(const Vector& x, const std::vector<Index>& which, Vector& rate, Vector& unit) override;
  void slopes(const Vector& x, Vector& s) override;
  /// Of a trapped neuron 1 while tiny steps stay, else -1.
  Real margin(const Vector& x) override;
  std::vector<Index> leaving(const Vector& x, Real margin) override;
  /// Also carries the energy over what is left out between the surface and zero.
  Real project(Vector& x, const std::vector<Index>& which) override;
  Real drift(const Vector& x) override;
  std::optional<Decision> decide(const Vector& x, const std::vector<Index>& hit, Entry entry) override;
  /// Carries the tiny steps of neurons that are held along with the loss.
  void settle(const Vector& x) override;
  std::vector<Real> notes() const override;
  void restore_notes(const std::vector<Real>& notes) override;
  void paths(const std::vector<Vector>& nodes, std::vector<SwitchPath>& out) override;

 private:
  const std::vector<Neuron>& neurons() const { return flow_.objective().network().neurons(); }
  const Neuron& neuron(Index k) const { return neurons()[static_cast<std::size_t>(k)]; }
  Vector incoming(const Vector& x, Index k) const { return x(neuron(k).incoming); }
  Vector outgoing(const Vector& x, Index k) const { return x(neuron(k).outgoing); }
  /// |v| at which z = 0.
  Real least_size(const Vector& x, Index k) const { return size_ * outgoing(x, k).stableNorm(); }
  Real height(const Vector& x, Index k) const;
  /// What h on the sphere must exceed to count as positive or negative.
  Real rounding_of(const NeuronCone& cone, const Vector& a, Index k) const;
  NeuronCone cone_of(const Vector& x) const;
  Vector put(NeuronCone& cone, const Vector& x, Index k);
  NeuronCone::Hover arrive(NeuronCone& cone, const Vector& a, const NeuronCone::Minimum& arrival) const;
  bool branches(const Vector& x, Index k) const;
  std::vector<Real> margins(const Vector& x) const;

  GradientFlow& flow_;
  HeldFlow held_;
  Real size_;    // c
  Real of_one_;  // E[sigma(z)^2]
  Mode mode_;
  std::vector<Index> passed_;
  /// Where tiny steps are, of each neuron that is held; else empty.
  std::vector<Vector> hover_;
};

}  // namespace saddleflow
