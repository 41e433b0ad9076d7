#include "saddleflow/ode/stepper/dop853.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace saddleflow {

using dop853::kAllStages;
using dop853::kStages;

namespace {

// The derivative at the end of the step: of the dense output, and the first of the next step.
constexpr int kEnd = kStages;
constexpr int kCoefficients = 7;  // of the dense output, beside the state at its start
// Its error falls as the power 8 of the parts: as many as the root of it, and eight change 1.7e7 tolerances
// to one.
constexpr Real kPartsOfError = Real(0.125);
constexpr int kMostParts = 8;
// Near its maximum the defect times h is 8 times the largest error of the interpolant: leading terms for y' =
// y, y^2, 1 + y^2.
constexpr Real kDefectAt = Real(0.7), kErrorOfDefect = Real(0.125);
// e3 counts a tenth beside e5, as in DOP853.
constexpr Real kCoarseEstimate = 10;

template <class Table, int Rows>
Table table(const long double (&values)[Rows][kAllStages]) {
  Table result;
  for (int i = 0; i < Rows; ++i)
    for (int j = 0; j < kAllStages; ++j) result(i, j) = static_cast<Real>(values[i][j]);
  return result;
}

}  // namespace

Dop853::Dop853(const StepperOptions& options)
    : OneStepMethod(options, 8),
      a_(table<Table<kAllStages>>(dop853::kA)),
      error_(Table<2>::Zero()),
      high_(table<Table<4>>(dop853::kDense)) {
  for (int i = 0; i < kStages; ++i) error_(0, i) = static_cast<Real>(dop853::kError5[i]);
  error_.row(1) = a_.row(kEnd);
  for (int k = 0; k < 3; ++k) error_(1, dop853::kStages3[k]) -= static_cast<Real>(dop853::kWeights3[k]);
}

void Dop853::forget() { system_.reset(); }

void Dop853::begin_step(const System& system) {
  estimate_rounding(system);
  stages_.resize(x0_.size(), kAllStages);
  argument_.resize(x0_.size());
  rate_.resize(x0_.size());
  stages_.col(0) = f0_;
  system_.reset();
}

void Dop853::set_argument(const Vector& x, int stage, Real h) const {
  argument_.noalias() = stages_.leftCols(stage) * a_.row(stage).head(stage).transpose();
  argument_ = x + h * argument_;
}

// From x, with its derivative in the first column; leaves the end of the step in argument_.
bool Dop853::run_stages(const System& system, const Vector& x, Real t, Real h) const {
  for (int i = 1; i < kStages; ++i) {
    set_argument(x, i, h);
    system(argument_, rate_, t + static_cast<Real>(dop853::kTime[i]) * h);
    if (!rate_.allFinite()) return false;
    stages_.col(i) = rate_;
  }
  set_argument(x, kEnd, h);
  return true;
}

Real Dop853::estimate_error(Real h) {
  Real norms[2];
  for (int k = 0; k < 2; ++k) {
    rate_.noalias() = stages_.leftCols(kStages) * error_.row(k).head(kStages).transpose();
    rate_ *= h;
    norms[k] = error_norm(rate_, h);
  }
  const auto [fine, coarse] = norms;
  if (!std::isfinite(coarse)) return coarse;
  // e5^2 / sqrt(e5^2 + e3^2 / 100), without squares that over- or underflow.
  return fine > 0 ? fine / std::hypot(Real(1), coarse / fine / kCoarseEstimate) : Real(0);
}

OneStepMethod::Trial Dop853::attempt(const System& system, Real h) {
  if (!run_stages(system, x0_, t0_, h)) return nonfinite(h);
  x_try_ = argument_;
  const Real error = estimate_error(h);
  if (error <= 1) {
    // The next step needs it anyway, and a result without a derivative must not be accepted.
    system(x_try_, f_try_, t0_ + h);
    if (!f_try_.allFinite()) return nonfinite(h);
    stages_.col(kEnd) = f_try_;
    system_ = system;
  }
  return conclude(error, h);
}

Real Dop853::stiffness() const {
  const Index n = f1_.size() - options_.error.quadratures;
  // The last stage belongs to the end of the step as well; the difference of its argument from the end:
  argument_.noalias() =
      stages_.leftCols(kStages) * (a_.row(kEnd) - a_.row(kStages - 1)).head(kStages).transpose();
  const Real apart = argument_.head(n).stableNorm();
  const Real rates = (f1_.head(n) - stages_.col(kStages - 1).head(n)).stableNorm();
  return apart > 0 ? rates / apart : Real(0);
}

