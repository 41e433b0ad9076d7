#include "outside/toy_network.hpp"

#include "saddleflow/network/kernel.hpp"

namespace saddleflow::test {
namespace {

class ProductKernel final : public Kernel {
 public:
  ProductKernel(const Layout& layout, const Matrix& inputs) : layout_(layout), inputs_(inputs) {}

  const Matrix& forward(const Vector& w) override {
    w_ = w;
    b_ = layout_.matrix(w_, 0) * inputs_;
    c_ = layout_.matrix(w_, 1) * inputs_;
    outputs_ = layout_.matrix(w_, 2) * b_.cwiseProduct(c_);
    return outputs_;
  }

  void backward(const Matrix& r, Vector& out) override {
    r_ = r;
    out.resize(layout_.size());
    const Matrix back = layout_.matrix(w_, 2).transpose() * r;
    layout_.matrix(out, 0) = back.cwiseProduct(c_) * inputs_.transpose();
    layout_.matrix(out, 1) = back.cwiseProduct(b_) * inputs_.transpose();
    layout_.matrix(out, 2) = r * b_.cwiseProduct(c_).transpose();
  }

  const Matrix& tangent(const Vector& v) override {
    v_ = v;
    db_ = layout_.matrix(v_, 0) * inputs_;
    dc_ = layout_.matrix(v_, 1) * inputs_;
    dbc_ = db_.cwiseProduct(c_) + b_.cwiseProduct(dc_);
    tangent_ = layout_.matrix(v_, 2) * b_.cwiseProduct(c_) + layout_.matrix(w_, 2) * dbc_;
    return tangent_;
  }

  void tangent_backward(const Matrix& dr, Vector& out) override {
    out.resize(layout_.size());
    const Matrix back = layout_.matrix(w_, 2).transpose() * r_;
    const Matrix dback = layout_.matrix(v_, 2).transpose() * r_ + layout_.matrix(w_, 2).transpose() * dr;
    layout_.matrix(out, 0) = (dback.cwiseProduct(c_) + back.cwiseProduct(dc_)) * inputs_.transpose();
    layout_.matrix(out, 1) = (dback.cwiseProduct(b_) + back.cwiseProduct(db_)) * inputs_.transpose();
    layout_.matrix(out, 2) = dr * b_.cwiseProduct(c_).transpose() + r_ * dbc_.transpose();
  }

 private:
  Layout layout_;
  Matrix inputs_;
  Vector w_, v_;
  Matrix b_, c_, db_, dc_, dbc_, r_, outputs_, tangent_;
};

class ProductNetwork final : public Network {
 public:
  ProductNetwork(Index inputs, Index width) : layout_({{width, inputs}, {width, inputs}, {1, width}}) {
    for (Index k = 0; k < width; ++k) {
      Neuron neuron{0, k, {}, {}};
      for (const int l : {0, 1})
        for (Index j = 0; j < inputs; ++j) neuron.incoming.push_back(layout_.layer(l).offset + k + j * width);
      neuron.outgoing.push_back(layout_.layer(2).offset + k);
      neurons_.push_back(std::move(neuron));
    }
  }

  std::string kind() const override { return "toy_product"; }
  NetworkTraits traits() const override {
    NetworkTraits traits;
    traits.separable = true;
    traits.symmetry = HiddenSymmetry::permutations;
    return traits;
  }
  Index input_count() const override { return layout_.layer(0).cols; }
  Index output_count() const override { return 1; }
  int degree() const override { return 3; }
  const Layout& layout() const override { return layout_; }
  const std::vector<Neuron>& neurons() const override { return neurons_; }
  std::unique_ptr<Kernel> kernel(const Matrix& inputs) const override {
    return std::make_unique<ProductKernel>(layout_, inputs);
  }
  std::shared_ptr<const Network> with_hidden_widths(const std::vector<Index>& widths) const override {
    return product_network(input_count(), widths.at(0));
  }

 private:
  Layout layout_;
  std::vector<Neuron> neurons_;
};

}  // namespace

std::shared_ptr<const Network> product_network(Index inputs, Index width) {
  return std::make_shared<ProductNetwork>(inputs, width);
}

NetworkFamily product_family() {
  return {"toy_product", "inputs, width", [](const NetworkSpec& spec) {
            spec.require_layers(2, "two for toy_product: inputs and width");
            return product_network(spec.layers[0], spec.layers[1]);
          }};
}

}  // namespace saddleflow::test
