// Paths under the losses of classes, from the start to t = 1e100: softmax of two classes against the logistic
// loss, of which it is an exact image, and every loss against an integrator that shares nothing with the
// library.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "flow/slow_flow.hpp"
#include "network/fixtures.hpp"
#include "saddleflow/flow/flow_assembly.hpp"
#include "saddleflow/problem/losses.hpp"

BOOST_AUTO_TEST_SUITE(class_losses_test)

using namespace saddleflow;
using namespace saddleflow::test;
namespace data = boost::unit_test::data;

namespace {

/// The weights at ascending times.
class PathSampler : public Observer {
 public:
  PathSampler(FlowAssembly& parts, std::vector<Real> times) : parts_(parts), times_(std::move(times)) {}
  void on_step(const StepView& step) override {
    for (; weights.size() < times_.size() && times_[weights.size()] <= step.t1;) {
      step.dense(times_[weights.size()], x_);
      weights.push_back(parts_.weights(x_));
    }
  }
  std::vector<Vector> weights;

 private:
  FlowAssembly& parts_;
  std::vector<Real> times_;
  Vector x_;
};

struct Shape {
  std::vector<Index> sizes;
  Real slope;
  int power;
};
std::ostream& operator<<(std::ostream& out, const Shape& s) {
  for (const Index n : s.sizes) out << n << (&n == &s.sizes.back() ? "" : "-");
  return out << " max(s, " << s.slope << "s)^" << s.power;
}

std::vector<Vector> library_path(const Shape& shape, const Dataset& samples, const Loss& loss,
                                 const Vector& w0, const std::vector<Real>& times, Real rtol) {
  Objective objective(feed_forward(shape.sizes, Activation(shape.slope, shape.power)), samples, loss);
  FlowAssemblyOptions options;
  options.rtol = rtol;
  options.events = no_flow_events();
  FlowAssembly parts(objective, w0, options);
  IntegrationOptions integration;
  integration.t_end = times.back();
  integration.max_steps = 100'000;
  PathSampler sampler(parts, times);
  const Outcome outcome = parts.run(sampler, integration);
  BOOST_TEST_REQUIRE(outcome.stop_reason.text() == "reached_end");
  BOOST_TEST_REQUIRE(sampler.weights.size() == times.size());
  return sampler.weights;
}

/// Gaussian inputs in classes that a linear map tells apart.
Dataset separable_samples(const Loss& loss, Index inputs, Index outputs, Index samples,
                          RandomMatrices& random) {
  Dataset d{random.matrix(inputs, samples), Matrix::Zero(outputs, samples), "linear classes"};
  const Matrix scores = random.matrix(outputs, inputs) * d.inputs;
  if (loss.traits().separable) {
    d.targets = scores.unaryExpr([](Real s) { return s < 0 ? Real(-1) : Real(1); });
    return d;
  }
  for (Index i = 0; i < samples; ++i) {
    Index c = 0;
    scores.col(i).maxCoeff(&c);
    d.targets(c, i) = 1;
  }
  return d;
}

/// Up to t = 10^end.
std::vector<Real> moments(int end = 100) {
  std::vector<Real> times{Real(0.2), Real(0.5), 1, 2, 3, 5, 7, 10, 15, 20, 30, 50};
  for (const int decade : {2, 3, 5, 8, 12, 20, 30, 50, 70, 100})
    if (decade <= end) times.push_back(std::pow(Real(10), decade));
  return times;
}

Real largest_error(const std::vector<Vector>& found, const std::vector<Vector>& expected) {
  Real worst = 0;
  for (std::size_t k = 0; k < found.size(); ++k)
    worst = std::max(worst, (found[k] - expected[k]).norm() / expected[k].norm());
  return worst;
}

}  // namespace

