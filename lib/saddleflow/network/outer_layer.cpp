#include "saddleflow/network/outer_layer.hpp"

#include <fmt/format.h>

#include "saddleflow/base/product.hpp"

namespace saddleflow {
namespace {

/// The products are those of the kernels (product.hpp), so that the outputs have the same bits, and those of
/// a convolution with one patch, with any instructions of the processor.
class DenseOuterLayer final : public OuterLayer {
 public:
  explicit DenseOuterLayer(const Layout& layout) : layout_(layout), top_(layout.layer_count() - 1) {}

  Matrix outputs(const Vector& w, const Matrix& a) const override {
    const ConstMatrixView weights = layout_.matrix(w, top_);
    Matrix h(weights.rows(), a.cols());
    product(weights, a, h);
    return h;
  }
  Real derivative(const Matrix& r, const Vector& w, const Vector& v, const Matrix& a,
                  const Matrix& da) const override {
    Matrix change(r.rows(), r.cols());
    product(layout_.matrix(v, top_), a, change);
    product(layout_.matrix(w, top_), da, change, Sum::add);
    return r.cwiseProduct(change).sum();
  }
  Matrix pull_back(const Vector& w, const Matrix& r) const override {
    const ConstMatrixView weights = layout_.matrix(w, top_);
    Matrix back(weights.cols(), r.cols());
    transposed_product(weights, r, back);
    return back;
  }
  void gradient(const Matrix& r, const Matrix& a, Vector& out) const override {
    MatrixView block = layout_.matrix(out, top_);
    product_transposed(r, a, block);
  }

  Matrix pull_back_size(const Vector& w, const Matrix& size) const override {
    return pull_back(w.cwiseAbs(), size);
  }
  Vector pull_back_size(const Vector& w, const Matrix& size, Index column) const override {
    const Matrix absolute = layout_.matrix(w, top_).cwiseAbs();
    return absolute.transpose() * Vector(size.col(column));
  }
  Real norm(const Vector& w) const override { return layout_.matrix(w, top_).norm(); }
  Real gradient_size(const Matrix& size, const Matrix& a) const override {
    return Vector(size * a.colwise().norm().transpose()).sum();
  }

  bool has_weights() const override { return true; }
  Real outgoing_norm(const Vector& w, Index neuron) const override {
    return layout_.matrix(w, top_).col(neuron).norm();
  }

 private:
  Layout layout_;
  int top_;
};

class SummingOuterLayer final : public OuterLayer {
 public:
  explicit SummingOuterLayer(Index neurons) : ones_(Matrix::Ones(1, neurons)) {}

  Matrix outputs(const Vector& /*w*/, const Matrix& a) const override { return ones_ * a; }
  Real derivative(const Matrix& r, const Vector& /*w*/, const Vector& /*v*/, const Matrix& /*a*/,
                  const Matrix& da) const override {
    return r.cwiseProduct(da.colwise().sum()).sum();
  }
  Matrix pull_back(const Vector& /*w*/, const Matrix& r) const override { return ones_.transpose() * r; }
  void gradient(const Matrix& /*r*/, const Matrix& /*a*/, Vector& /*out*/) const override {}

  Matrix pull_back_size(const Vector& w, const Matrix& size) const override { return pull_back(w, size); }
  Vector pull_back_size(const Vector& /*w*/, const Matrix& size, Index column) const override {
    return ones_.transpose() * Vector(size.col(column));
  }
  Real norm(const Vector& /*w*/) const override { return ones_.norm(); }
  Real gradient_size(const Matrix& /*size*/, const Matrix& /*a*/) const override { return 0; }

  bool has_weights() const override { return false; }
  Real outgoing_norm(const Vector& /*w*/, Index /*neuron*/) const override { return 0; }

 private:
  Matrix ones_;
};

}  // namespace

std::string place_text(const OuterLayer& outer, Index sample, Index patch) {
  return outer.patch_count() > 1 ? fmt::format("patch {} of sample {}", patch, sample)
                                 : fmt::format("sample {}", sample);
}

std::shared_ptr<const OuterLayer> dense_outer_layer(const Layout& layout) {
  return std::make_shared<DenseOuterLayer>(layout);
}

std::shared_ptr<const OuterLayer> summing_outer_layer(Index neurons) {
  return std::make_shared<SummingOuterLayer>(neurons);
}

}  // namespace saddleflow
