// Rank-one KKT points built by hand: all verdicts, and each condition broken on its own.
#include "saddleflow/correlation/kkt_structure.hpp"

#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "correlation/rank_one_point.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/correlation/clarke.hpp"

BOOST_AUTO_TEST_SUITE(kkt_structure_test)

using namespace saddleflow;
using rank_one_point::Factors;
using rank_one_point::Recipe;
namespace bdata = boost::unit_test::data;

namespace {

const Recipe recipes[] = {
    {"squared ReLU", {2, 5, 1}, 0, 2, {{0, 0, 1, 0, 0}}},
    {.name = "squared ReLU, two equal neurons, lowest",
     .sizes = {2, 5, 1},
     .slope = 0,
     .power = 2,
     .q = {{1, 0, 0, 1, 0}},
     .lowest = true},
    {"squared ReLU, three layers", {2, 4, 3, 1}, 0, 2, {{0, 1, 0, 0}, {0, 0, 1}}},
    {"squared ReLU, three layers, 3 and 2 neurons", {2, 4, 3, 1}, 0, 2, {{1, 1, 0, 1}, {1, 0, 1}}},
    {"squared ReLU, two outputs", {2, 4, 2}, 0, 2, {{0, 1, 0, 1}}},
    {"leaky squared ReLU", {2, 4, 1}, Real(0.25), 2, {{0, 1, 0, 1}}},
    {"square, signs mixed", {2, 4, 1}, 1, 2, {{-1, 1, 0, 1}}},
    {"cube", {2, 4, 1}, 1, 3, {{0, 0, 0, 1}}},
    {"cube, three layers, signs mixed", {2, 3, 2, 1}, 1, 3, {{1, -1, 0}, {1, 0}}},
    {"linear", {2, 4, 1}, 1, 1, {{Real(0.3), -1, Real(0.7), 0}}},
    {"linear, three layers, two outputs", {2, 4, 3, 2}, 1, 1, {{1, 2, -3, 0}, {-1, 1, Real(0.1)}}},
    {"leaky ReLU", {2, 5, 1}, Real(0.1), 1, {{Real(0.3), 1, Real(0.2), 0, Real(0.9)}}},
    {.name = "leaky ReLU, lowest",
     .sizes = {2, 3, 1},
     .slope = Real(0.1),
     .power = 1,
     .q = {{Real(0.3), 1, 2}},
     .lowest = true},
    {"leaky ReLU, three layers", {2, 3, 4, 1}, Real(0.1), 1, {{1, 2, 0}, {1, Real(0.5), 3, 0}}},
    {"leaky ReLU, three layers, negative sign", {2, 3, 2, 1}, Real(0.1), 1, {{1, 2, 0}, {1, 2}}, {-1}},
    {"leaky ReLU, two outputs", {2, 3, 2}, Real(0.1), 1, {{1, 2, 0}}},
    {"ReLU", {2, 4, 1}, 0, 1, {{1, 2, 0, 3}}},
    {"ReLU, three layers, two outputs", {2, 3, 2, 2}, 0, 1, {{1, 0, 3}, {1, 2}}},
    {"absolute value, signs mixed", {2, 4, 1}, -1, 1, {{1, -2, 0, 3}}},
    {"slope -1/2, four layers", {2, 3, 2, 2, 1}, Real(-0.5), 1, {{1, 2, 0}, {1, 2}, {3, 1}}},
};

struct Setting {
  Setting(const Recipe& r, unsigned seed)
      : recipe(r), objective(make(r, seed)), correlation(objective), factors(make_factors()) {}

  static Objective make(const Recipe& r, unsigned seed) {
    Random random(seed);
    Dataset data;
    data.inputs = random.normal_matrix(2, 7);
    data.targets = random.normal_matrix(r.sizes.back(), 7);
    return Objective(feed_forward(r.sizes, Activation(r.slope, r.power)), data, Loss());
  }
  Factors make_factors() {
    return rank_one_point::factors(recipe, objective.data().inputs, correlation.residual_at_origin());
  }
  KktPoint point() {
    KktPoint p;
    p.direction = rank_one_point::assemble(objective.network().layout(), factors);
    Vector g;
    p.value = correlation.gradient(p.direction, g);
    p.gradient_norm = g.norm();
    return p;
  }
  KktStructure analyse() { return analyse_structure(correlation, point()); }
  bool multiplicative() const { return std::abs(recipe.slope) == 1; }
  std::size_t hidden() const { return recipe.q.size(); }

