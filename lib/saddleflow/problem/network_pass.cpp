#include "saddleflow/problem/network_pass.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/network/feed_forward_state.hpp"

namespace saddleflow {
namespace {

/// Equal representation. The padding of a long double has no defined content, hence the comparison by value
/// there (under which NaN is never equal: such weights are evaluated again, to the same NaN).
bool same_bits(const Vector& a, const Vector& b) {
  if constexpr (std::numeric_limits<Real>::digits == 53)
    return std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(Real)) == 0;
  else
    return std::equal(a.data(), a.data() + a.size(), b.data(),
                      [](Real x, Real y) { return x == y && std::signbit(x) == std::signbit(y); });
}

}  // namespace

NetworkPass::NetworkPass(std::shared_ptr<const Network> network, const Matrix& inputs,
                         const char* weights_name)
    : network_(std::move(network)),
      inputs_(inputs),
      weights_name_(weights_name),
      kernel_(network_->kernel(inputs_)),
      w_(network_->parameter_count()),
      outputs_(Matrix::Zero(network_->output_count(), inputs_.cols())) {}

bool NetworkPass::move_to(const Vector& w) {
  if (w.size() != w_.size())
    throw InputError(fmt::format("{}: found {} numbers, expected the {} parameters of the network",
                                 weights_name_, w.size(), w_.size()));
  if (is_made_ && same_bits(w, w_)) return false;
  is_made_ = false;  // a kernel of somebody else's may throw
  w_ = w;
  outputs_ = kernel_->forward(w_);
  is_made_ = true;
  return true;
}

const Matrix& NetworkPass::columns() const { return state() != nullptr ? state()->inputs : inputs_; }

const OuterLayer* NetworkPass::outer_layer() const {
  return state() != nullptr ? state()->outer.get() : nullptr;
}

}  // namespace saddleflow
