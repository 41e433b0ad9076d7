// The Hessian by neurons against the whole Hessian: its entries, the signs of its eigenvalues, solutions.
#include "saddleflow/problem/neuron_form.hpp"

#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <string>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/network/bilinear.hpp"
#include "saddleflow/network/convolution.hpp"
#include "saddleflow/problem/loss_registry.hpp"
#include "saddleflow/problem/neuron_factors.hpp"

using namespace saddleflow;

namespace {

constexpr std::uint64_t kFormSeed = 90;

struct FormExample {
  std::string name;
  std::shared_ptr<const Network> network;
  std::string loss = "square";
};

std::vector<FormExample> form_examples() {
  return {
      {"feed-forward, squared ReLU", feed_forward({4, 30, 1}, Activation(0, 2))},
      {"feed-forward, ReLU, 3 outputs", feed_forward({5, 12, 3}, Activation(0, 1))},
      {"feed-forward, cubed leaky ReLU, softmax", feed_forward({5, 14, 3}, Activation(0.1, 3)), "softmax"},
      {"feed-forward, linear, logistic", feed_forward({4, 10, 1}, Activation(1, 1)), "logistic"},
      {"power sum", power_sum(4, 20, Activation(0, 3))},
      {"diagonal linear", diagonal_linear(6)},
      {"bilinear", bilinear(3, 2, 8, BilinearOuter::trained)},
      {"convolution, ReLU", convolution({sequence_patches(6, 1, 3), 9, 2}, Activation(0, 1))}};
}

Objective objective_of(const FormExample& example, Random& random, Index samples = 7) {
  Dataset data;
  data.inputs = random.normal_matrix(example.network->input_count(), samples);
  data.targets = random.normal_matrix(example.network->output_count(), samples);
  if (example.loss == "logistic")
    data.targets = data.targets.unaryExpr([](Real y) { return y > 0 ? Real(1) : Real(-1); });
  if (example.loss == "softmax") {
    data.targets.setZero();
    for (Index i = 0; i < samples; ++i) data.targets(i % data.targets.rows(), i) = 1;
  }
  return Objective(example.network, data, make_loss(example.loss, Reduction::mean));
}

Matrix matrix_of(const NeuronForm& form) {
  Matrix jacobian = Matrix::Zero(form.jacobian.rows(), form.size());  // with zeros for neurons without a part
  for (Index k = 0; k < form.neuron_count(); ++k)
    if (form.has_part(k))
      jacobian.middleCols(form.starts[static_cast<std::size_t>(k)], form.jacobian_of(k).cols()) =
          form.jacobian_of(k);
  Matrix local = jacobian.transpose() * form.signs.asDiagonal() * jacobian;
  for (Index k = 0; k < form.neuron_count(); ++k) {
    const Matrix& block = form.blocks[static_cast<std::size_t>(k)];
    const Index first = form.starts[static_cast<std::size_t>(k)];
    local.block(first, first, block.rows(), block.cols()) += block;
  }
  Matrix whole(form.size(), form.size());
  whole(form.places, form.places) = local;
  return whole;
}

/// Every second neuron at zero.
void silence_half(const Network& network, Vector& w) {
  for (std::size_t k = 0; k < network.neurons().size(); k += 2)
    for (const auto& side : {network.neurons()[k].incoming, network.neurons()[k].outgoing})
      for (const Index i : side) w[i] = 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(neuron_form_test)

BOOST_DATA_TEST_CASE(its_entries_are_those_of_the_hessian, boost::unit_test::data::xrange(8), which) {
  const FormExample example = form_examples()[static_cast<std::size_t>(which)];
  Random random(kFormSeed + static_cast<std::uint64_t>(which));
  Objective objective = objective_of(example, random);
  for (int n = 0; n < 3; ++n) {
    const Vector w = random.normal_matrix(objective.size(), 1);
    Matrix hessian(w.size(), w.size());
    objective.hessian(w, hessian);
    const std::optional<NeuronForm> form = neuron_form(objective, w);
    BOOST_REQUIRE(form.has_value());
    const Real error = (matrix_of(*form) - hessian).norm() / hessian.norm();
    fmt::print("{}: {} weights, {} rows, error {:.1e}\n", example.name, w.size(), form->signs.size(),
               static_cast<double>(error));
    BOOST_TEST(error < 1e-14);
  }
}

// Each sample of the softmax loss has a direction without curvature: one row less.
BOOST_AUTO_TEST_CASE(rows_without_curvature_are_left_out) {
  Random random(kFormSeed);
  Objective objective = objective_of(form_examples()[2], random);
  const Vector w = 0.3 * random.normal_matrix(objective.size(), 1);
  BOOST_TEST(neuron_form(objective, w)->signs.size() == 2 * 7);
}

// On the surface of held kinks, of which two are of one neuron.
BOOST_AUTO_TEST_CASE(on_kinks_it_is_the_hessian_along_their_surface) {
  Random random(kFormSeed);
  Objective objective = objective_of(form_examples()[1], random);
  const Layout& layout = objective.network().layout();
  const Matrix& inputs = objective.data().inputs;
  const std::vector<Kink> held = {{0, 2, 1}, {0, 2, 4}, {0, 7, 3}};
  Vector w = random.normal_matrix(objective.size(), 1);
  for (const Kink& kink : held) {
    Matrix normals(inputs.rows(), 0);
    for (const Kink& other : held)
      if (other.neuron == kink.neuron) {
        normals.conservativeResize(Eigen::NoChange, normals.cols() + 1);
        normals.rightCols(1) = inputs.col(other.sample);
      }
    auto row = layout.matrix(w, 0).row(kink.neuron);
    const Matrix q = thin_qr(normals).q;
    row -= (row * q * q.transpose()).eval();
  }
  ActivationPattern pattern;
  const Matrix z = layout.matrix(static_cast<const Vector&>(w), 0) * inputs;
  pattern.factors = {z.unaryExpr([](Real s) { return s > 0 ? Real(1) : Real(0); })};
  for (const Kink& kink : held) pattern.factors[0](kink.neuron, kink.sample) = 0;
  objective.set_mode(pattern, held);
  Matrix hessian(w.size(), w.size());
  objective.hessian(w, hessian);
  const NeuronForm form = *neuron_form(objective, w);
  BOOST_TEST((matrix_of(form) - hessian).norm() < 1e-14 * hessian.norm());
  // Across the surface it is zero.
  Vector normal = Vector::Zero(w.size());
  layout.matrix(normal, 0).row(2) = inputs.col(4).transpose();
  BOOST_TEST((matrix_of(form) * normal).norm() < 1e-14 * hessian.norm() * normal.norm());
}

BOOST_AUTO_TEST_CASE(networks_that_are_no_sums_over_neurons_have_none) {
  Random random(kFormSeed);
  Objective objective = objective_of({"deep", feed_forward({3, 4, 4, 1}, Activation(0, 2))}, random);
  BOOST_TEST(!neuron_form(objective, random.normal_matrix(objective.size(), 1)).has_value());
}

// At shifts between neighbouring eigenvalues, all over the spectrum.
BOOST_DATA_TEST_CASE(signs_and_solutions_are_those_of_the_hessian, boost::unit_test::data::xrange(8), which) {
  const FormExample example = form_examples()[static_cast<std::size_t>(which)];
  Random random(kFormSeed + 50 + static_cast<std::uint64_t>(which));
  Objective objective = objective_of(example, random);
  Real worst = 0, error = 0;
  for (int n = 0; n < 4; ++n) {
    Vector w = random.normal_matrix(objective.size(), 1);
    if (n == 1) w *= 1e-3;
    if (n == 2) silence_half(objective.network(), w);
    Matrix hessian(w.size(), w.size());
    objective.hessian(w, hessian);
    const Vector values = symmetric_eigenvalues(hessian, "test");
    const Real largest = values.cwiseAbs().maxCoeff();
    const NeuronEigenform form(*neuron_form(objective, w));
    std::vector<Real> shifts = {-1e-10 * largest, 1e-10 * largest};
    for (Index k = 0; k + 1 < values.size(); ++k) shifts.push_back((values[k] + values[k + 1]) / 2);
    for (const Real shift : shifts) {
      if ((values.array() - shift).abs().minCoeff() < 1e-12 * largest) continue;
      const NeuronFactors factors(form, shift, 1e-12 * largest);
      const SignCounts found = factors.inertia();
      error = std::max(error, factors.error() / largest);
      BOOST_TEST_CONTEXT(example.name << ", point " << n << ", shift " << shift / largest) {
        BOOST_TEST(found.total() == w.size());
        BOOST_TEST(found.negative == (values.array() < shift).count());
        BOOST_TEST(found.positive == (values.array() > shift).count());
      }
      const Vector b = random.unit_vector(w.size()), x = factors.solve(b);
      worst = std::max(worst, (hessian * x - shift * x - b).norm() / (largest * x.norm() + 1));
    }
  }
  fmt::print("{}: error of solutions {:.1e}, of eigenvalues at most {:.1e}\n", example.name,
             static_cast<double>(worst), static_cast<double>(error));
  BOOST_TEST(worst < 1e-9);
  BOOST_TEST(error < 1e-9);
}

BOOST_AUTO_TEST_SUITE_END()
