// A twice differentiable function of n variables whose critical points are looked for.
#pragma once

#include <functional>
#include <optional>

#include "saddleflow/base/real.hpp"
#include "saddleflow/problem/neuron_form.hpp"
#include "saddleflow/problem/objective.hpp"

namespace saddleflow {

/// What refinement and spectra need to know of a function: the training loss, or anything else.
struct Potential {
  Index size = 0;
  std::function<Real(const Vector& w, Vector& g)> gradient;  ///< returns the value, g = gradient
  std::function<void(const Vector& w, Matrix& h)> hessian;   ///< h = Hessian, n x n
  std::function<void(const Vector& w, const Vector& v, Vector& out)> hessian_vector;  ///< out = Hessian v
  /// Of a function on a surface, whose gradient and Hessian are those along it: w back onto it after a step.
  std::function<void(Vector& w)> retract = {};
  /// The Hessian by neurons, where the function has one, and the bounds of its size; else empty.
  std::function<std::optional<NeuronForm>(const Vector& w)> neuron_form = {};
  std::optional<NeuronFormSize> form_size = {};
  Real hessian_operations = 0;  ///< of hessian(); 0: not known
};

/// The loss. The objective must outlive it; its counters count.
inline Potential potential_of(Objective& objective) {
  Potential loss{
      objective.size(), [&objective](const Vector& w, Vector& g) { return objective.gradient(w, g); },
      [&objective](const Vector& w, Matrix& h) { objective.hessian(w, h); },
      [&objective](const Vector& w, const Vector& v, Vector& out) { objective.hessian_vector(w, v, out); }};
  loss.neuron_form = [&objective](const Vector& w) { return neuron_form(objective, w); };
  loss.form_size = neuron_form_size(objective);
  loss.hessian_operations = objective.hessian_operations();
  return loss;
}

}  // namespace saddleflow
