#include "saddleflow/symmetry/symmetry_tangents.hpp"

#include <utility>
#include <vector>

namespace saddleflow {
namespace {

/// The rotation of two neurons of one layer into one another: their incoming weights, and their outgoing.
void rotate(const Neuron& a, const Neuron& b, const Vector& u, Eigen::Ref<Vector> tangent) {
  for (const auto side : {&Neuron::incoming, &Neuron::outgoing}) {
    const std::vector<Index>& first = a.*side;
    const std::vector<Index>& second = b.*side;
    for (std::size_t i = 0; i < first.size(); ++i) {
      tangent[first[i]] = -u[second[i]];
      tangent[second[i]] = u[first[i]];
    }
  }
}

}  // namespace

Matrix symmetry_tangents(const Network& network, const Vector& u) {
  if (!network.traits().rotates()) return Matrix(u.size(), 0);
  const std::vector<Neuron>& neurons = network.neurons();
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (std::size_t a = 0; a < neurons.size(); ++a)
    for (std::size_t b = a + 1; b < neurons.size(); ++b)
      if (neurons[a].layer == neurons[b].layer) pairs.emplace_back(a, b);
  Matrix tangents = Matrix::Zero(u.size(), static_cast<Index>(pairs.size()));
  for (std::size_t k = 0; k < pairs.size(); ++k)
    rotate(neurons[pairs[k].first], neurons[pairs[k].second], u, tangents.col(static_cast<Index>(k)));
  return tangents;
}

}  // namespace saddleflow
