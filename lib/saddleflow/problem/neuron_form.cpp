#include "saddleflow/problem/neuron_form.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/network/feed_forward_state.hpp"
#include "saddleflow/network/sliding_manifold.hpp"
#include "saddleflow/network/weights_of_neurons.hpp"

namespace saddleflow {
namespace {

/// C_i = R_i^T diag(signs) R_i of every sample: what the derivatives of the outputs are multiplied with.
class CurvatureRoots {
 public:
  CurvatureRoots(const OutputCurvature& c) : outputs_(c.diagonal.rows()) {
    const Real largest = std::max(c.diagonal.cwiseAbs().maxCoeff(),
                                  c.is_diagonal() ? Real(0) : c.off_diagonal.cwiseAbs().maxCoeff());
    // A curvature that is nothing but rounding beside the others'.
    zero_ = std::numeric_limits<Real>::epsilon() * largest;
    for (Index i = 0; i < c.diagonal.cols(); ++i) c.is_diagonal() ? add_diagonal(c, i) : add_block(c, i);
  }

  Index rows() const { return static_cast<Index>(signs_.size()); }
  Vector signs() const { return Eigen::Map<const Vector>(signs_.data(), rows()); }

  /// R dH of a tangent of the outputs.
  void apply(const Matrix& tangent, Eigen::Ref<Vector> out) const {
    for (Index row = 0; row < rows(); ++row) {
      const auto k = static_cast<std::size_t>(row);
      const auto column = tangent.col(samples_[k]);
      out[row] = single_[k] >= 0 ? factors_[k][0] * column[single_[k]] : factors_[k].dot(column);
    }
  }

 private:
  void add_diagonal(const OutputCurvature& c, Index i) {
    for (Index o = 0; o < outputs_; ++o)
      add(c.diagonal(o, i), i, o, Vector::Constant(1, std::sqrt(std::abs(c.diagonal(o, i)))));
  }

  void add_block(const OutputCurvature& c, Index i) {
    Matrix block = c.diagonal.col(i).asDiagonal();
    for (Index a = 0; a < outputs_; ++a)
      for (Index b = a + 1; b < outputs_; ++b)
        block(a, b) = block(b, a) = c.off_diagonal(pair_row(a, b, outputs_), i);
    const SymmetricEigen eigen = symmetric_eigen(block, "curvature of the loss");
    for (Index o = 0; o < outputs_; ++o)
      add(eigen.values[o], i, -1, std::sqrt(std::abs(eigen.values[o])) * eigen.vectors.col(o));
  }

  void add(Real value, Index sample, Index output, Vector factor) {
    if (std::abs(value) <= zero_) return;
    signs_.push_back(value > 0 ? Real(1) : Real(-1));
    samples_.push_back(sample);
    single_.push_back(output);
    factors_.push_back(std::move(factor));
  }

  Index outputs_;
  Real zero_;
  std::vector<Real> signs_;
  std::vector<Index> samples_, single_;  // the one output of a row, or -1
  std::vector<Vector> factors_;
};

class FormMaker {
 public:
  FormMaker(Objective& objective, const Vector& w) : objective_(objective), w_(w) {
    const Matrix& targets = objective.data().targets;
    const Matrix outputs = objective.outputs(w);
    OutputCurvature curvature;
    objective.loss().derivative(outputs, targets, residual_);
    objective.loss().curvature(outputs, targets, curvature);
    roots_.emplace(curvature);
    no_change_.setZero(targets.rows(), targets.cols());
  }

  /// False where the function of a neuron is not known, or too many have a part in J.
  bool make() {
    const std::vector<Neuron>& neurons = objective_.network().neurons();
    form.signs = roots_->signs();
    form.starts = form.columns = {0};
    for (std::size_t k = 0; k < neurons.size(); ++k)
      if (!add_neuron(static_cast<Index>(k), weights_of(neurons[k]))) return false;
    join_jacobians();
    return restrict_to_mode();
  }

  NeuronForm form;

