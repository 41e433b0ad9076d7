// The KKT points of max-margin problems: against a nearest point of a polytope for linear networks, which
// knows nothing of Newton's method, and against the flow to t = 1e300 for others.
#include "saddleflow/correlation/max_margin.hpp"

#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/nearest_in_hull.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/flow/flow_assembly.hpp"
#include "saddleflow/network/bilinear.hpp"
#include "saddleflow/problem/losses.hpp"

BOOST_AUTO_TEST_SUITE(max_margin_test)

using namespace saddleflow;
namespace data = boost::unit_test::data;

namespace {

constexpr std::uint64_t kMarginSeed = 20261130;

double number(Real x) { return static_cast<double>(x); }

/// Samples with labels +-1 (one output) or one-hot columns (`classes` > 1) that a linear map W, `truth`,
/// tells apart.
Dataset classified(Random& random, Index d, Index n, Index classes, Matrix& truth) {
  Dataset samples{random.normal_matrix(d, n), Matrix::Zero(classes, n), "classes"};
  truth = random.normal_matrix(classes, d);
  const Matrix scores = truth * samples.inputs;
  for (Index i = 0; i < n; ++i) {
    Index best = 0;
    scores.col(i).maxCoeff(&best);
    if (classes == 1)
      samples.targets(0, i) = scores(0, i) > 0 ? 1 : -1;
    else
      samples.targets(best, i) = 1;
  }
  return samples;
}

/// The margins of a linear map are rows times its weights, column by column: the largest margin is the
/// nearest point of their hull.
Vector support_vector_machine(const Dataset& samples) {
  const Index d = samples.inputs.rows(), n = samples.inputs.cols(), k = samples.targets.rows();
  std::vector<Vector> rows;
  for (Index i = 0; i < n; ++i) {
    if (k == 1) {
      rows.emplace_back(samples.targets(0, i) * samples.inputs.col(i));
      continue;
    }
    Index c = 0;
    samples.targets.col(i).maxCoeff(&c);
    for (Index j = 0; j < k; ++j) {
      if (j == c) continue;
      Matrix row = Matrix::Zero(k, d);
      row.row(c) = samples.inputs.col(i).transpose();
      row.row(j) = -samples.inputs.col(i).transpose();
      rows.emplace_back(row.reshaped());
    }
  }
  Matrix vertices(k * d, static_cast<Index>(rows.size()));
  for (std::size_t r = 0; r < rows.size(); ++r) vertices.col(static_cast<Index>(r)) = rows[r];
  const Vector p = nearest_in_hull(vertices, Vector::Zero(k * d)).point;
  return p / p.squaredNorm();
}

Real sine_between(const Vector& a, const Vector& b) { return (a.normalized() - b.normalized()).norm(); }

}  // namespace

BOOST_AUTO_TEST_CASE(linear_networks_against_support_vector_machines) {
  Random random(kMarginSeed, RandomStream::inputs);
  Real worst = 0;
  Index most_changes = 0;
  for (int problem = 0; problem < 60; ++problem) {
    const Index d = 2 + problem % 5, classes = problem % 3 == 0 ? 1 : 1 + problem % 4;
    if (classes == 2) continue;  // softmax with two classes is the logistic loss
    Matrix truth;
    const Dataset samples = classified(random, d, 5 + problem % 25, classes, truth);
    const Objective objective(feed_forward({d, classes}, Activation(1, 1)), samples,
                              Loss(classes == 1 ? exponential_loss() : softmax_loss()));
    // From any weights that separate: the multipliers say little of the support vectors there.
    const MaxMarginPoint found = find_max_margin_point(objective, Vector(truth.reshaped()));
    BOOST_REQUIRE_MESSAGE(found.converged, "problem " << problem);
    const Real error = (found.weights - support_vector_machine(samples)).norm() / found.weights.norm();
    BOOST_TEST(error < Real(1e-9), "problem " << problem << ": " << error);
    BOOST_TEST(std::abs(found.normalised * found.weights.norm() - 1) < Real(1e-9));
    worst = std::max(worst, error);
    most_changes = std::max<Index>(most_changes, found.changes);
  }
  BOOST_TEST_MESSAGE(
      fmt::format("seed {}: linear networks, weights {:.1e} off the support vector machine, at "
                  "most {} changes of the set",
                  kMarginSeed, number(worst), most_changes));
}

namespace {

struct Late {
  std::vector<Real> times;
  std::vector<Vector> weights;
};

class Sampler : public Observer {
 public:
  Sampler(FlowAssembly& parts, Late& late) : parts_(parts), late_(late) {}
  void on_event(const EventHit& /*hit*/, const Vector& /*x*/, const StateAt& /*dense*/) override {}
  void on_step(const StepView& step) override {
    late_.times.push_back(step.t1);
    late_.weights.push_back(parts_.weights(step.x1));
  }

