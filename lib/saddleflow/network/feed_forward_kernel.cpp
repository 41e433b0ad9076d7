#include "saddleflow/network/feed_forward_kernel.hpp"

#include <algorithm>
#include <utility>

#include "saddleflow/base/product.hpp"

namespace saddleflow {
namespace {

auto columns(const Matrix& m, const ColumnRange& block) { return m.middleCols(block.first, block.count); }
auto columns(Matrix& m, const ColumnRange& block) { return m.middleCols(block.first, block.count); }

// Weights times columns from which on a pass takes some hundred microseconds, and a thread is worth what it
// takes to start it.
constexpr Index kLargePass = 4'000'000;
// Blocks whose sums are kept until they are added in their order: as many as most machines have cores.
constexpr std::size_t kBlocksAtATime = 16;

}  // namespace

FeedForwardKernel::FeedForwardKernel(const Layout& layout, Activation activation, const Matrix& inputs)
    : PreActivationKernel(layout, activation, layout.layer_count() - 1, inputs) {
  for (Matrix* m : {&outputs_, &residual_, &output_tangent_})
    m->setZero(layout.layer(depth() - 1).rows, inputs.cols());
  v_.setZero(layout.size());
  scratch_.resize(1);
}

void FeedForwardKernel::set_workers(Workers* workers) {
  const bool shares = blocks().size() > 1 && layout().size() * outputs_.cols() >= kLargePass;
  workers_ = shares ? workers : nullptr;
  scratch_.clear();
  scratch_.resize(workers_ != nullptr ? std::min(blocks().size(), kBlocksAtATime) : 1);
  if (workers_ != nullptr)
    for (Scratch& scratch : scratch_) scratch.sum.setZero(layout().size());
}

/// For the passes of a tangent. Made by the first.
void FeedForwardKernel::make_scratch() {
  if (depth() == 1 || scratch_.front().curvature.size() > 0) return;
  const Index most = blocks().front().count;
  for (Scratch& scratch : scratch_) {
    scratch.layers.resize(static_cast<std::size_t>(depth() - 1));
    Index widest = 0;
    for (int l = 0; l + 1 < depth(); ++l) {
      scratch.layer(l).setZero(layout().layer(l).rows, most);
      widest = std::max(widest, layout().layer(l).rows);
    }
    scratch.curvature.setZero(widest * most);
  }
}

template <class Job>
void FeedForwardKernel::in_rounds(const Job& job) {
  for (std::size_t first = 0; first < blocks().size(); first += scratch_.size()) {
    const std::size_t count = std::min(scratch_.size(), blocks().size() - first);
    job(first, count);
  }
}

template <class Job>
void FeedForwardKernel::for_blocks(const Job& job) {
  if (workers_ == nullptr) {  // without std::function, which may take memory from the heap
    for (const ColumnRange& block : blocks()) job(block, scratch_.front());
    return;
  }
  in_rounds([&job, this](std::size_t first, std::size_t count) {
    workers_->run(static_cast<Index>(count), [&job, first, this](Index k) {
      const auto number = static_cast<std::size_t>(k);
      job(blocks()[first + number], scratch_[number]);
    });
  });
}

template <class Job>
void FeedForwardKernel::sum_over_blocks(Sum sum, Index from, Vector& out, const Job& job) {
  if (workers_ == nullptr) {
    for (const ColumnRange& block : blocks())
      job(block, block.first == 0 ? sum : Sum::add, scratch_.front(), out);
    return;
  }
  const Index rest = layout().size() - from;
  in_rounds([&](std::size_t first, std::size_t count) {
    workers_->run(static_cast<Index>(count), [&](Index k) {
      const auto number = static_cast<std::size_t>(k);
      Scratch& scratch = scratch_[number];
      job(blocks()[first + number], Sum::replace, scratch, scratch.sum);
    });
    for (std::size_t k = 0; k < count; ++k) {
      if (first + k == 0 && sum == Sum::replace)
        out.tail(rest) = scratch_[k].sum.tail(rest);
      else
        out.tail(rest) += scratch_[k].sum.tail(rest);
    }
  });
}

const Matrix& FeedForwardKernel::forward(const Vector& w) {
  begin_pass(w);
  for_blocks([this](const ColumnRange& block, Scratch& /*scratch*/) {
    for (int l = 0; l + 1 < depth(); ++l) {
      product(weights(l), columns(input_of(l), block), columns(hidden(l).z, block));
      activate(l, block);
    }
    product(weights(depth() - 1), columns(input_of(depth() - 1), block), columns(outputs_, block));
  });
  return outputs_;
}

void FeedForwardKernel::backward(const Matrix& r, Vector& out) {
  out.resize(layout().size());
  residual_ = r;
  const bool makes_slopes = wants_slopes();
  sum_over_blocks(Sum::replace, 0, out,
                  [this, makes_slopes](const ColumnRange& block, Sum sum, Scratch& /*scratch*/, Vector& to) {
                    if (makes_slopes) make_slopes(block);
                    backward(block, sum, to);
                  });
  note_slopes();
}

void FeedForwardKernel::backward(const ColumnRange& block, Sum sum, Vector& out) {
  for (int l = depth() - 1;; --l) {
    const auto delta = columns(delta_of(l), block);
    product_transposed(delta, columns(input_of(l), block), layout().matrix(out, l), sum);
    if (l == 0) return;
    HiddenState& below = hidden(l - 1);
    transposed_product(weights(l), delta, columns(below.back, block));
    flat(below.delta, block) = flat(below.back, block) * flat(below.slope, block);
  }
}

/// da of a hidden layer.
void FeedForwardKernel::set_activation_tangent(int l, const ColumnRange& block, Scratch& scratch) {
  flat(scratch.layer(l), {0, block.count}) = flat(hidden(l).slope, block) * flat(hidden(l).dz, block);
}

const Matrix& FeedForwardKernel::tangent(const Vector& v) {
  ensure_pre_tangents();
  make_scratch();
  v_ = v;
  for_blocks([this](const ColumnRange& block, Scratch& scratch) {
    for (int l = 0; l < depth(); ++l) {
      auto dz = columns(l + 1 == depth() ? output_tangent_ : hidden(l).dz, block);
      product(layout().matrix(v_, l), columns(input_of(l), block), dz);
      if (l > 0) product(weights(l), scratch.layer(l - 1).leftCols(block.count), dz, Sum::add);
      if (l + 1 < depth()) set_activation_tangent(l, block, scratch);
    }
  });
  return output_tangent_;
}

void FeedForwardKernel::tangent_backward(const Matrix& dr, Vector& out) {
  out.resize(layout().size());
  sum_over_blocks(Sum::replace, 0, out,
                  [&dr, this](const ColumnRange& block, Sum sum, Scratch& scratch, Vector& to) {
                    tangent_backward(block, dr, sum, scratch, to);
                  });
  if (depth() == 1) return;
  const auto add_other_half = [this](const ColumnRange& block, Sum sum, Scratch& scratch, Vector& to) {
    for (int l = 1; l < depth(); ++l) {
      set_activation_tangent(l - 1, block, scratch);
      product_transposed(columns(delta_of(l), block), scratch.layer(l - 1).leftCols(block.count),
                         layout().matrix(to, l), sum);
    }
  };
  sum_over_blocks(Sum::add, layout().layer(1).offset, out, add_other_half);
}

/// The scratch of a layer holds the derivative of what comes back to it, and then of its delta.
void FeedForwardKernel::tangent_backward(const ColumnRange& block, const Matrix& dr, Sum sum,
                                         Scratch& scratch, Vector& out) {
  const ColumnRange here{0, block.count};
  for (int l = depth() - 1;; --l) {
    const auto ddelta =
        l + 1 == depth() ? columns(dr, block) : columns(std::as_const(scratch.layer(l)), here);
    product_transposed(ddelta, columns(input_of(l), block), layout().matrix(out, l), sum);
    if (l == 0) return;
    const HiddenState& below = hidden(l - 1);
    auto back = scratch.layer(l - 1).leftCols(block.count);
    transposed_product(layout().matrix(v_, l), columns(delta_of(l), block), back);
    transposed_product(weights(l), ddelta, back, Sum::add);
    curvatures(l - 1, block, scratch.curvature.data());
    auto change = flat(scratch.layer(l - 1), here);
    change = change * flat(below.slope, block) +
             flat(below.back, block) * scratch.curvature.head(change.size()) * flat(below.dz, block);
  }
}

void FeedForwardKernel::hessian(const Matrix& r, const OutputCurvature& c, Matrix& out) {
  ensure_slopes();
  ensure_curvatures();
  if (!hessian_) hessian_ = std::make_unique<FeedForwardHessian>(layout(), activation(), outputs_.cols());
  hessian_->assemble(state(), r, c, out);
}

}  // namespace saddleflow
