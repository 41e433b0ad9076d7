// The population loss against quadratures, samples, a sampled problem with the same moments, and itself in
// other coordinates. Random tests have fixed seeds.
#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cmath>
#include <numbers>
#include <vector>

#include "problem/plane_quadrature.hpp"
#include "problem/population_problem.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/network/means_network.hpp"
#include "saddleflow/problem/correlation.hpp"
#include "saddleflow/problem/objective.hpp"
#include "saddleflow/problem/population.hpp"

namespace saddleflow {

BOOST_AUTO_TEST_SUITE(population_test)

namespace {

struct Setting {
  Real slope;
  int power;
  Real teacher_slope;
  int teacher_power;
  Index outputs;
};
const std::vector<Setting> kSettings = {
    {0, 1, 0, 1, 1},   {0, 2, 0, 2, 1}, {0, 3, 0, 3, 2}, {Real(0.2), 1, Real(-0.5), 1, 2}, {1, 1, 1, 1, 2},
    {-1, 2, -1, 2, 1}, {0, 1, 0, 2, 1}, {0, 2, 1, 1, 1}, {Real(-0.3), 3, Real(0.5), 1, 2}, {-1, 1, 0, 1, 1},
    {0, 5, 0, 4, 1}};

PopulationProblem problem_of_setting(const Setting& s, Index d, std::uint64_t seed) {
  return random_population_problem(d, 3, 2, s.outputs, Activation(s.slope, s.power),
                                   Activation(s.teacher_slope, s.teacher_power), seed);
}

}  // namespace

BOOST_AUTO_TEST_CASE(loss_gradient_and_hessian_are_those_of_a_quadrature_over_the_plane) {
  Real of_loss = 0, of_gradient = 0, of_hessian = 0;
  for (const Setting& setting : kSettings)
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const PopulationProblem p = problem_of_setting(setting, 2, seed);
      const PlaneQuadrature expected(p, p.w);
      Vector g(p.w.size());
      Matrix h;
      const Real loss = (*p).gradient(p.w, g);
      (*p).hessian(p.w, h);
      // Beside the terms that it is a sum of.
      of_loss = std::max(of_loss, std::abs(loss - expected.loss) / ((*p).loss_at_origin() + loss));
      of_gradient = std::max(of_gradient, (g - expected.gradient).norm() / expected.gradient.norm());
      of_hessian = std::max(of_hessian, (h - expected.hessian).norm() / expected.hessian.norm());
    }
  BOOST_TEST_MESSAGE(fmt::format("against a quadrature: loss {:.1e}, gradient {:.1e}, Hessian {:.1e}",
                                 static_cast<double>(of_loss), static_cast<double>(of_gradient),
                                 static_cast<double>(of_hessian)));
  BOOST_TEST(of_loss < 1e-12);
  BOOST_TEST(of_gradient < 1e-12);
  BOOST_TEST(of_hessian < 1e-12);
}

