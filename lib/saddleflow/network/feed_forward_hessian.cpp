#include "saddleflow/network/feed_forward_hessian.hpp"

#include <algorithm>

#include "saddleflow/base/product.hpp"

#include "saddleflow/network/symmetric.hpp"

namespace saddleflow {
namespace {

// Samples of one batch: enough for products to be efficient, few enough that the batch stays in the cache.
constexpr Index largest_batch = 128;
// Rows of one product: enough to be efficient, few enough that coefficients and products stay in the cache.
constexpr Index rows_per_product = 128;

/// Source columns into a batch with the sample as row; rows beyond the last sample become zero and add
/// nothing.
void load_transposed(const Matrix& from, Index first, Matrix& to) {
  const Index count = std::min(to.rows(), from.cols() - first);
  to.topRows(count) = from.middleCols(first, count).transpose();
  to.bottomRows(to.rows() - count).setZero();
}

}  // namespace

FeedForwardHessian::FeedForwardHessian(const Layout& layout, Activation activation, Index samples)
    : layout_(layout), has_curvature_(activation.power() > 1), samples_(samples) {
  const Index batches = (samples + largest_batch - 1) / largest_batch;
  batch_ = (samples + batches - 1) / batches;
  levels_.resize(static_cast<std::size_t>(depth()));
  Index rows = 0;
  Index columns = 0;
  for (int l = 0; l < depth(); ++l) {
    const Index width = layout.layer(l).rows;
    Level& here = level(l);
    here.input.resize(batch_, layout.layer(l).cols);
    for (Matrix* x : {&here.slope, &here.curvature, &here.delta, &here.diagonal}) x->resize(batch_, width);
    const auto above = static_cast<std::size_t>(depth() - l);
    here.m.resize(above);
    here.t.resize(above);
    for (int other = l; other < depth(); ++other) {
      const Index pairs = width * layout.layer(other).rows;
      if (l + 1 < depth()) m(l, other).resize(batch_, pairs);
      if (other > l && other + 1 < depth()) t(other, l).resize(batch_, pairs);
      rows = std::max({rows, width, std::min(width * layout.layer(other).cols, rows_per_product)});
    }
    columns = std::max(columns, layout.layer(l).cols);
  }
  coefficients_.resize(batch_, rows);
  products_.resize(rows, columns);
  if (has_single_output_form())
    for (Matrix* x : {&jacobian_, &scaled_}) x->resize(batch_, layout.size());
}

void FeedForwardHessian::assemble(const FeedForwardState& state, const Matrix& r, const OutputCurvature& c,
                                  Matrix& out) {
  out.setZero(layout_.size(), layout_.size());
  for (Index first = 0; first < samples_; first += batch_) {
    load(state, r, c, first);
    if (has_single_output_form()) add_single_output_curvature(state.w, out);
    for (int l = depth() - 2; l >= 0; --l) propagate(state.w, l);
    for (int l = 0; l < depth(); ++l)
      for (int other = l; other < depth(); ++other) add_block(l, other, out);
  }
  mirror_upper(out);
}

void FeedForwardHessian::load(const FeedForwardState& state, const Matrix& r, const OutputCurvature& c,
                              Index first) {
  for (int l = 0; l < depth(); ++l) load_transposed(state.input_of(l), first, level(l).input);
  for (int l = 0; l + 1 < depth(); ++l) {
    load_transposed(state.layer(l).slope, first, level(l).slope);
    load_transposed(state.layer(l).curvature, first, level(l).curvature);
  }
  Level& top = level(depth() - 1);
  load_transposed(r, first, top.delta);
  load_transposed(c.diagonal, first, top.diagonal);
  top.form = c.is_zero() ? Form::zero : c.is_diagonal() ? Form::diagonal : Form::dense;
  if (top.form == Form::dense) load_dense(c, first);
}

/// M_mm from the blocks of the samples.
void FeedForwardHessian::load_dense(const OutputCurvature& c, Index first) {
  const Index outputs = c.diagonal.rows(), count = std::min(batch_, samples_ - first);
  Matrix& block = m(depth() - 1, depth() - 1);
  block.setZero(batch_, outputs * outputs);
  for (Index a = 0; a < outputs; ++a) {
    block.col(a + outputs * a) = level(depth() - 1).diagonal.col(a);
    for (Index b = a + 1; b < outputs; ++b) {
      const auto pair = c.off_diagonal.row(pair_row(a, b, outputs)).segment(first, count).transpose();
      block.col(a + outputs * b).head(count) = pair;
      block.col(b + outputs * a).head(count) = pair;
    }
  }
}

void FeedForwardHessian::add_single_output_curvature(const Vector& w, Matrix& out) {
  Level& top = level(1);
  if (top.form == Form::zero) return;
  const Level& hidden = level(0);
  const ConstMatrixView outer = layout_.matrix(w, 1);
  const Index width = outer.cols();
  auto& weighted_slope = coefficients_;
  for (Index a = 0; a < width; ++a) weighted_slope.col(a) = outer(0, a) * hidden.slope.col(a);
  for (Index b = 0; b < hidden.input.cols(); ++b)
    jacobian_.middleCols(b * width, width).array() =
        weighted_slope.leftCols(width).array().colwise() * hidden.input.col(b).array();
  jacobian_.rightCols(width) = top.input;
  add_weighted_gram(jacobian_, top.diagonal.col(0), scaled_, out);
  top.form = Form::zero;
}

/// delta, M and T of layer l from those of layer l+1.
void FeedForwardHessian::propagate(const Vector& w, int l) {
  const ConstMatrixView next = layout_.matrix(w, l + 1);
  const Index width = layout_.layer(l).rows;
  Level& here = level(l);
  product(level(l + 1).delta, next, here.diagonal);
  here.delta = here.diagonal.cwiseProduct(here.slope);
  here.diagonal.array() *= here.curvature.array();

  for (int other = l + 1; other < depth(); ++other) {
    const Level& source = level(other);
    if (source.form == Form::dense || (source.form == Form::diagonal && other > l + 1)) {
      pull_back(m(l + 1, other), w, l, m(l, other));
    } else if (source.form == Form::diagonal) {
      for (Index e = 0; e < next.rows(); ++e)
        for (Index a = 0; a < width; ++a)
          m(l, other).col(a + width * e) =
              next(e, a) * here.slope.col(a).cwiseProduct(source.diagonal.col(e));
    }
  }
  propagate_diagonal(w, l);

  for (int q = l + 1; q + 1 < depth(); ++q) {
    if (q > l + 1) {
      pull_back(t(q, l + 1), w, l, t(q, l));
    } else {
      for (Index d = 0; d < next.rows(); ++d)
        for (Index a = 0; a < width; ++a)
          t(q, l).col(a + width * d) = next(d, a) * here.slope.col(a).cwiseProduct(level(q).slope.col(d));
    }
  }
}

/// M_ll from M_{l,l+1}.
void FeedForwardHessian::propagate_diagonal(const Vector& w, int l) {
  Level& here = level(l);
  if (level(l + 1).form == Form::zero) {
    here.form = has_curvature_ ? Form::diagonal : Form::zero;
    return;
  }
  here.form = Form::dense;
  const Index width = layout_.layer(l).rows;
  const Index above = layout_.layer(l + 1).rows;
  // With the sample and a as one index: ((i, a) x e) times (e x a').
  product(ConstMatrixView(m(l, l + 1).data(), batch_ * width, above), layout_.matrix(w, l + 1),
          MatrixView(m(l, l).data(), batch_ * width, width));
  for (Index a = 0; a < width; ++a) {
    m(l, l).middleCols(a * width, width).array().colwise() *= here.slope.col(a).array();
    m(l, l).col(a + width * a) += here.diagonal.col(a);
  }
}

/// to[a, j] = sigma'_l[a] sum_e W_{l+1}[e, a] from[e, j], for every j.
void FeedForwardHessian::pull_back(const Matrix& from, const Vector& w, int l, Matrix& to) {
  const Index width = layout_.layer(l).rows;
  const Index above = layout_.layer(l + 1).rows;
  for (Index j = 0; j < from.cols() / above; ++j) {
    auto target = to.middleCols(j * width, width);
    product(from.middleCols(j * above, above), layout_.matrix(w, l + 1), target);
    target.array() *= level(l).slope.array();
  }
}

void FeedForwardHessian::add_block(int l, int other, Matrix& out) {
  const Form form = level(other).form;
  const LayerShape& second = layout_.layer(other);
  if (l == other && form == Form::zero) return;
  const bool single = (l == other && form == Form::diagonal) || (l + 1 == other && form == Form::zero);
  const Index step = std::max<Index>(1, rows_per_product / layout_.layer(l).rows);
  for (Index c = 0; c < second.rows; ++c) {
    if (single) {
      add_single_rows(l, other, c, out);
    } else {
      for (Index d = 0; d < second.cols; d += step)
        add_rows(l, other, c, d, std::min(d + step, second.cols), out);
    }
  }
}

/// Columns (other, c, d), first <= d < last, of block (l, other); of a diagonal block only what the upper
/// triangle needs.
void FeedForwardHessian::add_rows(int l, int other, Index c, Index first, Index last, Matrix& out) {
  const LayerShape& row_layer = layout_.layer(l);
  const LayerShape& column_layer = layout_.layer(other);
  const Index width = row_layer.rows;
  const Index sources = l == other ? last : row_layer.cols;
  const bool has_m = level(other).form != Form::zero;
  for (Index d = first; d < last; ++d) {
    auto block = coefficients_.middleCols((d - first) * width, width).array();
    if (has_m)
      block = m(l, other).middleCols(c * width, width).array().colwise() * level(other).input.col(d).array();
    else
      block.setZero();
    if (other == l + 1)
      block.col(d) += (level(other).delta.col(c).cwiseProduct(level(l).slope.col(d))).array();
    else if (other > l)
      block +=
          t(other - 1, l).middleCols(d * width, width).array().colwise() * level(other).delta.col(c).array();
  }
  const Index rows = (last - first) * width;
  auto products = products_.topLeftCorner(rows, sources);
  transposed_product(coefficients_.leftCols(rows), level(l).input.leftCols(sources), products);
  for (Index d = first; d < last; ++d)
    for (Index b = 0; b < sources; ++b)
      out.col(column_layer.offset + c + d * column_layer.rows).segment(row_layer.offset + b * width, width) +=
          products.col(b).segment((d - first) * width, width);
}

/// As add_rows for all d, where only one row index a a column differs from zero: a = c of a diagonal M_ll, a
/// = d where M_{l,l+1} = 0 and T_{l,l} is left.
void FeedForwardHessian::add_single_rows(int l, int other, Index c, Matrix& out) {
  const LayerShape& row_layer = layout_.layer(l);
  const LayerShape& column_layer = layout_.layer(other);
  const Matrix& input = level(l).input;
  for (Index first = 0; first < column_layer.cols; first += coefficients_.cols()) {
    const Index count = std::min(coefficients_.cols(), column_layer.cols - first);
    auto block = coefficients_.leftCols(count).array();
    if (l == other)
      block = input.middleCols(first, count).array().colwise() * level(l).diagonal.col(c).array();
    else
      block = level(l).slope.middleCols(first, count).array().colwise() * level(other).delta.col(c).array();
    const Index sources = l == other ? first + count : row_layer.cols;
    auto products = products_.topLeftCorner(count, sources);
    transposed_product(coefficients_.leftCols(count), input.leftCols(sources), products);
    for (Index d = first; d < first + count; ++d) {
      const Index a = l == other ? c : d;
      for (Index b = 0; b < sources; ++b)
        out(row_layer.offset + a + b * row_layer.rows, column_layer.offset + c + d * column_layer.rows) +=
            products(d - first, b);
    }
  }
}

}  // namespace saddleflow
