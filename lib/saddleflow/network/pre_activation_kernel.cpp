#include "saddleflow/network/pre_activation_kernel.hpp"

namespace saddleflow {

PreActivationKernel::PreActivationKernel(const Layout& layout, Activation activation, int hidden_layers,
                                         const Matrix& inputs)
    : layout_(layout), activation_(activation) {
  state_.inputs = inputs;
  state_.outer = hidden_layers < layout_.layer_count()
                     ? dense_outer_layer(layout_)
                     : summing_outer_layer(layout_.layer(hidden_layers - 1).rows);
  state_.w.setZero(layout_.size());
  state_.hidden.resize(static_cast<std::size_t>(hidden_layers));
  for (int l = 0; l < hidden_layers; ++l) {
    HiddenState& h = hidden(l);
    for (Matrix* m :
         {&h.z, &h.a, &h.slope, &h.curvature, &h.back, &h.delta, &h.dz, &h.da, &h.dback, &h.ddelta})
      m->setZero(layout_.layer(l).rows, inputs.cols());
  }
}

void PreActivationKernel::begin_pass(const Vector& w) {
  state_.w = w;
  has_slopes_ = has_curvatures_ = false;
}

void PreActivationKernel::activate(int l) { set_activations(activation_, factors(l), hidden(l)); }

void PreActivationKernel::ensure_slopes() {
  if (has_slopes_) return;
  for (int l = 0; l < hidden_count(); ++l) set_slopes(activation_, factors(l), hidden(l));
  has_slopes_ = true;
}

void PreActivationKernel::ensure_curvatures() {
  if (has_curvatures_) return;
  for (int l = 0; l < hidden_count(); ++l) set_curvatures(activation_, factors(l), hidden(l));
  has_curvatures_ = true;
}

void PreActivationKernel::set_pattern(const ActivationPattern* pattern) {
  if (pattern != nullptr) check_pattern(*pattern, state_);
  pattern_.reset();
  if (pattern != nullptr) pattern_ = *pattern;
}

}  // namespace saddleflow
