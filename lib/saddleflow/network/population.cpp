#include "saddleflow/network/population.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/network/means_network.hpp"
#include "saddleflow/network/population_kernel.hpp"

namespace saddleflow {
namespace {

class Population final : public Network, public MeansNetwork {
 public:
  explicit Population(PopulationShape shape)
      : shape_(std::move(shape)), function_(feed_forward(weight_layers(shape_), shape_.activation)) {}

  std::string kind() const override { return "population"; }
  NetworkTraits traits() const override {
    const NetworkTraits of_function = function_->traits();
    NetworkTraits traits;
    traits.smoothness = of_function.polynomial() ? Smoothness::polynomial : Smoothness::smooth_gradient;
    traits.separable = true;
    traits.growable = true;
    traits.symmetry = of_function.symmetry;
    traits.sign = of_function.sign;
    return traits;
  }
  std::string description() const override {
    std::string text = fmt::format("population {}, {}, degree {}", fmt::join(shape_.layers, "-"),
                                   activation().description(), degree());
    if (shape_.teacher.slope() != activation().slope() || shape_.teacher.power() != activation().power())
      text += ", teacher " + shape_.teacher.description();
    return text;
  }
  std::vector<Index> layer_sizes() const override { return shape_.layers; }
  Activation activation() const override { return shape_.activation; }
  Index input_count() const override { return shape_.layers.front(); }
  Index output_count() const override { return shape_.layers.back(); }
  int degree() const override { return function_->degree(); }
  const Layout& layout() const override { return function_->layout(); }
  const std::vector<Neuron>& neurons() const override { return function_->neurons(); }
  std::vector<ConservedQuantity> conserved() const override { return function_->conserved(); }

  // For p = 1 the incoming weights of a neuron may pass through zero in finite time, beside outgoing ones
  // that do not: its size is that of both.
  ParameterGroups groups() const override {
    if (activation().is_smooth()) return Network::groups();
    ParameterGroups groups;
    groups.first.assign(static_cast<std::size_t>(parameter_count()), -1);
    groups.second = groups.first;
    for (const Neuron& neuron : neurons()) {
      for (const auto* side : {&neuron.incoming, &neuron.outgoing})
        for (const Index i : *side) groups.first[static_cast<std::size_t>(i)] = groups.count;
      ++groups.count;
    }
    return groups;
  }

  std::unique_ptr<Kernel> kernel(const Matrix& inputs) const override {
    if (inputs.rows() != input_count())
      throw InputError(fmt::format("inputs: found {} numbers a neuron of the target, expected the {} inputs",
                                   inputs.rows(), input_count()));
    if (inputs.cols() < target_columns() + 1)
      throw InputError(
          fmt::format("inputs: found {} columns, expected {} of the teacher, {} of the basis and "
                      "one of the norms",
                      inputs.cols(), shape_.teachers, shape_.basis));
    return std::make_unique<PopulationKernel>(shape_, layout(), inputs);
  }

  std::shared_ptr<const Network> with_hidden_widths(const std::vector<Index>& widths) const override {
    if (widths.size() != 1)
      throw InputError(fmt::format("hidden widths: found {} layers, expected 1", widths.size()));
    PopulationShape shape = shape_;
    shape.layers[1] = widths[0];
    return population_network(shape);
  }

  std::optional<NeuronFunction> neuron_function(Index) const override { return std::nullopt; }

  // f* - f as a target of its own: the kept neurons are further columns, with minus their outgoing weights.
  NeuronProblem neuron_problem(const Vector& w, const Matrix& inputs, const Matrix& residual) const override {
    const Matrix coordinates = layout().matrix(w, 0), outgoing = layout().matrix(w, 1);
    const Matrix incoming =
        shape_.basis > 0 ? Matrix(coordinates * basis_of(inputs).transpose()) : coordinates;
    std::vector<Index> kept;
    for (Index i = 0; i < incoming.rows(); ++i)
      if (!incoming.row(i).isZero(0) && !outgoing.col(i).isZero(0)) kept.push_back(i);
    const Index targets = inputs.cols() - 1, count = static_cast<Index>(kept.size());
    NeuronProblem problem{with_hidden_widths({1}), Matrix::Zero(inputs.rows(), targets + count + 1),
                          Matrix::Zero(residual.rows(), targets + count + 1)};
    problem.inputs << inputs.leftCols(targets), incoming(kept, Eigen::all).transpose(), inputs.rightCols(1);
    problem.residual << residual.leftCols(targets), -outgoing(Eigen::all, kept),
        Matrix::Zero(residual.rows(), 1);
    return problem;
  }

  std::shared_ptr<const Network> function() const override { return function_; }
  Matrix function_inputs(const Matrix& points, const Matrix& inputs) const override {
    return shape_.basis > 0 ? Matrix(basis_of(inputs).transpose() * points) : points;
  }

  std::vector<int> weight_matrices() const override { return {0, 1}; }

 private:
  static std::vector<Index> weight_layers(const PopulationShape& shape) {
    return {shape.basis > 0 ? shape.basis : shape.layers[0], shape.layers[1], shape.layers[2]};
  }
  Index target_columns() const { return shape_.teachers + shape_.basis; }
  Matrix basis_of(const Matrix& inputs) const { return inputs.middleCols(shape_.teachers, shape_.basis); }

  PopulationShape shape_;
  std::shared_ptr<const Network> function_;
};

}  // namespace

std::shared_ptr<const Network> population_network(const PopulationShape& shape) {
  if (shape.layers.size() != 3)
    throw InputError(fmt::format("population: found layers [{}], expected inputs, one hidden width, outputs",
                                 fmt::join(shape.layers, ", ")));
  if (shape.teachers < 1)
    throw InputError(
        fmt::format("population: found {} neurons of the teacher, expected at least 1", shape.teachers));
  if (shape.basis < 0 || shape.basis > shape.layers[0])
    throw InputError(fmt::format("population: found a basis of {} vectors, expected at most the {} inputs",
                                 shape.basis, shape.layers[0]));
  return std::make_shared<Population>(shape);
}

}  // namespace saddleflow
