#include "reference/reference_cases.hpp"

#include <cmath>
#include <utility>

#include "reference/cubic_neuron.hpp"
#include "reference/deep_scalar.hpp"
#include "reference/diagonal_network.hpp"
#include "reference/logistic_product.hpp"
#include "reference/scalar_product.hpp"
#include "reference/square_neuron.hpp"
#include "reference/two_layer_linear.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/problem/data_generators.hpp"

namespace saddleflow::reference {

namespace {

const Activation linear(1, 1);
const Activation square(-1, 2);

Vector identity(const Vector& w) { return w; }

/// x = 1, y = target: the network's output is the product of its weights.
Dataset one_sample(Real target) { return {Matrix::Ones(1, 1), Matrix::Constant(1, 1, target), "one sample"}; }

ReferenceCase scalar_product(std::string name, Real a0, Real b0, Real t_end) {
  const Real s = 1;
  Vector w0(2);
  w0 << a0, b0;
  auto exact = [solution = ScalarProduct(s, a0, b0)](Real t) {
    const Pair pair = solution.state(t);
    return Vector((Vector(2) << pair.a, pair.b).finished());
  };
  return {std::move(name), feed_forward({1, 1, 1}, linear), one_sample(s), Loss(), w0, t_end, exact,
          identity};
}

ReferenceCase deep_scalar(int factors, Real a0, Real t_end) {
  const Real s = 1;
  auto exact = [solution = DeepScalar(factors, s, a0), factors](Real t) {
    return Vector(Vector::Constant(factors, solution.factor(t)));
  };
  return {"V2 " + std::to_string(factors) + " factors",
          feed_forward(std::vector<Index>(static_cast<std::size_t>(factors) + 1, 1), linear),
          one_sample(s),
          Loss(),
          Vector::Constant(factors, a0),
          t_end,
          exact,
          identity};
}

/// Sigma of rank 2 with singular values 2 and 1/2 in a generic basis, three hidden neurons, |w0| = 1e-3: the
/// flow leaves the origin at t = 3.5 and the rank-one saddle at t = 14.
ReferenceCase two_layer_linear(std::string name, Real norm, Real t_end) {
  constexpr Index d = 4, h = 3, k = 3;
  Random random(2024);
  const Matrix sigma = random.orthonormal_columns(k, 2) *
                       Vector((Vector(2) << 2, Real(0.5)).finished()).asDiagonal() *
                       random.orthonormal_columns(d, 2).transpose();
  // W1 = U S P^T and W2 = R S U^T are balanced: W2^T W2 = U S^2 U^T = W1 W1^T.
  Vector sizes(h);
  sizes << 1, Real(0.7), Real(0.4);
  sizes *= norm / (std::sqrt(Real(2)) * sizes.norm());
  const Matrix u = random.orthonormal_columns(h, h);
  const Matrix w1 = u * sizes.asDiagonal() * random.orthonormal_columns(d, h).transpose();
  const Matrix w2 = random.orthonormal_columns(k, h) * sizes.asDiagonal() * u.transpose();

  GeneratorOptions options;
  options.inputs = InputKind::whitened;
  options.targets = TargetKind::linear;
  options.dimension = d;
  options.samples = 6;
  options.outputs = k;
  options.linear = sigma;

  auto network = feed_forward({d, h, k}, linear);
  Vector w0(network->parameter_count());
  network->layout().matrix(w0, 0) = w1;
  network->layout().matrix(w0, 1) = w2;
  auto exact = [solution = TwoLayerLinear(sigma, w1, w2)](Real t) {
    return Vector(solution.gram(t).reshaped());
  };
  auto observable = [layout = network->layout()](const Vector& w) {
    return Vector(gram_of(layout.matrix(w, 0), layout.matrix(w, 1)).reshaped());
  };
  return {std::move(name), network, generate_dataset(options), Loss(), w0, t_end, exact, observable};
}

/// n equispaced points of the unit circle with the targets x_1^2.
Dataset circle_data(Index samples) {
  GeneratorOptions options;
  options.inputs = InputKind::circle;
  options.targets = TargetKind::sparse_polynomial;
  options.dimension = 2;
  options.samples = samples;
  options.sparse_polynomial = {{1, {1, 1}}};
  return generate_dataset(options);
}

/// tan theta0 = 1e4: passes the saddle |w|^2 = 1/3 between t = 1.4 and 3.7. A start closer to the saddle's
/// stable manifold is decided by the rounding of the data, which are not symmetric to the last bit.
ReferenceCase square_neuron(std::string name, Real along, Real across, Real t_end) {
  constexpr Index n = 5;
  Vector w0(2);
  w0 << along, across;
  auto exact = [solution = SquareNeuron(n, w0(0), w0(1))](Real t) { return solution.weights(t); };
  return {std::move(name), power_sum(2, 1, square), circle_data(n), Loss(), w0, t_end, exact, identity};
}

ReferenceCase cubic_neuron() {
  constexpr Index n = 6;
  const Real theta0 = Real(0.9), b0 = Real(0.05), t_end = 20;
  const CubicNeuron solution(n, theta0, b0, t_end);
  auto exact = [solution](Real t) { return solution.weights(t); };
  return {"V5 degree 3",
          feed_forward({2, 1, 1}, square),
          circle_data(n),
          Loss(),
          solution.weights(0),
          t_end,
          exact,
          identity};
}

ReferenceCase logistic() {
  const Real a0 = Real(1) / 128;
  auto exact = [solution = LogisticProduct(a0 * a0)](Real t) {
    return Vector(Vector::Constant(2, std::sqrt(solution.product(t))));
  };
  return {"V6 logistic",
          feed_forward({1, 1, 1}, linear),
          one_sample(1),
          Loss(logistic_loss()),
          Vector::Constant(2, a0),
          50,
          exact,
          identity};
}

/// The coordinates jump one after the other, at about ln(1/alpha)/|beta*_j|.
ReferenceCase diagonal() {
  Vector beta_star(3);
  beta_star << 2, Real(-0.7), Real(0.3);
  const Real alpha = Real(1e-3);
  Dataset data = {Matrix::Identity(3, 3), beta_star.transpose(), "unit vectors"};
  auto exact = [beta_star, alpha](Real t) { return diagonal_weights(beta_star, alpha, t); };
  return {"V7 diagonal linear", diagonal_linear(3), data, Loss(), exact(0), 50, exact, identity};
}

}  // namespace

Real ReferenceCase::error(Real t, const Vector& w) const {
  const Vector expected = exact(t);
  return (observable(w) - expected).norm() / expected.norm();
}

std::vector<ReferenceCase> reference_cases() {
  const Real diagonal_start = Real(1e-3) / std::sqrt(Real(2));
  return {scalar_product("V1 balanced", diagonal_start, diagonal_start, 25),
          scalar_product("V1 unbalanced", Real(0.02), Real(0.005), 25),
          deep_scalar(3, Real(0.05), 40),
          deep_scalar(4, Real(0.1), 70),
          two_layer_linear("V3 linear, two saddles", Real(1e-3), 30),
          square_neuron("V4 square neuron, past its saddle", Real(1e-5), Real(0.1), 15),
          cubic_neuron(),
          logistic(),
          diagonal()};
}

std::vector<ReferenceCase> small_start_cases() {
  return {scalar_product("V1 balanced, 1e-12", Real(1e-12), Real(1e-12), 45), deep_scalar(3, Real(0.02), 70),
          two_layer_linear("V3 linear, 1e-5", Real(1e-5), 45),
          square_neuron("V4 square neuron, 1e-7", Real(1e-9), Real(1e-7), 35)};
}

}  // namespace saddleflow::reference