  Recipe recipe;
  Objective objective;
  Correlation correlation;
  Factors factors;
};

int code(Verdict v) { return static_cast<int>(v); }

/// Every verdict of the structure, which = yes for all that arise; `changed` names the one that is otherwise.
struct Expected {
  Verdict rank_one = Verdict::yes, scalar = Verdict::yes;
  std::vector<Verdict> one_sign, equal_magnitude, aligned;
};

Expected all_hold(const Setting& s) {
  Expected e;
  e.one_sign.assign(s.hidden(), s.multiplicative() ? Verdict::not_applicable : Verdict::yes);
  e.equal_magnitude.assign(s.hidden(), s.recipe.power == 1 ? Verdict::not_applicable : Verdict::yes);
  e.aligned.assign(s.hidden(), Verdict::yes);
  return e;
}

void check_verdicts(const KktStructure& found, const Expected& expected) {
  BOOST_TEST(code(found.rank_one) == code(expected.rank_one));
  BOOST_TEST(code(found.scalar_kkt) == code(expected.scalar));
  BOOST_TEST_REQUIRE(found.layers.size() == expected.one_sign.size() + 1);
  for (std::size_t l = 0; l + 1 < found.layers.size(); ++l) {
    BOOST_TEST_CONTEXT("hidden layer " << l) {
      BOOST_TEST(code(found.layers[l].one_sign) == code(expected.one_sign[l]));
      BOOST_TEST(code(found.layers[l].equal_magnitude) == code(expected.equal_magnitude[l]));
      BOOST_TEST(code(found.layers[l].aligned) == code(expected.aligned[l]));
    }
  }
  const RankOneLayer& last = found.layers.back();
  for (const Verdict v : {last.one_sign, last.equal_magnitude, last.aligned})
    BOOST_TEST(code(v) == code(Verdict::not_applicable));
}

}  // namespace

// The theorem itself: what the formulas put together is a KKT point, smooth or Clarke, of the predicted
// value, and the analysis takes it apart again.
BOOST_DATA_TEST_CASE(rank_one_points_hold_every_condition,
                     bdata::make(recipes) * bdata::make({21U, 22U, 23U}), recipe, seed) {
  Setting s(recipe, seed);
  const KktPoint point = s.point();
  const KktStructure structure = s.analyse();
  const ClarkeCertificate certificate = clarke_certificate(s.correlation, point.direction);
  fmt::print("seed {}, {}: N {:.6g}, predicted - N {:.1e}, KKT {:.1e} ({} kinks), scalar {:.1e}\n", seed,
             recipe.name, static_cast<double>(point.value),
             static_cast<double>(structure.predicted_value - point.value),
             static_cast<double>(certificate.residual), certificate.kinks,
             static_cast<double>(structure.scalar_residual));
  check_verdicts(structure, all_hold(s));
  BOOST_TEST(point.value > 0);
  BOOST_TEST(std::abs(structure.predicted_value - point.value) < Real(1e-12) * point.value);
  BOOST_TEST(certificate.residual < Real(1e-11));
  BOOST_TEST(code(certificate.stationary) == code(Verdict::yes));
  BOOST_TEST(structure.layer_share_error < Real(1e-14));
  BOOST_TEST(structure.balance_residual < Real(1e-14));
  for (const RankOneLayer& layer : structure.layers) BOOST_TEST(layer.residual < Real(1e-14));
}

// A point that is accurate to 1e-12 only has its pre-activations off the kinks by that much, and what is
// above them sees activations that are nothing but error.
BOOST_DATA_TEST_CASE(kinks_are_found_at_inexact_points, bdata::make(recipes), recipe) {
  Setting s(recipe, 21);
  const Vector exact = s.point().direction;
  const Vector near = (exact + Real(1e-12) * Random(26).unit_vector(exact.size())).normalized();
  const ClarkeCertificate a = clarke_certificate(s.correlation, exact);
  const ClarkeCertificate b = clarke_certificate(s.correlation, near);
  BOOST_TEST(a.kinks == b.kinks);
  BOOST_TEST(b.residual < Real(1e-9));
  BOOST_TEST(code(b.stationary) == code(Verdict::yes));
}

// With the last layer's sign turned the KKT point has a negative value, and every condition still holds.
BOOST_DATA_TEST_CASE(negative_points_are_predicted_with_their_sign, bdata::make(recipes), recipe) {
  Setting s(recipe, 24);
  s.factors.q.back() = -s.factors.q.back();
  const KktPoint point = s.point();
  const KktStructure structure = s.analyse();
  BOOST_TEST(point.value < 0);
  check_verdicts(structure, all_hold(s));
  BOOST_TEST(std::abs(structure.predicted_value - point.value) < Real(1e-12) * std::abs(point.value));
}

