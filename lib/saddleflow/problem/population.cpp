#include "saddleflow/problem/population.hpp"

#include <fmt/format.h>

#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <memory>

#include "saddleflow/base/error.hpp"
#include "saddleflow/network/kernel.hpp"
#include "saddleflow/problem/function_scale.hpp"

namespace saddleflow {
namespace {

// Norms that differ by more are those of another teacher; another machine's rounding is far less.
constexpr Real kSameNorm = Real(1e-6);

Real half_square_of_norms(const Matrix& targets) { return targets.rightCols(1).squaredNorm() / 2; }

class PopulationLoss final : public LossFunction {
 public:
  PopulationLoss(Real reference, int degree) : scale_({reference, Real(0), true, degree}) {}

  std::string name() const override { return "population"; }
  LossTraits traits() const override {
    return {.convex = true, .bounded_below = true, .attained = true, .separable = true};
  }
  Real value(const Matrix& outputs, const Matrix& targets) const override {
    const Index n = outputs.cols() - 1;
    const Real correlation = outputs.leftCols(n).cwiseProduct(targets.leftCols(n)).sum();
    const Real loss = half_square_of_norms(outputs) - correlation + half_square_of_norms(targets);
    return loss < 0 ? Real(0) : loss;  // NaN passes
  }
  void derivative(const Matrix& outputs, const Matrix& targets, Matrix& r) const override {
    const Index n = outputs.cols() - 1;
    r.resize(outputs.rows(), n + 1);
    r.leftCols(n) = -targets.leftCols(n);
    r.col(n) = outputs.col(n);
  }
  void curvature(const Matrix& outputs, const Matrix&, OutputCurvature& c) const override {
    c.diagonal.setZero(outputs.rows(), outputs.cols());
    c.diagonal.rightCols(1).setOnes();
    c.off_diagonal.resize(0, 0);
  }
  void check_targets(const Matrix& targets) const override {
    LossFunction::check_targets(targets);
    const Real found = half_square_of_norms(targets), expected = scale_.reference();
    if (!(std::abs(found - expected) <= kSameNorm * expected))
      throw InputError(fmt::format(
          "targets: found a teacher with E|f*|^2 / 2 = {:.17g}, expected {:.17g}: is it another one?",
          static_cast<double>(found), static_cast<double>(expected)));
  }
  const LossScale* own_scale() const override { return &scale_; }

 private:
  FunctionScale scale_;
};

/// (E[f*_o^2])^{1/2}, by the teacher as a network of its own.
Vector norms_of(const PopulationTeacher& teacher) {
  const Index terms = teacher.vectors.rows();
  const auto network = population_network(
      {{teacher.vectors.cols(), terms, teacher.outer.rows()}, teacher.activation, teacher.activation, terms});
  Vector w(network->parameter_count());
  network->layout().matrix(w, 0) = teacher.vectors;
  network->layout().matrix(w, 1) = teacher.outer;
  Matrix inputs = Matrix::Zero(teacher.vectors.cols(), terms + 1);
  inputs.leftCols(terms) = teacher.vectors.transpose();
  return network->kernel(inputs)->forward(w).rightCols(1);
}

}  // namespace

Dataset population_data(const PopulationTeacher& teacher, const Matrix& basis) {
  const Index terms = teacher.vectors.rows(), columns = terms + basis.cols() + 1;
  if (terms < 1 || teacher.vectors.cols() < 1 || teacher.outer.cols() != terms || teacher.outer.rows() < 1)
    throw InputError(fmt::format(
        "population: found a teacher of {} x {} incoming and {} x {} outgoing weights, expected a row and a "
        "column for each neuron, at least one",
        teacher.vectors.rows(), teacher.vectors.cols(), teacher.outer.rows(), teacher.outer.cols()));
  if (!teacher.vectors.allFinite() || !teacher.outer.allFinite())
    throw InputError("population: a weight of the teacher is not finite");
  if (basis.size() > 0 && basis.rows() != teacher.vectors.cols())
    throw InputError(fmt::format("population: found a basis of vectors of {} numbers, expected {}",
                                 basis.rows(), teacher.vectors.cols()));
  Dataset data;
  data.inputs.setZero(teacher.vectors.cols(), columns);
  data.inputs.leftCols(terms) = teacher.vectors.transpose();
  if (basis.size() > 0) data.inputs.middleCols(terms, basis.cols()) = basis;
  data.targets.setZero(teacher.outer.rows(), columns);
  data.targets.leftCols(terms) = teacher.outer;
  data.targets.col(columns - 1) = norms_of(teacher);
  if (!(data.targets.rightCols(1).norm() > 0))
    throw InputError("population: found a teacher that is zero, expected one whose outputs are not");
  data.origin = "generator population/teacher";
  return data;
}

Matrix span_of_rows(const Matrix& first, const Matrix& second) {
  const Index d = first.cols(), count = std::min(d, first.rows() + second.rows());
  Matrix columns(d, first.rows() + second.rows());
  columns << first.transpose(), second.transpose();
  // Without pivots: the first `count` columns of Q span them even where they depend on one another.
  const Eigen::HouseholderQR<Matrix> qr(columns);
  return qr.householderQ() * Matrix::Identity(d, count);
}

Loss population_loss(const Matrix& targets, int degree) {
  if (targets.cols() < 2 || !targets.allFinite() || !(half_square_of_norms(targets) > 0))
    throw InputError("population: found targets that no teacher has, expected those of population_data()");
  return Loss(std::make_shared<PopulationLoss>(half_square_of_norms(targets), degree), Reduction::sum);
}

}  // namespace saddleflow
