#include "saddleflow/network/outer_layer.hpp"

#include <fmt/format.h>

namespace saddleflow {
namespace {

class DenseOuterLayer final : public OuterLayer {
 public:
  explicit DenseOuterLayer(const Layout& layout) : layout_(layout), top_(layout.layer_count() - 1) {}

  Matrix outputs(const Vector& w, const Matrix& a) const override { return layout_.matrix(w, top_) * a; }
  Real derivative(const Matrix& r, const Vector& w, const Vector& v, const Matrix& a,
                  const Matrix& da) const override {
    const Matrix change = layout_.matrix(v, top_) * a + layout_.matrix(w, top_) * da;
    return r.cwiseProduct(change).sum();
  }
  Matrix pull_back(const Vector& w, const Matrix& r) const override {
    return layout_.matrix(w, top_).transpose() * r;
  }
  void gradient(const Matrix& r, const Matrix& a, Vector& out) const override {
    layout_.matrix(out, top_) = r * a.transpose();
  }

  Matrix pull_back_size(const Vector& w, const Matrix& size) const override {
    const Matrix absolute = layout_.matrix(w, top_).cwiseAbs();
    return absolute.transpose() * size;
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
