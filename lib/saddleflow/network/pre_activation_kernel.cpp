#include "saddleflow/network/pre_activation_kernel.hpp"

#include <algorithm>

#include "saddleflow/base/product.hpp"

namespace saddleflow {
namespace {

/// As long as the pieces of a long sum: a sum over the columns is then the same in blocks and at once.
std::vector<ColumnRange> column_blocks(Index columns) {
  std::vector<ColumnRange> blocks;
  for (Index first = 0, piece = piece_of(columns); first < columns; first += piece)
    blocks.push_back({first, std::min(piece, columns - first)});
  return blocks;
}

}  // namespace

PreActivationKernel::PreActivationKernel(const Layout& layout, Activation activation, int hidden_layers,
                                         const Matrix& inputs)
    : layout_(layout), activation_(activation) {
  state_.inputs = inputs;
  state_.outer = hidden_layers < layout_.layer_count()
                     ? dense_outer_layer(layout_)
                     : summing_outer_layer(layout_.layer(hidden_layers - 1).rows);
  state_.w.setZero(layout_.size());
  state_.hidden.resize(static_cast<std::size_t>(hidden_layers));
  make_room({&HiddenState::z});
  blocks_ = column_blocks(inputs.cols());
}

/// Width x columns each, unless they are there.
void PreActivationKernel::make_room(std::initializer_list<Part> parts) {
  for (int l = 0; l < hidden_count(); ++l)
    for (const Part part : parts)
      if ((hidden(l).*part).size() == 0)
        (hidden(l).*part).setZero(layout_.layer(l).rows, state_.inputs.cols());
}

void PreActivationKernel::begin_pass(const Vector& w) {
  make_room({&HiddenState::a});
  state_.w = w;
  has_slopes_ = has_curvatures_ = false;
}

void PreActivationKernel::activate(int l, const ColumnRange& block) {
  set_activations(activation_, factors(l), block, hidden(l));
}

void PreActivationKernel::make_slopes(const ColumnRange& block) {
  for (int l = 0; l < hidden_count(); ++l) set_slopes(activation_, factors(l), block, hidden(l));
}

bool PreActivationKernel::wants_slopes() {
  make_room({&HiddenState::slope, &HiddenState::back, &HiddenState::delta});
  return !has_slopes_;
}

void PreActivationKernel::ensure_slopes() {
  if (!wants_slopes()) return;
  make_slopes({0, state_.inputs.cols()});
  has_slopes_ = true;
}

void PreActivationKernel::ensure_tangents() {
  ensure_pre_tangents();
  make_room({&HiddenState::da, &HiddenState::dback, &HiddenState::ddelta});
}

void PreActivationKernel::ensure_pre_tangents() {
  ensure_slopes();
  make_room({&HiddenState::dz});
}

void PreActivationKernel::curvatures(int l, const ColumnRange& block, Real* out) const {
  set_curvatures(activation_, factors(l), block, hidden(l), out);
}

void PreActivationKernel::ensure_curvatures() {
  make_room({&HiddenState::curvature});
  if (has_curvatures_) return;
  for (int l = 0; l < hidden_count(); ++l)
    curvatures(l, {0, state_.inputs.cols()}, hidden(l).curvature.data());
  has_curvatures_ = true;
}

void PreActivationKernel::set_pattern(const ActivationPattern* pattern) {
  if (pattern != nullptr) check_pattern(*pattern, state_);
  pattern_.reset();
  if (pattern != nullptr) pattern_ = *pattern;
}

}  // namespace saddleflow
