// Spectra at points where they are known.
#include "saddleflow/saddle/spectrum.hpp"

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "saddleflow/base/random.hpp"

namespace saddleflow {

BOOST_AUTO_TEST_SUITE(spectrum_test)

namespace {

// One neuron (w.x)^2 on n equispaced points of the circle, targets (x1)^2 (THEORY.md, V4).
Dataset circle(Index n) {
  Dataset data;
  data.inputs.resize(2, n);
  data.targets.resize(1, n);
  for (Index i = 0; i < n; ++i) {
    const Real angle = 2 * std::acos(Real(-1)) * static_cast<Real>(i) / static_cast<Real>(n);
    data.inputs.col(i) << std::cos(angle), std::sin(angle);
    data.targets(0, i) = std::cos(angle) * std::cos(angle);
  }
  return data;
}

}  // namespace

BOOST_AUTO_TEST_CASE(saddle_of_the_square_neuron) {
  // L = (n/8) [ (3/2) |w|^4 - |w|^2 - 2 w1^2 + const ]: at (0, 1/sqrt 3) the Hessian is (n/8) diag(-4, 4).
  const Index n = 8;
  Objective objective(power_sum(2, 1, Activation(-1, 2)), circle(n), Loss());
  const Spectrum s = hessian_spectrum(objective, Vector{{Real(0), 1 / std::sqrt(Real(3))}});
  fmt::print("eigenvalues {:.15g}, {:.15g}; Newton distance {:.1e}\n", static_cast<double>(s.min()),
             static_cast<double>(s.max()), static_cast<double>(s.newton_distance));
  BOOST_TEST(std::abs(s.min() + 4) < Real(1e-13));
  BOOST_TEST(std::abs(s.max() - 4) < Real(1e-13));
  BOOST_TEST(s.negative == 1);
  BOOST_TEST(s.zero == 0);
  BOOST_TEST(s.positive == 1);
  BOOST_TEST(s.newton_distance < Real(1e-15));
}

BOOST_AUTO_TEST_CASE(newton_distance_measures_the_way_to_the_critical_point) {
  Objective objective(power_sum(2, 1, Activation(-1, 2)), circle(8), Loss());
  const Real root = 1 / std::sqrt(Real(3)), d = Real(1e-5);
  const Spectrum s = hessian_spectrum(objective, Vector{{d, root + d}});
  const Real relative = std::sqrt(Real(2)) * d / root;
  BOOST_TEST(std::abs(s.newton_distance / relative - 1) < Real(1e-4));
}

BOOST_AUTO_TEST_CASE(zero_modes_of_a_linear_network_at_its_minimum) {
  // W2 W1 = Sigma (1 x 1 outputs, hidden width 3): the minimum is a manifold of codimension 1 in 6 weights.
  Dataset data;
  data.inputs = Matrix::Ones(1, 1);
  data.targets = Matrix::Ones(1, 1);
  Objective objective(feed_forward({1, 3, 1}, Activation(1, 1)), data, Loss());
  const Vector w{{1, 0, 0, 1, 0, 0}};
  const Spectrum s = hessian_spectrum(objective, w);
  BOOST_TEST(s.negative == 0);
  BOOST_TEST(s.zero == 5);
  BOOST_TEST(s.positive == 1);
  BOOST_TEST(std::abs(s.max() - 2) < Real(1e-14));  // |grad of ab|^2
}

BOOST_AUTO_TEST_CASE(both_ends_by_lanczos_agree_with_the_full_spectrum) {
  Random random(11);
  Dataset data;
  data.inputs = random.normal_matrix(4, 20);
  data.targets = random.normal_matrix(1, 20);
  Objective objective(feed_forward({4, 12, 1}, Activation(0, 2)), data, Loss());
  const Vector w = random.normal_matrix(objective.size(), 1);
  SpectrumOptions lanczos;
  lanczos.dense_limit = 10;
  const Spectrum full = hessian_spectrum(objective, w), ends = hessian_spectrum(objective, w, lanczos);
  BOOST_TEST(ends.eigenvalues.size() == spectrum_size(objective.size(), lanczos));
  BOOST_TEST(!ends.complete);
  BOOST_TEST(std::isnan(ends.newton_distance));
  const Real scale = full.eigenvalues.cwiseAbs().maxCoeff();
  fmt::print("ends differ by {:.1e}, {:.1e}\n", static_cast<double>((ends.min() - full.min()) / scale),
             static_cast<double>((ends.max() - full.max()) / scale));
  BOOST_TEST(std::abs(ends.min() - full.min()) < Real(1e-8) * scale);
  BOOST_TEST(std::abs(ends.max() - full.max()) < Real(1e-8) * scale);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow
