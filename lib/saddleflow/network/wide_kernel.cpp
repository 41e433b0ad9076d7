#include "saddleflow/network/wide_kernel.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <utility>

namespace saddleflow {
namespace {

using Flat = Eigen::Map<Eigen::Array<Real, Eigen::Dynamic, 1>>;
using ConstFlat = Eigen::Map<const Eigen::Array<Real, Eigen::Dynamic, 1>>;

// Width x samples from which on this kernel is faster, gradients and products: six to eight matrices of half
// a megabyte are more than a second cache. It takes 0.3 to 0.7 times as long from 500 neurons and 300 samples
// on; with half of this size the slopes that a product makes again cost as much as is gained.
constexpr Index kWide = Index{1} << 16;
// Neurons of a strip: a whole number of tiles of a product (three registers of eight), so that three matrices
// of a strip and a block of samples take three quarters of a megabyte.
constexpr Index kStrip = 240;
// Weights times columns from which on a pass takes some hundred microseconds, and a thread is worth what it
// takes to start it.
constexpr Index kLargeShare = 4'000'000;
// Most blocks that threads work on at a time: each has a sum of its own, a vector of the weights.
constexpr std::size_t kMostAtATime = 4;

std::uint64_t next_number() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

/// As long as the pieces of a long sum, as those of a PreActivationKernel.
std::vector<ColumnRange> sample_blocks(Index samples) {
  std::vector<ColumnRange> blocks;
  for (Index first = 0, piece = piece_of(samples); first < samples; first += piece)
    blocks.push_back({first, std::min(piece, samples - first)});
  return blocks;
}

/// Neurons first ... first + count - 1.
struct Strip {
  Index first, count;
};

void need(Matrix& m, Index rows, Index columns) {
  if (m.rows() != rows || m.cols() != columns) m.resize(rows, columns);
}

auto part(Matrix& m, const Strip& strip, const ColumnRange& block) {
  return m.topLeftCorner(strip.count, block.count);
}

/// One column of a strip: what is computed there stays in the first cache.
using Column = std::array<Real, kStrip>;

void set_values(const Activation& activation, const Matrix& z, const Strip& strip, const ColumnRange& block,
                Matrix& a) {
  for (Index j = 0; j < block.count; ++j)
    activation.value(z.col(block.first + j).data() + strip.first, strip.count, a.col(j).data());
}

/// m = m o sigma'(z).
void multiply_slopes(const Activation& activation, const Matrix& z, const Strip& strip,
                     const ColumnRange& block, Matrix& m) {
  Column slope;
  for (Index j = 0; j < block.count; ++j) {
    activation.derivative(z.col(block.first + j).data() + strip.first, strip.count, slope.data());
    Flat column(m.col(j).data(), strip.count);
    column = column * ConstFlat(slope.data(), strip.count);
  }
}

/// da = sigma'(z) o dz.
void set_value_tangents(const Activation& activation, const WidePass& pass, const Strip& strip,
                        const ColumnRange& block, Matrix& da) {
  Column slope;
  for (Index j = 0; j < block.count; ++j) {
    activation.derivative(pass.z.col(block.first + j).data() + strip.first, strip.count, slope.data());
    Flat(da.col(j).data(), strip.count) =
        ConstFlat(slope.data(), strip.count) *
        ConstFlat(pass.dz.col(block.first + j).data() + strip.first, strip.count);
  }
}

/// change = change o sigma'(z) + back o sigma''(z) o dz.
void set_changes(const Activation& activation, const WidePass& pass, const Strip& strip,
                 const ColumnRange& block, const Matrix& back, Matrix& change) {
  Column slope, curvature;
  for (Index j = 0; j < block.count; ++j) {
    const Real* z = pass.z.col(block.first + j).data() + strip.first;
    activation.derivative(z, strip.count, slope.data());
    activation.second_derivative(z, strip.count, curvature.data());
    Flat column(change.col(j).data(), strip.count);
    column = column * ConstFlat(slope.data(), strip.count) +
             ConstFlat(back.col(j).data(), strip.count) * ConstFlat(curvature.data(), strip.count) *
                 ConstFlat(pass.dz.col(block.first + j).data() + strip.first, strip.count);
  }
}

}  // namespace

WidePass& WidePass::of_this_thread() {
  static thread_local WidePass pass;
  return pass;
}

bool WideKernel::applies_to(const Layout& layout, const Activation& activation, Index samples) {
  return layout.layer_count() == 2 && activation.is_smooth() && layout.layer(0).rows * samples >= kWide;
}

WideKernel::WideKernel(const Layout& layout, Activation activation, const Matrix& inputs)
    : layout_(layout),
      activation_(activation),
      blocks_(sample_blocks(inputs.cols())),
      number_(next_number()) {
  state_.inputs = inputs;
  state_.outer = dense_outer_layer(layout_);
  state_.w.setZero(layout_.size());
  state_.hidden.resize(1);
  for (Matrix* m : {&outputs_, &residual_, &output_tangent_})
    m->setZero(layout_.layer(1).rows, inputs.cols());
  v_.setZero(layout_.size());
}

WideKernel::~WideKernel() {
  WidePass& pass = WidePass::of_this_thread();
  if (pass.holder == number_) pass = WidePass();
}

void WideKernel::set_workers(Workers* workers) {
  workers_ = workers;
  shares_ = workers != nullptr && blocks_.size() > 1 && layout_.size() * outputs_.cols() >= kLargeShare;
  if (plain_) plain_->set_workers(workers);
}

std::size_t WideKernel::at_a_time() const { return shares_ ? std::min(blocks_.size(), kMostAtATime) : 1; }

WidePass& WideKernel::held(Pass needed) {
  WidePass& pass = WidePass::of_this_thread();
  if (pass.scratch.size() < at_a_time()) pass.scratch.resize(at_a_time());
  const Index rows = std::min(kStrip, width()), columns = blocks_.front().count;
  for (WidePass::Scratch& scratch : pass.scratch) {
    need(scratch.outer, outputs_.rows(), rows);
    for (Matrix* m : {&scratch.a, &scratch.back, &scratch.change})
      if (m->rows() < rows || m->cols() < columns) m->resize(rows, columns);
  }
  if (pass.holder == number_) return pass;
  pass.holder = 0;  // until all is there: somebody may run out of memory
  if (needed >= Pass::forward && made_ >= Pass::forward) make_forward(pass);
  if (needed >= Pass::tangent && made_ >= Pass::tangent) make_tangent(pass);
  pass.holder = number_;
  return pass;
}

template <class Job>
void WideKernel::for_blocks(WidePass& pass, const Job& job) {
  if (!shares_) {  // without std::function, which may take memory from the heap
    for (const ColumnRange& block : blocks_) job(block, pass.scratch.front());
    return;
  }
  for (std::size_t first = 0; first < blocks_.size(); first += at_a_time()) {
    const std::size_t count = std::min(at_a_time(), blocks_.size() - first);
    workers_->run(static_cast<Index>(count), [&](Index k) {
      const auto number = static_cast<std::size_t>(k);
      job(blocks_[first + number], pass.scratch[number]);
    });
  }
}

template <class Job>
void WideKernel::sum_over_blocks(WidePass& pass, Sum sum, Index from, Vector& out, const Job& job) {
  if (!shares_) {
    for (const ColumnRange& block : blocks_)
      job(block, block.first == 0 ? sum : Sum::add, pass.scratch.front(), out);
    return;
  }
  const Index rest = layout_.size() - from;
  for (std::size_t first = 0; first < blocks_.size(); first += at_a_time()) {
    const std::size_t count = std::min(at_a_time(), blocks_.size() - first);
    workers_->run(static_cast<Index>(count), [&](Index k) {
      const auto number = static_cast<std::size_t>(k);
      WidePass::Scratch& scratch = pass.scratch[number];
      if (scratch.sum.size() != layout_.size()) scratch.sum.resize(layout_.size());
      job(blocks_[first + number], Sum::replace, scratch, scratch.sum);
    });
    for (std::size_t k = 0; k < count; ++k) {
      if (first + k == 0 && sum == Sum::replace)
        out.tail(rest) = pass.scratch[k].sum.tail(rest);
      else
        out.tail(rest) += pass.scratch[k].sum.tail(rest);
    }
  }
}

template <class Job>
void WideKernel::for_strips(const Job& job) const {
  for (Index first = 0; first < width(); first += kStrip)
    job(Strip{first, std::min(kStrip, width() - first)});
}

const Matrix& WideKernel::forward(const Vector& w) {
  if (plain_) return plain_->forward(w);
  state_.w = w;
  made_ = Pass::none;
  WidePass& pass = held(Pass::none);
  pass.holder = 0;
  make_forward(pass);
  pass.holder = number_;
  made_ = Pass::forward;
  return outputs_;
}

void WideKernel::make_forward(WidePass& pass) {
  need(pass.z, width(), outputs_.cols());
  const ConstMatrixView inner = layout_.matrix(std::as_const(state_.w), 0),
                        outer = layout_.matrix(std::as_const(state_.w), 1);
  for_blocks(pass, [&](const ColumnRange& block, WidePass::Scratch& scratch) {
    const auto inputs = state_.inputs.middleCols(block.first, block.count);
    for_strips([&](const Strip& strip) {
      product(inner.middleRows(strip.first, strip.count), inputs,
              pass.z.block(strip.first, block.first, strip.count, block.count));
      set_values(activation_, pass.z, strip, block, scratch.a);
      product(outer.middleCols(strip.first, strip.count), part(scratch.a, strip, block),
              outputs_.middleCols(block.first, block.count), strip.first == 0 ? Sum::replace : Sum::add);
    });
  });
}

void WideKernel::backward(const Matrix& r, Vector& out) {
  if (plain_) return plain_->backward(r, out);
  WidePass& pass = held(Pass::forward);
  out.resize(layout_.size());
  residual_ = r;
  const ConstMatrixView outer = layout_.matrix(std::as_const(state_.w), 1);
  sum_over_blocks(pass, Sum::replace, 0, out,
                  [&](const ColumnRange& block, Sum sum, WidePass::Scratch& scratch, Vector& to) {
                    const auto inputs = state_.inputs.middleCols(block.first, block.count);
                    const auto delta = residual_.middleCols(block.first, block.count);
                    for_strips([&](const Strip& strip) {
                      set_values(activation_, pass.z, strip, block, scratch.a);
                      product_transposed(delta, part(scratch.a, strip, block),
                                         layout_.matrix(to, 1).middleCols(strip.first, strip.count), sum);
                      transposed_product(outer.middleCols(strip.first, strip.count), delta,
                                         part(scratch.back, strip, block));
                      multiply_slopes(activation_, pass.z, strip, block, scratch.back);
                      product_transposed(part(scratch.back, strip, block), inputs,
                                         layout_.matrix(to, 0).middleRows(strip.first, strip.count), sum);
                    });
                  });
}

const Matrix& WideKernel::tangent(const Vector& v) {
  if (plain_) return plain_->tangent(v);
  WidePass& pass = held(Pass::forward);
  v_ = v;
  make_tangent(pass);
  made_ = Pass::tangent;
  return output_tangent_;
}

void WideKernel::make_tangent(WidePass& pass) {
  need(pass.dz, width(), outputs_.cols());
  const ConstMatrixView outer = layout_.matrix(std::as_const(state_.w), 1);
  const ConstMatrixView inner_change = layout_.matrix(std::as_const(v_), 0),
                        outer_change = layout_.matrix(std::as_const(v_), 1);
  for_blocks(pass, [&](const ColumnRange& block, WidePass::Scratch& scratch) {
    const auto inputs = state_.inputs.middleCols(block.first, block.count);
    auto change = output_tangent_.middleCols(block.first, block.count);
    for_strips([&](const Strip& strip) {
      product(inner_change.middleRows(strip.first, strip.count), inputs,
              pass.dz.block(strip.first, block.first, strip.count, block.count));
      set_values(activation_, pass.z, strip, block, scratch.a);
      set_value_tangents(activation_, pass, strip, block, scratch.change);
      product(outer_change.middleCols(strip.first, strip.count), part(scratch.a, strip, block), change,
              strip.first == 0 ? Sum::replace : Sum::add);
      product(outer.middleCols(strip.first, strip.count), part(scratch.change, strip, block), change,
              Sum::add);
    });
  });
}

void WideKernel::tangent_backward(const Matrix& dr, Vector& out) {
  if (plain_) return plain_->tangent_backward(dr, out);
  WidePass& pass = held(Pass::tangent);
  out.resize(layout_.size());
  const ConstMatrixView outer = layout_.matrix(std::as_const(state_.w), 1),
                        outer_change = layout_.matrix(std::as_const(v_), 1);
  sum_over_blocks(pass, Sum::replace, 0, out,
                  [&](const ColumnRange& block, Sum sum, WidePass::Scratch& scratch, Vector& to) {
                    const auto inputs = state_.inputs.middleCols(block.first, block.count);
                    const auto delta = residual_.middleCols(block.first, block.count);
                    const auto ddelta = dr.middleCols(block.first, block.count);
                    for_strips([&](const Strip& strip) {
                      // Two sums over the samples: added one by one they would have other bits than from a
                      // block's own sum.
                      auto outer_part = scratch.outer.leftCols(strip.count);
                      set_values(activation_, pass.z, strip, block, scratch.a);
                      product_transposed(ddelta, part(scratch.a, strip, block), outer_part);
                      set_value_tangents(activation_, pass, strip, block, scratch.a);
                      product_transposed(delta, part(scratch.a, strip, block), outer_part, Sum::add);
                      auto outer_sum = layout_.matrix(to, 1).middleCols(strip.first, strip.count);
                      if (sum == Sum::replace)
                        outer_sum = outer_part;
                      else
                        outer_sum += outer_part;
                      transposed_product(outer_change.middleCols(strip.first, strip.count), delta,
                                         part(scratch.change, strip, block));
                      transposed_product(outer.middleCols(strip.first, strip.count), ddelta,
                                         part(scratch.change, strip, block), Sum::add);
                      transposed_product(outer.middleCols(strip.first, strip.count), delta,
                                         part(scratch.back, strip, block));
                      set_changes(activation_, pass, strip, block, scratch.back, scratch.change);
                      product_transposed(part(scratch.change, strip, block), inputs,
                                         layout_.matrix(to, 0).middleRows(strip.first, strip.count), sum);
                    });
                  });
}

void WideKernel::hessian(const Matrix& r, const OutputCurvature& c, Matrix& out) {
  if (plain_) return plain_->hessian(r, c, out);
  FeedForwardKernel plain(layout_, activation_, state_.inputs);
  plain.forward(state_.w);
  plain.hessian(r, c, out);
}

void WideKernel::set_pattern(const ActivationPattern* pattern) {
  if (pattern == nullptr) {
    plain_.reset();
    return;
  }
  if (!plain_) {
    plain_ = std::make_unique<FeedForwardKernel>(layout_, activation_, state_.inputs);
    plain_->set_workers(workers_);
  }
  plain_->set_pattern(pattern);
}

const FeedForwardState* WideKernel::whole_state() {
  if (plain_) return plain_->whole_state();
  if (!whole_) whole_ = std::make_unique<FeedForwardKernel>(layout_, activation_, state_.inputs);
  Vector gradient;
  whole_->forward(state_.w);
  whole_->backward(residual_, gradient);
  return whole_->feed_forward_state();
}

const FeedForwardState* WideKernel::feed_forward_state() const {
  return plain_ ? plain_->feed_forward_state() : &state_;
}

}  // namespace saddleflow