 private:
  bool add_neuron(Index k, const std::vector<Index>& weights) {
    const std::optional<NeuronFunction> function = objective_.network().neuron_function(k);
    const auto count = static_cast<Index>(weights.size());
    if (!function || function->network->parameter_count() != count) return false;
    const Matrix inputs = objective_.data().inputs(function->inputs, Eigen::all);
    const std::unique_ptr<Kernel> kernel = function->network->kernel(inputs);
    const ActivationPattern pattern = pattern_of(k);
    if (objective_.has_mode()) kernel->set_pattern(&pattern);
    Vector out(count);
    kernel->forward(w_(weights));
    kernel->backward(residual_, out);
    Matrix block(count, count), jacobian(roots_->rows(), count);
    for (Index j = 0; j < count; ++j) {
      roots_->apply(kernel->tangent(Vector::Unit(count, j)), jacobian.col(j));
      kernel->tangent_backward(no_change_, out);
      block.col(j) = out;
    }
    block = (block + block.transpose()).eval() / 2;
    const Vector& decay = objective_.decay().coefficients();
    if (decay.size() > 0) block.diagonal() += decay(weights);
    form.blocks.push_back(std::move(block));
    form.places.insert(form.places.end(), weights.begin(), weights.end());
    form.starts.push_back(form.size());
    const bool has_part = !jacobian.isZero(0);
    form.columns.push_back(form.columns.back() + (has_part ? count : 0));
    if (has_part) jacobians_.push_back(std::move(jacobian));
    return form.columns.back() * roots_->rows() <= kMostJacobian;
  }

  void join_jacobians() {
    form.jacobian.resize(roots_->rows(), form.columns.back());
    Index first = 0;
    for (Matrix& part : jacobians_) {
      form.jacobian.middleCols(first, part.cols()) = part;
      first += part.cols();
      part.resize(0, 0);
    }
  }

  /// The slopes of the neuron's units: the branches that it is kept on (p = 1), of a network in a mode.
  ActivationPattern pattern_of(Index k) {
    if (!objective_.has_mode()) return {};
    Vector gradient;
    objective_.gradient(w_, gradient);  // the slopes of a backward pass
    const Neuron& neuron = objective_.network().neurons()[static_cast<std::size_t>(k)];
    return {{objective_.state_at(w_)->layer(neuron.layer).slope.row(neuron.index)}};
  }

  /// Along the surface of the kinks that are held, whose normals are weights of one neuron each.
  bool restrict_to_mode() {
    CutPass pass;
    const SlidingManifold* surface = objective_.on_kinks(w_, pass);
    if (!surface) return true;
    if (!surface->is_flat()) return false;
    for (int side = 0; side < 2; ++side) project_blocks(*surface);
    // The normals are weights of one neuron each: what has no part in J is not given one.
    std::vector<Index> places;
    for (Index k = 0; k < form.neuron_count(); ++k)
      if (form.has_part(k))
        places.insert(places.end(), form.places.begin() + form.starts[static_cast<std::size_t>(k)],
                      form.places.begin() + form.starts[static_cast<std::size_t>(k) + 1]);
    for (Index row = 0; row < form.jacobian.rows(); ++row) {
      Vector v = Vector::Zero(w_.size());
      v(places) = form.jacobian.row(row).transpose();
      surface->project(v);
      form.jacobian.row(row) = v(places).transpose();
    }
    return true;
  }

  /// P B, transposed: one column of all blocks at a time.
  void project_blocks(const SlidingManifold& surface) {
    Index widest = 0;
    for (const Matrix& block : form.blocks) widest = std::max(widest, block.cols());
    Vector v(w_.size());
    for (Index j = 0; j < widest; ++j) {
      v.setZero();
      for_blocks_with(j, [&](Matrix& block, const auto& at) { v(at) = block.col(j); });
      surface.project(v);
      for_blocks_with(j, [&](Matrix& block, const auto& at) { block.col(j) = v(at); });
    }
    for (Matrix& block : form.blocks) block.transposeInPlace();
  }

  template <class Use>
  void for_blocks_with(Index column, Use use) {
    for (std::size_t k = 0; k < form.blocks.size(); ++k) {
      if (column >= form.blocks[k].cols()) continue;
      const std::vector<Index> at(form.places.begin() + form.starts[k],
                                  form.places.begin() + form.starts[k + 1]);
      use(form.blocks[k], at);
    }
  }

  Objective& objective_;
  const Vector& w_;
  std::optional<CurvatureRoots> roots_;
  Matrix residual_, no_change_;
  std::vector<Matrix> jacobians_;  // of the neurons that have a part
};

}  // namespace

std::optional<NeuronFormSize> neuron_form_size(const Objective& objective) {
  const Network& network = objective.network();
  if (!network.traits().separable || network.neurons().empty() || !partitions_weights(network))
    return std::nullopt;
  NeuronFormSize size{objective.data().targets.size(), 0};
  for (const Neuron& neuron : network.neurons())
    size.per_neuron =
        std::max(size.per_neuron, static_cast<Index>(neuron.incoming.size() + neuron.outgoing.size()));
  return size;
}

std::optional<NeuronForm> neuron_form(Objective& objective, const Vector& w) {
  if (!neuron_form_size(objective)) return std::nullopt;
  FormMaker maker(objective, w);
  if (!maker.make()) return std::nullopt;
  return std::move(maker.form);
}

}  // namespace saddleflow
