#include "saddleflow/saddle/layer_signals.hpp"

#include "saddleflow/base/error.hpp"

namespace saddleflow {

std::vector<LayerSignals> layer_signals(const Objective& objective, const Vector& w,
                                        const ActivationPattern* pattern) {
  const Network& network = objective.network();
  if (!network.traits().pre_activations)
    throw InputError("layer signals: found " + network.kind() +
                     ", expected a network that shows pre-activations (trait pre_activations)");
  const Layout& layout = network.layout();
  const Activation activation = network.activation();
  const int hidden = network.hidden_layer_count();
  const OuterLayer& outer = *objective.outer_layer();
  std::vector<LayerSignals> signals(static_cast<std::size_t>(hidden));
  std::vector<Matrix> z(static_cast<std::size_t>(hidden));
  Matrix phi = objective.columns();
  for (int l = 0; l < hidden; ++l) {
    const auto k = static_cast<std::size_t>(l);
    signals[k].below = phi;
    z[k] = layout.matrix(w, l) * phi;
    if (pattern)
      phi = pattern->factors[k].cwiseProduct(z[k]);
    else
      activation.value(z[k], phi);
    signals[k].activations = phi;
  }
  const Matrix outputs = outer.outputs(w, phi);
  Matrix residual, slope;
  objective.loss().derivative(outputs, objective.data().targets, residual);
  residual = -residual;
  for (int l = hidden - 1; l >= 0; --l) {
    const auto k = static_cast<std::size_t>(l);
    signals[k].residual = residual;
    if (pattern)
      slope = pattern->factors[k];
    else
      activation.derivative(z[k], slope);
    const Matrix back = l + 1 < hidden ? Matrix(layout.matrix(w, l + 1).transpose() * residual)
                                       : outer.pull_back(w, residual);
    residual = back.cwiseProduct(slope);
  }
  return signals;
}

}  // namespace saddleflow