// The stages of a step and the derivatives at its ends are there. In Horner's form with the factors theta and
// 1 - theta in turn.
void Dop853::fit(const System& system, const Vector& from, const Vector& to, Real t, Real h,
                 Piece& piece) const {
  for (int i = kEnd + 1; i < kAllStages; ++i) {
    set_argument(from, i, h);
    system(argument_, rate_, t + static_cast<Real>(dop853::kTime[i]) * h);
    stages_.col(i) = rate_;
  }
  piece.start = from;
  Matrix& rest = piece.rest;
  rest.resize(from.size(), kCoefficients);
  rest.col(0) = to - from;
  rest.col(1) = h * stages_.col(0) - rest.col(0);
  rest.col(2) = rest.col(0) - h * stages_.col(kEnd) - rest.col(1);
  rest.rightCols(4).noalias() = stages_ * high_.transpose();
  rest.rightCols(4) *= h;
}

void Dop853::complete_dense_output() const {
  if (!system_) return;
  const System system = *system_;
  system_.reset();
  const Real h = t1_ - t0_;
  if (pieces_.empty()) pieces_.resize(kMostParts);
  fit(system, x0_, x1_, t0_, h, pieces_[0]);
  parts_ = 1;
  const Real error = interpolation_error(system, h);
  if (error > 1)
    refine(system, static_cast<int>(
                       std::clamp(std::ceil(std::pow(error, kPartsOfError)), Real(2), Real(kMostParts))));
}

std::vector<Real> Dop853::dense_breaks() const {
  complete_dense_output();
  std::vector<Real> breaks;
  for (int part = 1; part < parts_; ++part)
    breaks.push_back(static_cast<Real>(part) / static_cast<Real>(parts_));
  return breaks;
}

// In units of the tolerance.
Real Dop853::interpolation_error(const System& system, Real h) const {
  const Matrix& rest = pieces_[0].rest;
  argument_ = rest.col(kCoefficients - 1);
  slope_.setZero(argument_.size());
  for (int k = kCoefficients - 2; k >= 0; --k) {
    const Real factor = k % 2 == 0 ? 1 - kDefectAt : kDefectAt;
    slope_ = factor * slope_ + (k % 2 == 0 ? -argument_ : argument_);
    argument_ = rest.col(k) + factor * argument_;
  }
  slope_ = argument_ + kDefectAt * slope_;
  argument_ = x0_ + kDefectAt * argument_;
  system(argument_, rate_, t0_ + kDefectAt * h);
  slope_ = kErrorOfDefect * (h * rate_ - slope_);
  return control_.norm(slope_, x0_, x1_);
}

void Dop853::refine(const System& system, int parts) const {
  parts_ = parts;
  const Real h = (t1_ - t0_) / static_cast<Real>(parts);
  from_ = x0_;
  stages_.col(0) = f0_;
  for (int k = 0; k < parts; ++k) {
    const Real t = t0_ + static_cast<Real>(k) * h;
    // Where the parts fail and the whole did not there is nothing to tell.
    if (!run_stages(system, from_, t, h)) argument_.setConstant(std::numeric_limits<Real>::quiet_NaN());
    gap_ = argument_;
    system(gap_, rate_, t + h);
    stages_.col(kEnd) = rate_;
    fit(system, from_, gap_, t, h, pieces_[static_cast<std::size_t>(k)]);
    from_ = gap_;
    stages_.col(0) = stages_.col(kEnd);
  }
  gap_ = x1_ - from_;
}

void Dop853::interpolate(Real t, Vector& x) const {
  complete_dense_output();
  const Real whole = (t - t0_) / (t1_ - t0_), place = whole * static_cast<Real>(parts_);
  const int part = std::clamp(static_cast<int>(place), 0, parts_ - 1);
  const Real theta = place - static_cast<Real>(part), rest = 1 - theta;
  const Piece& piece = pieces_[static_cast<std::size_t>(part)];
  x = piece.rest.col(kCoefficients - 1);
  for (int k = kCoefficients - 2; k >= 0; --k) x = piece.rest.col(k) + (k % 2 == 0 ? rest : theta) * x;
  x = piece.start + theta * x;
  // The parts end as near to the end of the step as its error is small.
  if (parts_ > 1) x += whole * gap_;
}

}  // namespace saddleflow