BOOST_AUTO_TEST_CASE(products_and_the_continuation_of_the_ncf_fit_the_hessian_in_more_dimensions) {
  Real product = 0, continued = 0, difference = 0, homogeneity = 0;
  for (const Setting& setting : kSettings) {
    const PopulationProblem p = problem_of_setting(setting, 4, 7);
    const Index n = p.w.size();
    const Vector v = Random(8).normal_matrix(n, 1);
    Vector out(n), above(n), below(n);
    Matrix h;
    (*p).hessian(p.w, h);
    (*p).hessian_vector(p.w, v, out);
    product = std::max(product, (out - h * v).norm() / out.norm());
    const Real step = Real(1e-5);
    (*p).gradient(p.w + step * v, above);
    (*p).gradient(p.w - step * v, below);
    difference = std::max(difference, ((above - below) / (2 * step) - out).norm() / out.norm());
    // -grad L(rho u) = rho^{D-1} grad Phi_c(u), c = rho^D.
    const Real rho = Real(0.3), degree = static_cast<Real>((*p).network().degree());
    Correlation correlation(*p);
    correlation.set_output_scale(std::pow(rho, degree));
    correlation.gradient(p.w, above);
    (*p).gradient(rho * p.w, below);
    continued = std::max(continued, (std::pow(rho, degree - 1) * above + below).norm() / below.norm());
    correlation.hessian(p.w, h);
    correlation.gradient(p.w, above);
    correlation.hessian_vector(p.w, v, out);
    product = std::max(product, (out - h * v).norm() / out.norm());
    const Matrix outputs = (*p).outputs(p.w), scaled = (*p).outputs(rho * p.w);
    homogeneity = std::max(homogeneity, (std::pow(rho, degree) * outputs - scaled).norm() / scaled.norm());
  }
  BOOST_TEST_MESSAGE(
      fmt::format("products {:.1e}, differences {:.1e}, NCF at finite scale {:.1e}, homogeneity {:.1e}",
                  static_cast<double>(product), static_cast<double>(difference),
                  static_cast<double>(continued), static_cast<double>(homogeneity)));
  BOOST_TEST(product < 1e-13);
  BOOST_TEST(difference < 1e-8);
  BOOST_TEST(continued < 1e-13);
  BOOST_TEST(homogeneity < 1e-13);
}

BOOST_AUTO_TEST_CASE(samples_tend_to_it_like_the_inverse_root_of_their_number) {
  for (const int power : {1, 2}) {
    const PopulationProblem p =
        random_population_problem(3, 3, 2, 1, Activation(0, power), Activation(0, power), 11);
    const auto network = feed_forward({3, 3, 1}, Activation(0, power));
    Vector exact(p.w.size()), sampled(p.w.size());
    const Real loss = (*p).gradient(p.w, exact);
    std::vector<Real> logs, errors;
    std::uint64_t seed = 1;
    for (const auto& [n, seeds] :
         std::vector<std::pair<Index, int>>{{1000, 400}, {10'000, 100}, {100'000, 40}, {1'000'000, 12}}) {
      Real square = 0, of_loss = 0;
      for (int k = 0; k < seeds; ++k) {
        Dataset data;
        data.inputs = Random(seed++).normal_matrix(3, n);
        Matrix z = p.teacher.vectors * data.inputs, value;
        p.teacher.activation.value(z, value);
        data.targets = p.teacher.outer * value;
        Objective objective(network, std::move(data), Loss(square_loss(), Reduction::mean));
        const Real other = objective.gradient(p.w, sampled);
        square += (sampled - exact).squaredNorm() / exact.squaredNorm() / seeds;
        of_loss += (other - loss) * (other - loss) / (loss * loss) / seeds;
      }
      logs.push_back(std::log10(static_cast<Real>(n)));
      errors.push_back(std::log10(square) / 2);
      BOOST_TEST_MESSAGE(fmt::format(
          "power {}, {} samples: gradient off by {:.2e}, loss by {:.2e} (root mean square of {} seeds)",
          power, n, static_cast<double>(std::sqrt(square)), static_cast<double>(std::sqrt(of_loss)), seeds));
    }
    // Least squares through four equidistant points.
    const Real slope = (3 * (errors[3] - errors[0]) + errors[2] - errors[1]) / 10;
    BOOST_TEST_MESSAGE(fmt::format("power {}: slope {:.3f}", power, static_cast<double>(slope)));
    BOOST_TEST(std::abs(slope + Real(0.5)) < 0.06);
  }
}