/// Outer weights (v, -v); the logistic network has the weights 2^{1/(2D)} (W, sqrt(2) v), its time is 2^{1/D}
/// t (THEORY.md, section 1, "Losses").
BOOST_DATA_TEST_CASE(softmax_of_two_classes_is_the_logistic_loss,
                     data::make(std::vector<Shape>{{{3, 5, 1}, 0, 2},
                                                   {{3, 5, 1}, 0, 1},
                                                   {{3, 5, 1}, 1, 1},
                                                   {{3, 4, 3, 1}, 0, 2},
                                                   {{3, 4, 3, 1}, Real(0.1), 1}}),
                     shape) {
  constexpr unsigned seed = 11;
  const Real rtol = Real(1e-12);
  RandomMatrices random(seed);
  const Dataset signs = separable_samples(Loss(logistic_loss()), 3, 1, 9, random);
  Dataset classes = signs;
  classes.targets.resize(2, signs.targets.cols());
  classes.targets.row(0) = signs.targets.unaryExpr([](Real y) { return y > 0 ? Real(1) : Real(0); });
  classes.targets.row(1) = signs.targets.unaryExpr([](Real y) { return y < 0 ? Real(1) : Real(0); });
  const auto network = feed_forward(shape.sizes, Activation(shape.slope, shape.power));
  const Index outer = shape.sizes[shape.sizes.size() - 2], inner = network->parameter_count() - outer;
  const auto degree = static_cast<Real>(network->degree());
  const Vector w = Real(0.4) * random.vector(inner), v = Real(0.4) * random.vector(outer);
  Vector two(inner + 2 * outer), one(inner + outer);
  two.head(inner) = w;
  for (Index k = 0; k < outer; ++k) {
    two[inner + 2 * k] = v[k];
    two[inner + 2 * k + 1] = -v[k];
  }
  const Real size = std::pow(Real(2), 1 / (2 * degree)), clock = std::pow(Real(2), 1 / degree);
  one << size * w, size * std::sqrt(Real(2)) * v;
  std::vector<Real> times = moments(), later;
  for (const Real t : times) later.push_back(clock * t);
  Shape wide = shape;
  wide.sizes.back() = 2;
  const std::vector<Vector> softmax = library_path(wide, classes, Loss(softmax_loss()), two, times, rtol);
  const std::vector<Vector> logistic = library_path(shape, signs, Loss(logistic_loss()), one, later, rtol);
  std::vector<Vector> image;
  Real odd = 0;  // what the outer weights have left (v, -v)
  for (const Vector& x : softmax) {
    Vector y(inner + outer);
    y.head(inner) = size * x.head(inner);
    for (Index k = 0; k < outer; ++k) {
      y[inner + k] = size * std::sqrt(Real(2)) * x[inner + 2 * k];
      odd = std::max(odd, std::abs(x[inner + 2 * k] + x[inner + 2 * k + 1]) / x.norm());
    }
    image.push_back(y);
  }
  const Real error = largest_error(image, logistic);
  BOOST_TEST_MESSAGE(
      fmt::format("seed {}, rtol 1e-12, to t = 1e100: difference {:.1e}, outer weights odd by {:.1e}", seed,
                  static_cast<double>(error), static_cast<double>(odd)));
  BOOST_TEST(error <= 100 * rtol);
  BOOST_TEST(odd <= Real(1e-13));
}

namespace {

struct Case {
  Shape shape;
  SlowFlow::Kind kind;
  unsigned seed;  ///< with ReLU one whose flow does not slide: the own integrator crosses kinks only
  int end;        ///< decade
};
std::ostream& operator<<(std::ostream& out, const Case& c) {
  const char* names[] = {"logistic", "exponential", "softmax"};
  return out << names[static_cast<int>(c.kind)] << " " << c.shape;
}
Loss loss_of(SlowFlow::Kind kind) {
  if (kind == SlowFlow::Kind::softmax) return Loss(softmax_loss());
  return Loss(kind == SlowFlow::Kind::logistic ? logistic_loss() : exponential_loss());
}

std::vector<Case> cases() {
  using enum SlowFlow::Kind;
  return {{{{3, 4, 1}, 0, 2}, logistic, 3, 100},    {{{3, 4, 1}, 0, 2}, exponential, 3, 100},
          {{{3, 4, 3}, 0, 2}, softmax, 5, 100},     {{{3, 4, 1}, 0, 1}, logistic, 12, 30},
          {{{3, 4, 1}, 0, 1}, exponential, 12, 30}, {{{3, 3, 1}, 1, 1}, logistic, 5, 30},
          {{{3, 3, 1}, -1, 2}, exponential, 5, 30}, {{{3, 3, 2, 3}, 1, 1}, softmax, 5, 30}};
}

}  // namespace

BOOST_DATA_TEST_CASE(paths_are_those_of_an_independent_integrator, data::make(cases()), c) {
  RandomMatrices random(c.seed);
  const Loss loss = loss_of(c.kind);
  const Dataset samples = separable_samples(loss, 3, c.shape.sizes.back(), 6, random);
  const auto network = feed_forward(c.shape.sizes, Activation(c.shape.slope, c.shape.power));
  const Vector w0 = Real(0.3) * random.vector(network->parameter_count());
  SlowFlow flow =
      slow_flow(c.shape.sizes, c.shape.slope, c.shape.power, c.kind, samples.inputs, samples.targets);
  const std::vector<Real> times = moments(c.end);
  const SlowPath fine = slow_path(flow, w0, times);
  flow.step *= 2;
  flow.step_in_log *= 2;
  const Real own = largest_error(slow_path(flow, w0, times).weights, fine.weights);
  std::string line;
  for (const int digits : {6, 8, 10}) {
    const Real rtol = std::pow(Real(10), Real(-digits));
    const Real error = largest_error(library_path(c.shape, samples, loss, w0, times, rtol), fine.weights);
    line += fmt::format("; rtol 1e-{:02}: error/rtol {:.2f}", digits, static_cast<double>(error / rtol));
    BOOST_TEST(error <= 100 * rtol);
  }
  BOOST_TEST_MESSAGE(fmt::format("seed {}, to t = 1e{}, {} crossings, twice the own steps differ by {:.0e}{}",
                                 c.seed, c.end, fine.crossings, static_cast<double>(own), line));
  // Order four: the finer path errs by a fifteenth of the difference.
  BOOST_TEST(own / 15 <= Real(1e-9));
}

BOOST_AUTO_TEST_SUITE_END()
