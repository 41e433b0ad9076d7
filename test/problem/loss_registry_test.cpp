// Losses by name, and one from outside the library.
#include "saddleflow/problem/loss_registry.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "network/fixtures.hpp"
#include "problem/expect_error.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/problem/objective.hpp"

BOOST_AUTO_TEST_SUITE(loss_registry_test)

using namespace saddleflow;

namespace {

/// sum_o sqrt(1 + (yhat - y)^2) - 1 plus a coupling of neighbouring outputs, (yhat_0 - yhat_1)^2 / 4.
class CoupledLoss final : public LossFunction {
 public:
  std::string name() const override { return "coupled"; }
  LossTraits traits() const override { return {.convex = true, .bounded_below = true, .attained = true}; }
  Real value(const Matrix& h, const Matrix& y) const override {
    return ((1 + (h - y).array().square()).sqrt() - 1).sum() + (h.row(0) - h.row(1)).squaredNorm() / 4;
  }
  void derivative(const Matrix& h, const Matrix& y, Matrix& r) const override {
    r = (h - y).array() / (1 + (h - y).array().square()).sqrt();
    const Matrix difference = h.row(0) - h.row(1);
    r.row(0) += difference / 2;
    r.row(1) -= difference / 2;
  }
  void curvature(const Matrix& h, const Matrix& y, OutputCurvature& c) const override {
    c.diagonal = (1 + (h - y).array().square()).pow(Real(-1.5));
    c.diagonal.topRows(2).array() += Real(0.5);
    c.off_diagonal.setZero(h.rows() * (h.rows() - 1) / 2, h.cols());
    c.off_diagonal.row(pair_row(0, 1, h.rows())).setConstant(Real(-0.5));
  }
};

LossPointer coupled_loss() { return std::make_shared<CoupledLoss>(); }

}  // namespace

BOOST_AUTO_TEST_CASE(every_name_makes_its_loss) {
  BOOST_TEST(loss_functions().size() >= 4);
  for (const LossEntry& entry : loss_functions()) {
    const Loss loss = make_loss(entry.name, Reduction::mean);
    BOOST_TEST(loss.name() == entry.name);
    BOOST_TEST(loss.reduction_name() == "mean");
    BOOST_TEST(!entry.help.empty());
  }
  BOOST_TEST(Loss().name() == "square");
  BOOST_TEST(Loss().reduction_name() == "sum");
}

BOOST_AUTO_TEST_CASE(an_unknown_name) {
  try {
    make_loss("hinge");
    BOOST_ERROR("no error");
  } catch (const InputError& error) {
    const std::string what = error.what();
    BOOST_TEST(
        what.starts_with("loss: found \"hinge\", expected one of square, logistic, softmax, exponential"));
  }
  BOOST_CHECK_THROW(make_loss("linear"), InputError);  // not for studies
}

BOOST_AUTO_TEST_CASE(a_loss_from_outside) {
  test::expect_error<InputError>(
      [] {
        register_loss({"square", &coupled_loss, "taken"});
      },
      "loss: found \"square\" for the name of a further loss, expected one that is not "
      "empty and not taken");
  test::expect_error<InputError>(
      [] {
        register_loss({"paired", &coupled_loss, "another name"});
      },
      "loss: found \"coupled\" under the name \"paired\", expected a function of that name");
  test::expect_error<InputError>(
      [] {
        register_loss({"nothing", {}, "no function"});
      },
      "loss: found nothing under the name \"nothing\", expected a function of that name");
  register_loss({"coupled", &coupled_loss, "two outputs pull at one another"});
  BOOST_TEST(loss_functions().back().name == "coupled");
  BOOST_TEST(make_loss("coupled").name() == "coupled");
}

/// The whole objective on it: gradient, product and Hessian against differences and one another.
BOOST_AUTO_TEST_CASE(its_derivatives_in_a_network) {
  test::RandomMatrices random(11);
  for (const Index outputs : {2, 3}) {
    const auto network = feed_forward({3, 4, 3, outputs}, Activation(Real(0.3), 2));
    const Dataset data{random.matrix(3, 9), random.matrix(outputs, 9), "random numbers", 11, 0};
    Objective objective(network, data, Loss(coupled_loss(), Reduction::mean));
    const Vector w = random.vector(objective.size()) / 2, v = random.vector(objective.size());
    Vector plus, minus, hv;
    Matrix h;
    const Real step(1e-5);
    const Real rise = (objective.value(w + step * v) - objective.value(w - step * v)) / (2 * step);
    objective.gradient(w + step * v, plus);
    objective.gradient(w - step * v, minus);
    objective.hessian_vector(w, v, hv);
    objective.hessian(w, h);
    Vector g;
    objective.gradient(w, g);
    BOOST_TEST(std::abs(rise - g.dot(v)) <= Real(1e-7) * g.norm() * v.norm());
    BOOST_TEST(((plus - minus) / (2 * step) - hv).norm() <= Real(1e-6) * hv.norm());
    BOOST_TEST((h * v - hv).norm() <= Real(1e-12) * hv.norm());
    BOOST_TEST((h - h.transpose()).norm() == Real(0));
  }
}

BOOST_AUTO_TEST_SUITE_END()