// THEORY.md, V4 and V5: n >= 5 equidistant points of the circle have the fourth moments of a Gaussian input
// of the plane, up to the factor n/8.
BOOST_AUTO_TEST_CASE(with_squares_it_is_the_problem_of_points_on_the_circle) {
  Random random(3);
  const PopulationProblem p = population_problem(
      Activation(-1, 2), {random.normal_matrix(1, 2), Matrix::Ones(1, 1), Activation(-1, 2)}, 2);
  const Vector w = random.normal_matrix(p.objective->size(), 1);
  const Index n = 7;
  Dataset data;
  data.inputs.resize(2, n);
  for (Index i = 0; i < n; ++i) {
    const Real angle = 2 * std::numbers::pi_v<Real> * static_cast<Real>(i) / static_cast<Real>(n);
    data.inputs.col(i) << std::cos(angle), std::sin(angle);
  }
  data.targets = (p.teacher.vectors * data.inputs).cwiseAbs2();
  Objective circle(feed_forward({2, 2, 1}, Activation(-1, 2)), data, Loss());
  Vector here(w.size()), there(w.size());
  Matrix h, h_there;
  const Real unit = 8 / static_cast<Real>(n);
  const Real loss = (*p).gradient(w, here), other = unit * circle.gradient(w, there);
  (*p).hessian(w, h);
  circle.hessian(w, h_there);
  BOOST_TEST(std::abs(loss - other) < 1e-13 * loss);
  BOOST_TEST((here - unit * there).norm() < 1e-13 * here.norm());
  BOOST_TEST((h - unit * h_there).norm() < 1e-13 * h.norm());
  // One neuron b (a . x)^2 at the angle theta to w*: L = [3 b^2 |a|^4 - 2 b (|a|^2 + 2 (a.w*)^2) + 3] / 2.
  const PopulationProblem one = population_problem(
      Activation(-1, 2), {Matrix::Identity(1, 5), Matrix::Ones(1, 1), Activation(-1, 2)}, 1);
  const Vector u = random.normal_matrix(6, 1);
  const Real size = u.head(5).squaredNorm(), b = u[5];
  const Real expected = (3 * b * b * size * size - 2 * b * (size + 2 * u[0] * u[0]) + 3) / 2;
  BOOST_TEST(std::abs((*one).value(u) - expected) < 1e-13 * std::abs(expected));
}

BOOST_AUTO_TEST_CASE(parallel_opposite_and_zero_neurons_have_the_limits_of_their_neighbours) {
  for (const int power : {1, 2, 3}) {
    PopulationProblem p =
        random_population_problem(3, 3, 2, 1, Activation(Real(0.1), power), Activation(Real(0.1), power), 5);
    const Layout& layout = p.objective->network().layout();
    layout.matrix(p.w, 0).row(1) = 2 * layout.matrix(p.w, 0).row(0);
    layout.matrix(p.w, 0).row(2) = -layout.matrix(p.w, 0).row(0);
    Vector g(p.w.size()), near(p.w.size());
    Matrix h, h_near;
    (*p).gradient(p.w, g);
    (*p).hessian(p.w, h);
    const Vector moved = p.w + 1e-9 * Vector(Random(6).normal_matrix(p.w.size(), 1));
    (*p).gradient(moved, near);
    (*p).hessian(moved, h_near);
    BOOST_TEST(g.allFinite());
    BOOST_TEST((g - near).norm() < 1e-7 * g.norm());
    BOOST_TEST((h - h_near).norm() < 1e-6 * h.norm());
    // A neuron that is zero: no force, and the gradient is continuous there.
    Vector zero = p.w;
    layout.matrix(zero, 0).row(2).setZero();
    layout.matrix(zero, 1).col(2).setZero();
    (*p).gradient(zero, g);
    BOOST_TEST(layout.matrix(g, 0).row(2).isZero(0));
    BOOST_TEST(layout.matrix(g, 1).col(2).isZero(0));
    (*p).hessian(zero, h);
    BOOST_TEST(h.allFinite());
    Vector two = zero;
    layout.matrix(two, 0).row(1).setZero();
    layout.matrix(two, 1).col(1).setZero();
    (*p).hessian(two, h);
    (*p).gradient(two, near);
    BOOST_TEST(h.allFinite());
    BOOST_TEST(near.allFinite());
    (*p).hessian(Vector::Zero(two.size()), h);
    BOOST_TEST(h.isZero(0));
    Vector beside = zero;
    layout.matrix(beside, 0).row(2) = 1e-8 * layout.matrix(p.w, 0).row(2);
    layout.matrix(beside, 1)(0, 2) = 1e-8;
    (*p).gradient(beside, near);
    BOOST_TEST((g - near).norm() < 1e-6 * g.norm());
  }
}

// Where f = 0 although no neuron is zero, the norm has a kink, and half its square none.
BOOST_AUTO_TEST_CASE(derivatives_where_the_function_vanishes) {
  for (const int power : {1, 2}) {
    PopulationProblem p =
        random_population_problem(3, 2, 2, 2, Activation(0, power), Activation(0, power), 9);
    const Layout& layout = p.objective->network().layout();
    layout.matrix(p.w, 1).setZero();
    const Index n = p.w.size();
    Vector above(n), below(n), out(n);
    const Vector v = Random(4).normal_matrix(n, 1);
    Matrix h;
    (*p).hessian(p.w, h);
    (*p).hessian_vector(p.w, v, out);
    BOOST_TEST((out - h * v).norm() < 1e-13 * out.norm());
    (*p).gradient(p.w + 1e-5 * v, above);
    (*p).gradient(p.w - 1e-5 * v, below);
    BOOST_TEST(((above - below) / 2e-5 - out).norm() < 1e-8 * out.norm());
    // Neurons that cancel: the norm is rounding, the gradient is not.
    layout.matrix(p.w, 0).row(1) = layout.matrix(p.w, 0).row(0);
    layout.matrix(p.w, 1) << 1, -1, 2, -2;
    (*p).gradient(p.w, out);
    (*p).gradient(p.w + 1e-7 * v, above);
    BOOST_TEST((above - out).norm() < 1e-5 * out.norm());
  }
}

BOOST_AUTO_TEST_CASE(a_tiny_neuron_beside_one_of_unit_size_keeps_its_digits) {
  for (const int power : {1, 2}) {
    const PopulationProblem p =
        random_population_problem(3, 2, 2, 1, Activation(0, power), Activation(0, power), 13);
    const Layout& layout = p.objective->network().layout();
    // At 1e-100 the force on neuron 1 is linear in its size: that of its NCF beside neuron 0.
    const Real scale = Real(1e-100);
    Vector small = p.w;
    layout.matrix(small, 0).row(1) *= scale;
    layout.matrix(small, 1).col(1) *= scale;
    Vector g(p.w.size());
    (*p).gradient(small, g);
    Vector alone = p.w;
    layout.matrix(alone, 0).row(1).setZero();
    layout.matrix(alone, 1).col(1).setZero();
    Matrix residual;
    (*p).loss().derivative((*p).outputs(alone), (*p).data().targets, residual);
    const NeuronProblem neuron = *neuron_problem((*p).network(), 1, alone, (*p).data().inputs, -residual);
    Dataset data;
    data.inputs = neuron.inputs;
    data.targets = neuron.residual;
    Objective beside(neuron.network, data, Loss());
    Correlation correlation(beside);
    Vector u(4), force(4);
    u << layout.matrix(p.w, 0).row(1).transpose(), layout.matrix(p.w, 1)(0, 1);
    correlation.gradient(u, force);
    Vector found(4);
    found << layout.matrix(g, 0).row(1).transpose(), layout.matrix(g, 1)(0, 1);
    BOOST_TEST((found / std::pow(scale, power) + force).norm() < 1e-13 * force.norm());
    // All weights at 1e-60: E|f|^2 is 1e-240 or 1e-360, the norm is not zero.
    const Matrix& outputs = (*p).outputs(Vector(Real(1e-60) * p.w));
    BOOST_TEST(outputs(0, 2) > 0);
  }
}

