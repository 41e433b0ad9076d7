// Which neurons are inactive, and that points which are one by symmetry are one row of the catalogue.
#include "saddleflow/saddle/inactive_neurons.hpp"

#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "saddleflow/base/random.hpp"
#include "saddleflow/saddle/catalogue.hpp"
#include "saddleflow/symmetry/neuron_symmetry.hpp"

BOOST_AUTO_TEST_SUITE(inactive_neurons_test)

using namespace saddleflow;

namespace {

/// Neurons of these norms in a power_sum network.
Vector with_norms(const Vector& norms, Random& random) {
  Matrix w(norms.size(), 3);
  for (Index k = 0; k < norms.size(); ++k) w.row(k) = norms[k] * random.unit_vector(3).transpose();
  return Vector(Eigen::Map<Vector>(w.data(), w.size()));
}

InactiveNeurons find(const Vector& norms, Real least = 10) {
  Random random(1);
  const auto network = power_sum(3, norms.size(), Activation(-1, 2));
  return find_inactive(*network, with_norms(norms, random), least);
}

/// Neurons permuted, signs flipped where sigma allows it, incoming weights times c, outgoing ones by c^-p.
Vector symmetric_copy(const Network& network, const Vector& w, Random& random) {
  const NeuronSymmetry symmetry(network);
  Vector copy = w;
  for (int l = 0; l < symmetry.layer_count(); ++l) {
    const Index width = symmetry.width(l),
                shift = 1 + static_cast<Index>(random.uniform() * static_cast<Real>(width));
    LayerOrder order;
    for (Index k = 0; k < width; ++k) {
      order.source.push_back((k + shift) % width);
      order.sign.push_back(symmetry.sign() == SignSymmetry::none ? Real(1) : random.sign());
    }
    symmetry.apply(l, order, copy);
  }
  for (const Neuron& neuron : network.neurons()) {
    if (neuron.outgoing.empty()) continue;
    const Real c = 1 + random.uniform();
    for (const Index i : neuron.incoming) copy[i] *= c;
    for (const Index i : neuron.outgoing)
      copy[i] *= std::pow(c, -static_cast<Real>(network.activation().power()));
  }
  return copy;
}

bool has_kinked_neuron(const Network& network, const Vector& w) {
  for (const Neuron& neuron : network.neurons()) {
    if (neuron.outgoing.empty() || network.activation().is_polynomial()) continue;
    const Real in = w(neuron.incoming).norm(), out = w(neuron.outgoing).norm();
    if (std::min(in, out) < Real(1e-3) * std::max(in, out)) return true;
  }
  return false;
}

}  // namespace

BOOST_AUTO_TEST_CASE(inactive_below_the_widest_gap) {
  const InactiveNeurons two = find(Vector{{1, 1e-3, 0.8, 2e-4}});
  BOOST_TEST((two.neurons == std::vector<Index>{1, 3}));
  BOOST_TEST(std::abs(two.gap / 800 - 1) < 1e-12);
  BOOST_TEST(std::abs(two.threshold / std::sqrt(8e-4) - 1) < 1e-12);
  BOOST_TEST(find(Vector{{1, 0.2, 0.5}}).neurons.empty());
  BOOST_TEST((find(Vector{{1, 0.2, 0.5}}, 2).neurons == std::vector<Index>{1}));
  BOOST_TEST(find(Vector{{0, 0, 0}}).neurons.empty());  // nothing above
  const InactiveNeurons zeros = find(Vector{{1, 0, 0.5}});
  BOOST_TEST((zeros.neurons == std::vector<Index>{1}));
  BOOST_TEST(std::isinf(zeros.gap));
}

// Exact zeros do not hide that others are small.
BOOST_AUTO_TEST_CASE(zeros_beside_small_neurons) {
  const InactiveNeurons s = find(Vector{{1, 0, 1e-6, 0.5}});
  BOOST_TEST((s.neurons == std::vector<Index>{1, 2}));
  BOOST_TEST(std::abs(s.gap / 5e5 - 1) < 1e-9);
  const InactiveNeurons only = find(Vector{{1, 0, 1e-6, 0.5}}, std::numeric_limits<Real>::infinity());
  BOOST_TEST((only.neurons == std::vector<Index>{1}));
}