BOOST_DATA_TEST_CASE(neurons_are_counted_and_zeros_named, bdata::make(recipes), recipe) {
  Setting s(recipe, 25);
  const KktPoint point = s.point();
  const KktStructure structure = s.analyse();
  std::size_t neuron = 0, zeros = 0;
  BOOST_TEST_REQUIRE(structure.active_neurons.size() == s.hidden());
  for (std::size_t l = 0; l < s.hidden(); ++l) {
    Index active = 0;
    for (const Real q : recipe.q[l]) {
      active += q != 0;
      if (q == 0) {
        BOOST_TEST_REQUIRE(zeros < structure.zero_neurons.size());
        BOOST_TEST(structure.zero_neurons[zeros++] == static_cast<Index>(neuron));
      }
      ++neuron;
    }
    BOOST_TEST(structure.active_neurons[l] == active);
  }
  BOOST_TEST(structure.zero_neurons.size() == zeros);
  // Along the flow these parameters get no gradient, whatever the others are.
  Vector w = Random(26).unit_vector(s.objective.size());
  for (const Index i : structure.zero_parameters) w[i] = 0;
  Vector g;
  s.correlation.gradient(w, g);
  Index held = 0;
  for (const Index i : structure.zero_parameters) held += g[i] == 0;
  BOOST_TEST(held == static_cast<Index>(structure.zero_parameters.size()));
  BOOST_TEST((zeros == 0) == structure.zero_parameters.empty());
}

BOOST_DATA_TEST_CASE(off_the_scalar_problem, bdata::make(recipes), recipe) {
  Setting s(recipe, 27);
  Vector& r = s.factors.r.front();
  r = (r + Real(1e-3) * Vector{{-r[1], r[0]}}).normalized();
  Expected expected = all_hold(s);
  expected.scalar = Verdict::no;
  check_verdicts(s.analyse(), expected);
}

BOOST_DATA_TEST_CASE(of_rank_two, bdata::make(recipes), recipe) {
  Setting s(recipe, 28);
  KktPoint point = s.point();
  // A second direction in W_1 that leaves its leading term as it is.
  const Layout& layout = s.objective.network().layout();
  const Vector& r = s.factors.r.front();
  Vector other = Vector::LinSpaced(s.factors.q.front().size(), 1, 2);
  other -= other.dot(s.factors.q.front()) * s.factors.q.front();
  layout.matrix(point.direction, 0) += Real(1e-3) * other * Vector{{-r[1], r[0]}}.transpose();
  Expected expected = all_hold(s);
  expected.rank_one = Verdict::no;
  expected.scalar = Verdict::not_applicable;
  for (auto* v : {&expected.one_sign, &expected.equal_magnitude, &expected.aligned})
    v->front() = Verdict::not_applicable;
  const KktStructure structure = analyse_structure(s.correlation, point);
  check_verdicts(structure, expected);
  const RankOneLayer& first = structure.layers.front();
  BOOST_TEST(std::abs(first.residual - Real(1e-3) * other.norm() / s.factors.c.front()) < Real(1e-14));
  BOOST_TEST(std::isnan(structure.predicted_value));
}

BOOST_DATA_TEST_CASE(next_layer_not_aligned, bdata::make(recipes), recipe) {
  Setting s(recipe, 29);
  for (std::size_t l = 0; l < s.hidden(); ++l) {
    Setting broken = Setting(recipe, 29);
    Vector& r = broken.factors.r[l + 1];
    const Vector other = Vector::LinSpaced(r.size(), 3, -2);
    r = (r + Real(1e-3) * (other - other.dot(r) * r)).normalized();
    Expected expected = all_hold(s);
    expected.aligned[l] = Verdict::no;
    const KktStructure structure = broken.analyse();
    check_verdicts(structure, expected);
    BOOST_TEST(std::isnan(structure.predicted_value));
    // The balance tells as well, in second order where only one neuron is active.
    BOOST_TEST(structure.balance_residual > Real(1e-7));
  }
}

// Entries of different size, aligned as they must be: for p = 1 that is another KKT point, for p >= 2 it
// breaks this condition alone.
BOOST_DATA_TEST_CASE(entries_of_different_size, bdata::make(recipes), recipe) {
  for (std::size_t l = 0; l < recipe.q.size(); ++l) {
    Recipe changed = recipe;
    Real size = 1;
    for (Real& q : changed.q[l]) q = (q < 0 ? -1 : 1) * (size += Real(0.01));
    Setting s(changed, 30);
    Expected expected = all_hold(s);
    if (recipe.power > 1) expected.equal_magnitude[l] = Verdict::no;
    const KktStructure structure = s.analyse();
    check_verdicts(structure, expected);
    const KktPoint point = s.point();
    if (recipe.power > 1)
      BOOST_TEST(std::isnan(structure.predicted_value));
    else
      BOOST_TEST(std::abs(structure.predicted_value - point.value) < Real(1e-12) * point.value);
    BOOST_TEST((clarke_certificate(s.correlation, point.direction).residual > Real(1e-6)) ==
               (recipe.power > 1));
  }
}

