// Passes of a network with one wide hidden layer, which keep little between them.
#pragma once

#include <cstdint>
#include <memory>

#include "saddleflow/base/product.hpp"
#include "saddleflow/network/feed_forward_kernel.hpp"
#include "saddleflow/network/kernel.hpp"
#include "saddleflow/network/wide_pass.hpp"

namespace saddleflow {

/// As FeedForwardKernel with two weight matrices and a continuous gradient. Of the matrices width x samples
/// that kernel keeps for each objective, six to eight, this one keeps the pre-activations of a pass and
/// their tangents, in memory that all such kernels of a thread share (WidePass). Activations, slopes, what
/// comes back through the outer weights and its changes are made again where they are needed, for a strip of
/// neurons and a block of samples at a time, which stay in the second cache. They cost a few operations a
/// number, where a product of the first layer costs twice as many as there are inputs.
///
/// feed_forward_state() has the weights, the inputs and the outer layer; its matrices of the hidden layer are
/// empty. Those of whole_state(), the Hessian and activation patterns are left to a FeedForwardKernel, which
/// is made for them.
///
/// A kernel whose pass was overwritten by another kernel's makes it again: the results are those of a kernel
/// with memory of its own. A sum over neurons or samples is made in pieces that depend on the sizes alone, so
/// that the number of threads changes no bit.
class WideKernel final : public Kernel {
 public:
  /// Whether a network of this shape is to be given such a kernel.
  static bool applies_to(const Layout& layout, const Activation& activation, Index samples);
  WideKernel(const Layout& layout, Activation activation, const Matrix& inputs);
  ~WideKernel() override;
  WideKernel(const WideKernel&) = delete;
  WideKernel& operator=(const WideKernel&) = delete;

  const Matrix& forward(const Vector& w) override;
  void backward(const Matrix& r, Vector& out) override;
  const Matrix& tangent(const Vector& v) override;
  void tangent_backward(const Matrix& dr, Vector& out) override;
  void hessian(const Matrix& r, const OutputCurvature& c, Matrix& out) override;
  void set_workers(Workers* workers) override;
  void set_pattern(const ActivationPattern* pattern) override;
  const FeedForwardState* feed_forward_state() const override;
  const FeedForwardState* whole_state() override;

 private:
  enum class Pass { none, forward, tangent };
  Index width() const { return layout_.layer(0).rows; }
  /// The memory of this thread, with what the passes so far have left there.
  WidePass& held(Pass needed);
  void make_forward(WidePass& pass);
  void make_tangent(WidePass& pass);
  std::size_t at_a_time() const;
  /// job(block, scratch) for every block of samples, on the threads of the workers.
  template <class Job>
  void for_blocks(WidePass& pass, const Job& job);
  /// out = (or +=) the sum of what job(block, sum, scratch, to) adds to `to`, or puts there, for each block;
  /// of the parameters from `from` on.
  template <class Job>
  void sum_over_blocks(WidePass& pass, Sum sum, Index from, Vector& out, const Job& job);
  template <class Job>
  void for_strips(const Job& job) const;

  Layout layout_;
  Activation activation_;
  FeedForwardState state_;
  Matrix outputs_, residual_, output_tangent_;
  Vector v_;
  std::vector<ColumnRange> blocks_;
  std::uint64_t number_;  ///< of this kernel, none of which is given twice
  Pass made_ = Pass::none;
  Workers* workers_ = nullptr;
  bool shares_ = false;
  std::unique_ptr<FeedForwardKernel> plain_;  ///< with a pattern, takes the place of this one
  std::unique_ptr<FeedForwardKernel> whole_;  ///< of whole_state()
};

}  // namespace saddleflow