 private:
  FlowAssembly& parts_;
  Late& late_;
};

Late flow_to(Objective& objective, const Vector& w0, Real t_end) {
  FlowAssemblyOptions options;
  options.rtol = Real(1e-9);
  FlowAssembly parts(objective, w0, options);
  IntegrationOptions integration;
  integration.t_end = t_end;
  integration.max_steps = 20'000;
  Late late;
  Sampler sampler(parts, late);
  parts.run(sampler, integration);
  return late;
}

Real sine_at(const Late& late, Real time, const MaxMarginPoint& point) {
  std::size_t s = 0;
  while (s + 1 < late.times.size() && late.times[s] < time) ++s;
  return sine_between(late.weights[s], point.weights);
}

struct Kind {
  const char* name;
  std::shared_ptr<const Network> network;
  Index classes;
};

std::vector<Kind> kinds() {
  return {{"squared ReLU 3-3-1", feed_forward({3, 3, 1}, Activation(0, 2)), 1},
          {"deep linear 3-3-3-1", feed_forward({3, 3, 3, 1}, Activation(1, 1)), 1},
          {"leaky cubes 2-3-1", feed_forward({2, 3, 1}, Activation(Real(0.3), 3)), 1},
          {"squared ReLU 3-6-3", feed_forward({3, 6, 3}, Activation(0, 2)), 3}};
}

}  // namespace

/// The point is found from the end of the path, and the directions along the path come to it.
BOOST_DATA_TEST_CASE(flows_turn_towards_it, data::xrange(4), k) {
  const Kind kind = kinds()[static_cast<std::size_t>(k)];
  int measured = 0;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    Random random(kMarginSeed + seed, RandomStream::inputs);
    Matrix truth;
    const Index d = kind.network->input_count();
    const Dataset samples = classified(random, d, 8, kind.classes, truth);
    Objective objective(kind.network, samples, Loss(kind.classes == 1 ? logistic_loss() : softmax_loss()));
    const Vector w0 = Real(0.5) * random.normal_matrix(objective.size(), 1);
    const Late late = flow_to(objective, w0, Real(1e300));
    const Vector& end = late.weights.back();
    if (late.times.back() < Real(1e300))
      continue;  // a sample that no neuron sees any more, see tools/README.md
    const Matrix margins = objective.loss().function().margins(objective.outputs(end), samples.targets);
    if (!(margins.minCoeff() > 0)) continue;  // a sample stays on the wrong side for ever
    const MaxMarginPoint found = find_max_margin_point(objective, end);
    if (!found.converged) {
      BOOST_TEST_MESSAGE(kind.name << ", seed " << seed << ": not found, off by " << found.stationarity
                                   << ", " << found.violation);
      continue;
    }
    const Real first = sine_at(late, Real(1e75), found), second = sine_at(late, Real(1e150), found),
               last = sine_between(end, found.weights);
    BOOST_TEST_MESSAGE(
        fmt::format("{}, seed {}: {} support vectors, normalised margin {:.6f}; angle {:.4f} at 1e75, "
                    "{:.4f} at 1e150, {:.4f} at 1e300: like (ln t)^{:.2f}",
                    kind.name, seed, found.support, number(found.normalised), number(first), number(second),
                    number(last), number(std::log2(last / second))));
    BOOST_TEST(last < Real(0.3));
    // Deviations that leave the least margins as they are die like (ln t)^(-c/D) (THEORY.md, section 1),
    // those of O(1) beside w with c = 1. On the way there the exponent may still be a third short.
    const Real slowest = Real(-0.6) / static_cast<Real>(kind.network->degree());
    BOOST_TEST(std::log2(second / first) < slowest);
    BOOST_TEST(std::log2(last / second) < slowest);
    ++measured;
  }
  BOOST_TEST(measured >= 2);
}

BOOST_AUTO_TEST_CASE(what_has_no_such_point_is_refused) {
  Random random(kMarginSeed, RandomStream::inputs);
  Matrix truth;
  const Dataset samples = classified(random, 3, 6, 1, truth);
  const auto network = feed_forward({3, 1}, Activation(1, 1));
  const Objective square(network, samples, Loss()), logistic(network, samples, Loss(logistic_loss()));
  const auto says = [](const char* words) {
    return [words](const InputError& error) {
      BOOST_TEST_MESSAGE(error.what());
      return std::string(error.what()).find(words) != std::string::npos;
    };
  };
  BOOST_CHECK_EXCEPTION(find_max_margin_point(square, truth.reshaped()), InputError, says("square"));
  BOOST_CHECK_EXCEPTION(find_max_margin_point(logistic, -truth.reshaped()), InputError, says("correctly"));
  Objective wide(feed_forward({3, 130, 1}, Activation(0, 2)), samples, Loss(logistic_loss()));
  BOOST_CHECK_EXCEPTION(find_max_margin_point(wide, Vector::Ones(wide.size())), InputError,
                        says("520 weights"));
  const std::atomic<bool> interrupt{true};
  const MaxMarginPoint none = find_max_margin_point(logistic, truth.reshaped(), &interrupt);
  BOOST_TEST(none.interrupted);
  BOOST_TEST(!none.converged);
}

BOOST_AUTO_TEST_SUITE_END()
