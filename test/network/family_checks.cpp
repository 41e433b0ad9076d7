#include "network/family_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "saddleflow/network/kernel.hpp"

namespace saddleflow::test {
namespace {

template <class Found, class Exact>
void raise_to(double& worst, const Found& found, const Exact& exact) {
  worst = std::max(
      worst, found.allFinite() ? relative_error(found, exact) : std::numeric_limits<double>::infinity());
}

/// What is not a number counts as the worst.
Real finite_or_worst(Real error) {
  return std::isfinite(error) ? error : std::numeric_limits<Real>::infinity();
}

/// sum_{o,i} r H + c H^2 / 2.
struct SlowSum {
  const FamilyMember& member;
  const Matrix &inputs, &r, &c;

  HyperDual operator()(const Numbers& w) const {
    HyperDual sum;
    for (Index i = 0; i < inputs.cols(); ++i) {
      const Numbers outputs = member.outputs(w, Numbers(inputs.col(i).begin(), inputs.col(i).end()));
      for (std::size_t o = 0; o < outputs.size(); ++o) {
        const auto row = static_cast<Index>(o);
        sum = sum + HyperDual(r(row, i)) * outputs[o] +
              HyperDual(0.5L * static_cast<long double>(c(row, i))) * outputs[o] * outputs[o];
      }
    }
    return sum;
  }