// What breaks the condition elsewhere is a symmetry where sigma is even or odd: there the question does not
// arise.
BOOST_DATA_TEST_CASE(entries_of_both_signs, bdata::make(recipes), recipe) {
  for (std::size_t l = 0; l < recipe.q.size(); ++l) {
    Setting s(recipe, 31);
    Expected expected = all_hold(s);
    if (s.multiplicative()) {
      Recipe turned = recipe;
      for (std::size_t k = 0; k < turned.q[l].size(); k += 2) turned.q[l][k] = -turned.q[l][k];
      check_verdicts(Setting(turned, 31).analyse(), expected);
      continue;
    }
    Vector& q = s.factors.q[l];
    q[0] = -q.cwiseAbs().maxCoeff();
    q[1] = -q[0];
    q.normalize();
    expected.one_sign[l] = Verdict::no;
    expected.aligned[l] = Verdict::not_applicable;
    expected.scalar = Verdict::not_applicable;
    check_verdicts(s.analyse(), expected);
  }
}

BOOST_AUTO_TEST_CASE(layer_shares) {
  const Setting s(recipes[2], 32);
  Setting broken(recipes[2], 32);
  const KktStructure structure = Setting(recipes[2], 32).analyse();
  const Vector expected = Vector{{4, 2, 1}} / 7;
  BOOST_TEST((structure.expected_layer_share - expected).norm() < Real(1e-15));
  BOOST_TEST((structure.layer_share - expected).norm() < Real(1e-15));
  broken.factors.c[0] *= Real(1.001);
  const KktStructure other = broken.analyse();
  BOOST_TEST(std::abs(other.layer_share_error - Real(4) / 7 * (Real(1.001) * Real(1.001) - 1)) < Real(1e-15));
  BOOST_TEST(std::abs(other.balance_residual - other.layer_share_error) < Real(1e-15));
}

// A neuron whose incoming weights alone vanish is a zero neuron for p = 2 and is not for p = 1.
BOOST_DATA_TEST_CASE(incoming_weights_alone, bdata::make({1, 2}), power) {
  const Recipe recipe{"", {2, 3, 1}, 0, power, {{1, 1, 1}}};
  Setting s(recipe, 33);
  KktPoint point = s.point();
  s.objective.network().layout().matrix(point.direction, 0).row(1).setZero();
  const KktStructure structure = analyse_structure(s.correlation, point);
  BOOST_TEST(structure.active_neurons[0] == (power == 2 ? 2 : 3));
  BOOST_TEST(structure.zero_parameters == (power == 2 ? std::vector<Index>{1, 4} : std::vector<Index>{}));
}

BOOST_AUTO_TEST_CASE(null_points_and_other_networks) {
  Setting s(recipes[0], 34);
  KktPoint null = s.point();
  s.objective.network().layout().matrix(null.direction, 1).setZero();
  null.direction.normalize();
  null.value = 0;
  null.null = true;
  const KktStructure structure = analyse_structure(s.correlation, null);
  BOOST_TEST(structure.expected_layer_share.size() == 0);
  BOOST_TEST(std::abs(structure.layer_share[0] - 1) < Real(1e-15));
  BOOST_TEST(code(structure.rank_one) == code(Verdict::not_applicable));
  BOOST_TEST(code(structure.scalar_kkt) == code(Verdict::not_applicable));
  BOOST_TEST(structure.layers.at(0).singular_values.size() == 2);
  BOOST_TEST(structure.layers.at(1).residual == 0);

  for (const auto& network : {diagonal_linear(2), power_sum(2, 2, Activation(0, 2))}) {
    Correlation correlation(
        Objective(network, Dataset{s.objective.data().inputs, s.objective.data().targets, "", 0, 0}, Loss()));
    KktPoint point;
    point.direction = Vector{{Real(0.6), 0, Real(0.8), 0}};
    point.value = correlation.value(point.direction);
    const KktStructure other = analyse_structure(correlation, point);
    BOOST_TEST(other.layers.empty());
    BOOST_TEST(other.expected_layer_share.size() == 0);
    BOOST_TEST(code(other.rank_one) == code(Verdict::not_applicable));
    BOOST_TEST(other.zero_neurons == std::vector<Index>{1});
    BOOST_TEST(other.zero_parameters == (std::vector<Index>{1, 3}));
    BOOST_TEST(std::abs(other.balance_residual - (network->kind() == "power_sum" ? 0 : Real(0.28))) <
               Real(1e-15));
  }
  KktPoint wrong;
  wrong.direction = Vector::Ones(3);
  BOOST_CHECK_THROW(analyse_structure(s.correlation, wrong), InputError);
}

BOOST_AUTO_TEST_SUITE_END()
