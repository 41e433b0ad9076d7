// Identities that hold exactly in real arithmetic, hence to rounding in ours: Euler's relations, homogeneity,
// balance, symmetry, permutation of hidden neurons, persistence of exact zeros.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <limits>
#include <numeric>

#include "network/fixtures.hpp"
#include "saddleflow/network/kernel.hpp"

BOOST_AUTO_TEST_SUITE(identities_test)

using namespace saddleflow;
using namespace saddleflow::test;
namespace data = boost::unit_test::data;

namespace {

constexpr unsigned seed = 20240611;
// 1e-13 for double: the figure; the same number of epsilons for long double.
constexpr Real tolerance = Real(450) * std::numeric_limits<Real>::epsilon();

struct Setting {
  std::shared_ptr<const Network> network;
  Matrix inputs, residual;
  Vector w, gradient;
  Matrix hessian;
  std::unique_ptr<Kernel> kernel;
  Matrix outputs;
};

Setting set_up(std::shared_ptr<const Network> network, RandomMatrices& random) {
  Setting s;
  s.network = std::move(network);
  s.inputs = random.matrix(s.network->input_count(), 23);
  s.residual = random.matrix(s.network->output_count(), 23);
  s.w = ordinary_weights(*s.network, s.inputs, random);
  s.kernel = s.network->kernel(s.inputs);
  s.outputs = s.kernel->forward(s.w);
  s.kernel->backward(s.residual, s.gradient);
  s.kernel->hessian(s.residual, {Matrix::Zero(s.residual.rows(), s.residual.cols()), {}}, s.hessian);
  return s;
}

std::vector<std::shared_ptr<const Network>> networks() {
  std::vector<std::shared_ptr<const Network>> all{diagonal_linear(4)};
  for (const Activation& sigma : activations()) {
    all.push_back(power_sum(3, 4, sigma));
    for (int depth = 1; depth <= 5; ++depth) all.push_back(feed_forward(small_sizes(depth, 2), sigma));
  }
  return all;
}

std::string name(const Network& network) {
  std::string sizes;
  for (const Index size : network.layer_sizes()) sizes += fmt::format("{} ", size);
  return fmt::format("{} {}{} (degree {})", network.kind(), sizes, network.activation().description(),
                     network.degree());
}

/// Worst figure of an identity over all networks, and the network it came from.
struct Worst {
  Real error = 0;
  std::string where;
  void take(Real e, const Network& network) {
    if (!(e <= error)) {
      error = e;
      where = name(network);
    }
  }
  void report(const char* what) const {
    fmt::print("{:44} worst {:.1e}, {}\n", what, static_cast<double>(error), where);
    BOOST_TEST(error <= tolerance, what << ": " << error << " for " << where);
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(euler_symmetry_homogeneity) {
  using std::abs, std::pow;
  fmt::print("identities: seed {}, tolerance {:.1e}\n", seed, static_cast<double>(tolerance));
  RandomMatrices random(seed);
  Worst first, second, product, symmetry, homogeneity;
  for (const auto& network : networks()) {
    Setting s = set_up(network, random);
    const auto degree = static_cast<Real>(network->degree());
    BOOST_TEST(s.gradient.norm() > Real(0), name(*network));

    const Real f = s.residual.cwiseProduct(s.outputs).sum();
    first.take(abs(s.w.dot(s.gradient) - degree * f) / (s.w.norm() * s.gradient.norm()), *network);

    const Vector expected = (degree - Real(1)) * s.gradient;
    const Real scale = s.hessian.norm() * s.w.norm() + expected.norm();
    second.take((s.hessian * s.w - expected).norm() / scale, *network);

    Vector hv;
    s.kernel->tangent(s.w);
    s.kernel->tangent_backward(Matrix::Zero(s.residual.rows(), s.residual.cols()), hv);
    product.take((hv - expected).norm() / scale, *network);
    symmetry.take((s.hessian - s.hessian.transpose()).cwiseAbs().maxCoeff(), *network);

    const Real c(1.0078125);
    const Matrix scaled = s.kernel->forward(c * s.w);
    homogeneity.take((scaled - pow(c, degree) * s.outputs).norm() / scaled.norm(), *network);
  }
  first.report("<w, grad F> = D F");
  second.report("Hess w = (D-1) grad F, assembled");
  product.report("Hess w = (D-1) grad F, product");
  symmetry.report("Hess = Hess^T");
  BOOST_TEST(symmetry.error == Real(0));
  homogeneity.report("H(cw) = c^D H(w)");
}

BOOST_AUTO_TEST_CASE(balance_is_conserved) {
  RandomMatrices random(seed);
  Worst worst;
  for (const auto& network : networks()) {
    if (network->conserved().empty()) continue;
    const Setting s = set_up(network, random);
    // Balance is quadratic, so the symmetric difference along the flow is its exact derivative.
    const Vector step = s.gradient * (s.w.norm() / s.gradient.norm());
    const Vector plus = balances(*network, s.w + step), minus = balances(*network, s.w - step);
    worst.take((plus - minus).cwiseAbs().maxCoeff() / s.w.squaredNorm(), *network);
  }
  worst.report("d/dt balance = 0 along the gradient");
}

BOOST_AUTO_TEST_CASE(hidden_neurons_may_be_permuted) {
  RandomMatrices random(seed);
  Worst values, gradients, hessians;
  for (const auto& network : networks()) {
    Setting s = set_up(network, random);
    // Reverse the neurons of every hidden layer: each parameter goes to the mirrored row and column.
    std::vector<Index> image(static_cast<std::size_t>(s.w.size()));
    std::iota(image.begin(), image.end(), Index(0));
    const std::vector<Neuron>& neurons = network->neurons();
    const auto move = [](std::vector<Index> from, const std::vector<Index>& to, std::vector<Index>& map) {
      const std::vector<Index> old = map;
      for (auto& target : map)
        for (std::size_t k = 0; k < from.size(); ++k)
          if (target == from[k]) {
            target = to[k];
            break;
          }
    };
    if (network->kind() == "diagonal_linear") continue;  // its neurons are tied to the inputs
    for (const Neuron& one : neurons)
      for (const Neuron& other : neurons) {
        const bool swaps = one.layer == other.layer && one.index < other.index && one.index == 0 &&
                           other.index + 1 == network->layout().layer(one.layer).rows;
        if (!swaps) continue;
        std::vector<Index> from = one.incoming, to = other.incoming;
        from.insert(from.end(), other.incoming.begin(), other.incoming.end());
        to.insert(to.end(), one.incoming.begin(), one.incoming.end());
        move(from, to, image);
        from = one.outgoing, to = other.outgoing;
        from.insert(from.end(), other.outgoing.begin(), other.outgoing.end());
        to.insert(to.end(), one.outgoing.begin(), one.outgoing.end());
        move(from, to, image);
      }
    const auto at = [&image](Index i) { return image[static_cast<std::size_t>(i)]; };
    Vector permuted(s.w.size());
    for (Index i = 0; i < s.w.size(); ++i) permuted[at(i)] = s.w[i];
    if (!network->neurons().empty()) BOOST_TEST((permuted - s.w).norm() > Real(0));
    values.take((s.kernel->forward(permuted) - s.outputs).norm() / s.outputs.norm(), *network);
    Vector g;
    s.kernel->backward(s.residual, g);
    Matrix h;
    s.kernel->hessian(s.residual, {Matrix::Zero(s.residual.rows(), s.residual.cols()), {}}, h);
    Real gradient_error = 0, hessian_error = 0;
    for (Index i = 0; i < s.w.size(); ++i) {
      gradient_error = std::max(gradient_error, std::abs(g[at(i)] - s.gradient[i]));
      for (Index j = 0; j < s.w.size(); ++j)
        hessian_error = std::max(hessian_error, std::abs(h(at(i), at(j)) - s.hessian(i, j)));
    }
    gradients.take(gradient_error / s.gradient.norm(), *network);
    if (s.hessian.norm() > Real(0)) hessians.take(hessian_error / s.hessian.norm(), *network);
  }
  values.report("outputs under a permutation");
  gradients.report("gradient under a permutation");
  hessians.report("Hessian under a permutation");
}

/// Zero-preserving sets (THEORY.md, section 3): gradient and Hessian-vector products vanish exactly on them.
BOOST_DATA_TEST_CASE(exact_zeros_stay, data::make({false, true}), incoming_only) {
  RandomMatrices random(seed);
  int checked = 0;
  for (const auto& network : networks()) {
    const Activation sigma = network->activation();
    if (network->neurons().empty()) continue;
    // sigma'(0) = 0 is what makes incoming zeros suffice.
    if (incoming_only && (sigma.derivative(Real(0)) != Real(0) || network->kind() == "diagonal_linear"))
      continue;
    // Without outer weights a neuron stays only where sigma'(0) = 0.
    if (network->kind() == "power_sum" && sigma.derivative(Real(0)) != Real(0)) continue;
    Setting s = set_up(network, random);
    Vector v = random.vector(s.w.size());
    std::vector<Index> zeroed;
    for (const Neuron& neuron : network->neurons()) {
      if (neuron.index != 1) continue;
      zeroed.insert(zeroed.end(), neuron.incoming.begin(), neuron.incoming.end());
      if (!incoming_only) zeroed.insert(zeroed.end(), neuron.outgoing.begin(), neuron.outgoing.end());
    }
    for (const Index i : zeroed) s.w[i] = v[i] = Real(0);
    Vector g, hv;
    s.kernel->forward(s.w);
    s.kernel->backward(s.residual, g);
    s.kernel->tangent(v);
    s.kernel->tangent_backward(random.matrix(s.residual.rows(), s.residual.cols()), hv);
    for (const Index i : zeroed) {
      BOOST_TEST(g[i] == Real(0), name(*network));
      BOOST_TEST(hv[i] == Real(0), name(*network));
      ++checked;
    }
  }
  fmt::print("exact zeros ({}): {} entries checked\n", incoming_only ? "incoming" : "incoming and outgoing",
             checked);
  BOOST_TEST(checked > 100);
}

BOOST_AUTO_TEST_SUITE_END()