BOOST_DATA_TEST_CASE(copies_share_a_row,
                     boost::unit_test::data::make({1, 2, 3}) * boost::unit_test::data::make({0, 1, 2}), seed,
                     which) {
  const std::vector<std::shared_ptr<const Network>> networks{feed_forward({3, 4, 2}, Activation(0, 2)),
                                                             feed_forward({3, 3, 2}, Activation(1, 1)),
                                                             power_sum(3, 3, Activation(-1, 2))};
  const auto& network = networks[static_cast<std::size_t>(which)];
  Random random(static_cast<std::uint64_t>(seed));
  Dataset data{random.normal_matrix(3, 20), Matrix(), "random"};
  data.targets = random.normal_matrix(network->output_count(), 20);
  // A teacher for the squared ReLUs, beside which every other start is; squares are positive.
  const Vector teacher = random.normal_matrix(network->parameter_count(), 1);
  if (which == 0) {
    Objective target(network, data, Loss());
    data.targets = target.outputs(teacher);
  }
  if (network->kind() == "power_sum") data.targets = data.targets.cwiseAbs();
  Objective objective(network, data, Loss());
  CriticalPointOptions options;
  options.search.starts = 8;
  Catalogue catalogue(objective);
  Index rows = 0, copies = 0, kinked = 0;
  for (int start = 0; start < 300 && rows < 4; ++start) {
    options.refine.trust = Real(0.9);
    const Vector noise =
        random.normal_matrix(objective.size(), 1) / std::sqrt(static_cast<Real>(objective.size()));
    const bool beside = which == 0 && start % 2 == 0;
    const CriticalPoint point =
        analyse_critical_point(objective, beside ? Vector(teacher + Real(0.01) * noise) : noise, options);
    if (!point.is_critical()) continue;
    // Where a squared ReLU neuron's incoming weights vanish and its outgoing ones do not, sigma'' jumps: the
    // index is one of a side, and the point is reached slowly.
    if (has_kinked_neuron(*network, point.point())) {
      ++kinked;
      continue;
    }
    const Index row = catalogue.add(point);
    rows = static_cast<Index>(catalogue.points().size());
    for (int k = 0; k < 3; ++k, ++copies) {
      const Vector copy = symmetric_copy(*network, point.point(), random);
      options.refine.trust = Real(0.2);
      const CriticalPoint again = analyse_critical_point(objective, copy, options);
      BOOST_TEST(again.is_critical());
      BOOST_TEST(catalogue.find(again) == row);
      BOOST_TEST(again.spectrum.negative == point.spectrum.negative);
      BOOST_TEST(again.spectrum.zero == point.spectrum.zero);
      BOOST_TEST(again.zero_modes.unexplained == point.zero_modes.unexplained);
    }
  }
  // Rows differ in loss or outputs or active neurons.
  for (Index a = 0; a < rows; ++a) BOOST_TEST(catalogue.find(catalogue.at(a)) == a);
  const CriticalPoint origin = analyse_critical_point(objective, Vector::Zero(objective.size()), options);
  BOOST_TEST((origin.kind == CriticalKind::origin));
  BOOST_TEST(catalogue.find(origin) == -1);
  BOOST_TEST(catalogue.add(origin) == rows);
  BOOST_TEST(catalogue.add(origin) == rows);
  fmt::print("network {}, seed {}: {} rows, {} copies, {} kinked points left out\n", which, seed, rows,
             copies, kinked);
  BOOST_TEST(rows > 0);
}

// Never the origin by accident, however near the start.
BOOST_DATA_TEST_CASE(starts_near_the_origin,
                     boost::unit_test::data::make({1e-1, 1e-3, 1e-6, 1e-12}) *
                         boost::unit_test::data::make({1, 2, 3}),
                     delta, power) {
  Random random(5);
  int critical = 0;
  for (int k = 0; k < 10; ++k) {
    const auto network = feed_forward({3, 3, 1}, Activation(1, power));
    Dataset data{random.normal_matrix(3, 10), random.normal_matrix(1, 10), "random"};
    Objective objective(network, data, Loss());
    const Vector start = static_cast<Real>(delta) * random.unit_vector(objective.size());
    const Refinement found = refine_critical_point(objective, start);
    const Real ratio = found.point.norm() / start.norm();
    BOOST_TEST(ratio >= 0.8 - 1e-12);
    BOOST_TEST(!found.converged);
    critical += found.converged;
    CriticalPointOptions options;
    options.search.starts = 2;
    const CriticalPoint judged = analyse_critical_point(objective, start, options);
    BOOST_TEST((judged.kind != CriticalKind::origin));
    BOOST_TEST(!judged.is_critical());
  }
  fmt::print("p = {}, delta {:.0e}, seed 5: {} of 10 called critical\n", power, delta, critical);
}

BOOST_AUTO_TEST_SUITE_END()