  /// The gradient comes with the diagonal of the Hessian.
  SlowDerivatives differentiate(const Vector& w) const {
    const Index size = w.size();
    SlowDerivatives result{0, LongVector(size), LongMatrix(size, size)};
    Numbers point(w.data(), w.data() + size);
    for (Index i = 0; i < size; ++i)
      for (Index j = 0; j <= i; ++j) {
        point[static_cast<std::size_t>(i)].first = point[static_cast<std::size_t>(j)].second = 1;
        const HyperDual f = (*this)(point);
        point[static_cast<std::size_t>(i)].first = point[static_cast<std::size_t>(j)].second = 0;
        result.gradient[i] = f.first;
        result.hessian(i, j) = result.hessian(j, i) = f.both;
      }
    return result;
  }
};

LongMatrix slow_output_matrix(const FamilyMember& member, const Vector& w, const Matrix& inputs) {
  LongMatrix outputs(member.network->output_count(), inputs.cols());
  for (Index i = 0; i < inputs.cols(); ++i) {
    const Numbers column =
        member.outputs(Numbers(w.begin(), w.end()), Numbers(inputs.col(i).begin(), inputs.col(i).end()));
    for (std::size_t o = 0; o < column.size(); ++o) outputs(static_cast<Index>(o), i) = column[o].value;
  }
  return outputs;
}

/// dH along v, output by output from its own derivative.
LongMatrix slow_tangent_matrix(const FamilyMember& member, const Vector& w, const Vector& v,
                               const Matrix& inputs) {
  Numbers moving(w.begin(), w.end());
  for (std::size_t k = 0; k < moving.size(); ++k) moving[k].first = v[static_cast<Index>(k)];
  LongMatrix tangent(member.network->output_count(), inputs.cols());
  for (Index i = 0; i < inputs.cols(); ++i) {
    const Numbers column = member.outputs(moving, Numbers(inputs.col(i).begin(), inputs.col(i).end()));
    for (std::size_t o = 0; o < column.size(); ++o) tangent(static_cast<Index>(o), i) = column[o].first;
  }
  return tangent;
}

}  // namespace

void FamilyErrors::print(const std::string& what) const {
  fmt::print("{:58} H {:.0e} g {:.0e} dH {:.0e} Hv {:.0e} Hess {:.0e} frozen {:.0e}\n", what, outputs,
             gradient, tangent, product, hessian, frozen);
}

double FamilyErrors::largest() const {
  return std::max({outputs, gradient, tangent, product, hessian, frozen});
}

void FamilyIdentities::print(const std::string& what) const {
  fmt::print("{:58} Euler {:.0e} second {:.0e} homogeneity {:.0e} balance {:.0e}\n", what,
             static_cast<double>(euler), static_cast<double>(second), static_cast<double>(homogeneity),
             static_cast<double>(balance));
}

Real FamilyIdentities::largest() const {
  return std::max({finite_or_worst(euler), finite_or_worst(second), finite_or_worst(homogeneity),
                   finite_or_worst(balance)});
}

void compare_with_hyper_dual(const FamilyMember& member, Index samples, RandomMatrices& random,
                             FamilyErrors& errors) {
  const Network& network = *member.network;
  const Matrix inputs = random.matrix(network.input_count(), samples);
  const Matrix r = random.matrix(network.output_count(), samples);
  const Matrix c = random.matrix(network.output_count(), samples);
  const Matrix none = Matrix::Zero(c.rows(), c.cols());
  const Vector w = random.vector(network.parameter_count()) / Real(2), v = random.vector(w.size());
  const auto kernel = network.kernel(inputs);

  const Matrix outputs = kernel->forward(w);
  raise_to(errors.outputs, outputs, slow_output_matrix(member, w, inputs));
  const Matrix residual = r + c.cwiseProduct(outputs);
  Vector g, hv;
  kernel->backward(residual, g);
  const Matrix tangent = kernel->tangent(v);
  raise_to(errors.tangent, tangent, slow_tangent_matrix(member, w, v, inputs));
  kernel->tangent_backward(c.cwiseProduct(tangent), hv);
  Matrix h;
  kernel->hessian(residual, OutputCurvature{c, {}}, h);

  const SlowDerivatives exact = SlowSum{member, inputs, r, c}.differentiate(w);
  raise_to(errors.gradient, g, exact.gradient);
  raise_to(errors.product, hv, LongVector(exact.hessian * v.cast<long double>()));
  raise_to(errors.hessian, h, exact.hessian);
  kernel->hessian(r, OutputCurvature{none, {}}, h);
  raise_to(errors.frozen, h, SlowSum{member, inputs, r, none}.differentiate(w).hessian);
}

FamilyIdentities measure_identities(const Network& network, Index samples, RandomMatrices& random) {
  const Matrix inputs = random.matrix(network.input_count(), samples);
  const Matrix r = random.matrix(network.output_count(), samples);
  const Matrix none = Matrix::Zero(r.rows(), r.cols());
  const Vector w = random.vector(network.parameter_count()) / Real(2);
  const auto degree = static_cast<Real>(network.degree());
  const auto kernel = network.kernel(inputs);
  const Matrix outputs = kernel->forward(w);
  Vector g, hv;
  Matrix h;
  kernel->backward(r, g);
  kernel->tangent(w);
  kernel->tangent_backward(none, hv);
  kernel->hessian(r, OutputCurvature{none, {}}, h);

  FamilyIdentities found;
  found.euler = std::abs(w.dot(g) - degree * r.cwiseProduct(outputs).sum()) / (w.norm() * g.norm());
  const Vector expected = (degree - 1) * g;
  const Real scale = h.norm() * w.norm() + expected.norm();
  found.second = ((h * w - expected).norm() + (hv - expected).norm()) / scale;
  found.asymmetry = (h - h.transpose()).cwiseAbs().maxCoeff();
  const Real c(1.0078125);
  const Matrix scaled = kernel->forward(c * w);
  found.homogeneity = (scaled - std::pow(c, degree) * outputs).norm() / scaled.norm();
  // Balance is quadratic: the symmetric difference is its exact derivative.
  const Vector step = g * (w.norm() / g.norm());
  const Vector plus = balances(network, w + step), minus = balances(network, w - step);
  found.balance = (plus - minus).norm() / w.squaredNorm();
  return found;
}

double compare_hessian_with_products(const Network& network, Index samples, RandomMatrices& random) {
  const Matrix inputs = random.matrix(network.input_count(), samples);
  const Matrix r = random.matrix(network.output_count(), samples);
  // Blocks that are not diagonal where there are several outputs.
  const Index outputs = network.output_count(), pairs = outputs * (outputs - 1) / 2;
  const OutputCurvature c{random.matrix(outputs, samples).cwiseAbs(),
                          pairs > 0 ? random.matrix(pairs, samples) : Matrix()};
  const Vector w = random.vector(network.parameter_count()) / Real(2);
  const auto kernel = network.kernel(inputs);
  Matrix h;
  kernel->forward(w);
  kernel->hessian(r, c, h);
  Matrix products(h.rows(), h.cols());
  Vector g, hv;
  Matrix dr;
  kernel->backward(r, g);
  for (Index j = 0; j < h.cols(); ++j) {
    multiply(c, kernel->tangent(Vector::Unit(h.cols(), j)), dr);
    kernel->tangent_backward(dr, hv);
    products.col(j) = hv;
  }
  return h.allFinite() && products.allFinite() ? relative_error(h, products)
                                               : std::numeric_limits<double>::infinity();
}

Index nonzero_of_a_zero_neuron(const Network& network, Index samples, RandomMatrices& random,
                               Index& checked) {
  const Matrix inputs = random.matrix(network.input_count(), samples);
  const Matrix r = random.matrix(network.output_count(), samples);
  const Matrix dr = random.matrix(network.output_count(), samples);
  Vector w = random.vector(network.parameter_count()), v = random.vector(w.size()), g, hv;
  std::vector<Index> zeroed = network.neurons().back().incoming;
  const std::vector<Index>& outgoing = network.neurons().back().outgoing;
  zeroed.insert(zeroed.end(), outgoing.begin(), outgoing.end());
  for (const Index i : zeroed) w[i] = v[i] = 0;
  const auto kernel = network.kernel(inputs);
  kernel->forward(w);
  kernel->backward(r, g);
  kernel->tangent(v);
  kernel->tangent_backward(dr, hv);
  checked += 2 * static_cast<Index>(zeroed.size());
  Index nonzero = 0;
  for (const Index i : zeroed) nonzero += (g[i] != 0) + (hv[i] != 0);
  return nonzero;
}

}  // namespace saddleflow::test
