#include "saddleflow/symmetry/neuron_symmetry.hpp"

namespace saddleflow {
namespace {

Matrix gather(const std::vector<Neuron>& neurons, const std::vector<Index> Neuron::*parameters,
              const Vector& u) {
  Matrix rows(static_cast<Index>(neurons.size()), static_cast<Index>((neurons.front().*parameters).size()));
  for (std::size_t k = 0; k < neurons.size(); ++k)
    rows.row(static_cast<Index>(k)) = u(neurons[k].*parameters).transpose();
  return rows;
}

void scatter(const Matrix& rows, const std::vector<Neuron>& neurons,
             const std::vector<Index> Neuron::*parameters, Vector& u) {
  for (std::size_t k = 0; k < neurons.size(); ++k)
    u(neurons[k].*parameters) = rows.row(static_cast<Index>(k)).transpose();
}

}  // namespace

NeuronSymmetry::NeuronSymmetry(const Network& network)
    : sign_(network.traits().sign), permutes_(network.traits().permutable()) {
  for (const Neuron& neuron : network.neurons()) {
    const auto l = static_cast<std::size_t>(neuron.layer);
    if (layers_.size() <= l) layers_.resize(l + 1);
    layers_[l].push_back(neuron);
  }
}

void NeuronSymmetry::apply(int l, const LayerOrder& order, Vector& u) const {
  const ConstVectorView sign(order.sign.data(), width(l));
  Matrix in = incoming(l, u)(order.source, Eigen::all);
  Matrix out = outgoing(l, u)(order.source, Eigen::all);
  in.array().colwise() *= sign.array();
  if (sign_ == SignSymmetry::both) out.array().colwise() *= sign.array();
  scatter(in, layer(l), &Neuron::incoming, u);
  scatter(out, layer(l), &Neuron::outgoing, u);
}

Matrix NeuronSymmetry::incoming(int l, const Vector& u) const {
  return gather(layer(l), &Neuron::incoming, u);
}

Matrix NeuronSymmetry::outgoing(int l, const Vector& u) const {
  return gather(layer(l), &Neuron::outgoing, u);
}

}  // namespace saddleflow