BOOST_AUTO_TEST_CASE(in_the_span_nothing_changes_and_the_cost_does_not_depend_on_the_dimension) {
  Index weights = 0;
  for (const Index d : {Index(10), Index(100), Index(1000)}) {
    Random random(17);
    const PopulationTeacher teacher{random.normal_matrix(3, d) / std::sqrt(static_cast<Real>(d)),
                                    random.normal_matrix(1, 3), Activation(0, 1)};
    const Matrix rows = random.normal_matrix(4, d) / std::sqrt(static_cast<Real>(d));
    const Matrix basis = span_of_rows(teacher.vectors, rows);
    const PopulationProblem all = population_problem(Activation(0, 1), teacher, 4);
    const PopulationProblem span = population_problem(Activation(0, 1), teacher, 4, basis);
    Vector w((*all).size()), u((*span).size());
    const Layout &of_all = (*all).network().layout(), &of_span = (*span).network().layout();
    of_all.matrix(w, 0) = rows;
    of_span.matrix(u, 0) = rows * basis;
    of_all.matrix(w, 1).setOnes();
    of_span.matrix(u, 1).setOnes();
    Vector g(w.size()), g_span(u.size());
    const Real loss = (*all).gradient(w, g), other = (*span).gradient(u, g_span);
    BOOST_TEST(std::abs(loss - other) < 1e-13 * loss);
    const Matrix back = of_span.matrix(g_span, 0) * basis.transpose();
    BOOST_TEST((of_all.matrix(g, 0) - back).norm() < 1e-13 * g.norm());
    // The one dimension that the passes loop over is that of the basis.
    if (weights == 0) weights = (*span).size();
    BOOST_TEST((*span).size() == weights);
    const auto microseconds = [](Objective& objective, Vector point) {
      Vector gradient(point.size());
      Real best = 1e9;
      for (int run = 0; run < 5; ++run) {
        const auto begin = std::chrono::steady_clock::now();
        for (int i = 0; i < 200; ++i) {
          point[0] += Real(1e-9);  // else the last result serves
          objective.gradient(point, gradient);
        }
        best = std::min(
            best,
            std::chrono::duration<Real, std::micro>(std::chrono::steady_clock::now() - begin).count() / 200);
      }
      return best;
    };
    BOOST_TEST_MESSAGE(
        fmt::format("d = {}: a gradient takes {:.1f} us in {} coordinates of the span, {:.1f} us in all", d,
                    static_cast<double>(microseconds(*span, u)), basis.cols(),
                    static_cast<double>(microseconds(*all, w))));
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_population_is_refused) {
  const auto names = [](const std::string& text) {
    return
        [text](const InputError& error) { return std::string(error.what()).find(text) != std::string::npos; };
  };
  const Activation relu(0, 1);
  BOOST_CHECK_EXCEPTION(population_network({{2, 3}, relu, relu, 1, 0}), InputError, names("layers"));
  BOOST_CHECK_EXCEPTION(population_network({{2, 3, 1}, relu, relu, 0, 0}), InputError, names("teacher"));
  BOOST_CHECK_EXCEPTION(population_network({{2, 3, 1}, relu, relu, 1, 3}), InputError, names("basis"));
  BOOST_CHECK_EXCEPTION(population_data({Matrix::Zero(1, 2), Matrix::Ones(1, 1), relu}), InputError,
                        names("zero"));
  BOOST_CHECK_EXCEPTION(population_data({Matrix::Ones(2, 2), Matrix::Ones(1, 1), relu}), InputError,
                        names("outgoing"));
  BOOST_CHECK_EXCEPTION(population_loss(Matrix::Zero(1, 3), 2), InputError, names("targets"));
  const Dataset data = population_data({Matrix::Ones(1, 2), Matrix::Ones(1, 1), relu});
  BOOST_CHECK_EXCEPTION(Objective(population_network({{2, 3, 1}, relu, relu, 1, 0}), data,
                                  population_loss(2 * data.targets, 2)),
                        InputError, names("another one"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow
