#include "saddleflow/ode/stepper/rodas5p.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "saddleflow/ode/stepper/dense_stage_matrix.hpp"
#include "saddleflow/ode/stepper/krylov_stage_matrix.hpp"

namespace saddleflow {

namespace {

template <class Table, int Rows>
Table table(const long double (&values)[Rows][rodas5p::kStages]) {
  Table result;
  for (int i = 0; i < Rows; ++i)
    for (int j = 0; j < rodas5p::kStages; ++j) result(i, j) = static_cast<Real>(values[i][j]);
  return result;
}

constexpr Real kGamma = static_cast<Real>(rodas5p::kGamma);
// A slope is a sum over samples and weights of terms that are rounded each: some units of its last place.
constexpr Real kMatrixRounding = 8;
// What rests does so until its slope is clearly more than rounding: twice, so that it does not wake and rest
// by turns. Steps with factors are as long as plateaus, and carry what rounding has woken any distance along
// directions without a force: there four times.
constexpr Real kWoken = 2, kWokenOnPlateau = 4;
// What rests is off by what its slope would have moved it, and that changes the slopes of others by as much
// as rounding does. If these did not rest as well, small weights, along which no force acts, would make up
// for what the large ones are off by, the further the longer the step. They wake as much later.
constexpr Real kBesideResting = 2;
// So many stages in which resting components wake, then nothing rests for the step, which is begun anew each
// time.
constexpr int kMostWakes = 3;

std::unique_ptr<StageMatrix> made(Rodas5P::Solver solver) {
  if (solver == Rodas5P::Solver::dense) return std::make_unique<DenseStageMatrix>();
  return std::make_unique<KrylovStageMatrix>();
}

ErrorControl::Options without_displacement(ErrorControl::Options options) {
  options.displacement = 0;
  return options;
}

}  // namespace

Rodas5P::Rodas5P(const StepperOptions& options, Solver solver)
    : OneStepMethod(options, 5),
      a_(table<Table<rodas5p::kStages>>(rodas5p::kA)),
      c_(table<Table<rodas5p::kStages>>(rodas5p::kC)),
      h_dense_(table<Table<3>>(rodas5p::kH)),
      solver_(solver),
      matrix_(made(solver)),
      stage_control_(without_displacement(options.error), options.groups),
      factor_(options.growth) {}

Rodas5P::Rodas5P(const Rodas5P& other)
    : OneStepMethod(other),
      a_(other.a_),
      c_(other.c_),
      h_dense_(other.h_dense_),
      solver_(other.solver_),
      matrix_(other.matrix_->clone()),
      stage_control_(other.stage_control_),
      factor_(other.factor_),
      dense_(other.dense_),
      end_(other.end_) {}

// The factor needs products, and a symmetric matrix.
void Rodas5P::begin_factor(const System& system) {
  factor_.rest();
  if (matrix_->symmetric() && system.has_hessian_vector() && !system.has_time_derivative())
    factor_.begin(system, x0_, f0_, slope_rounding_, t0_, current_time_step());
  start_rate_ = f0_;
  time_unit_ = 1;
  if (!factor_.active()) return;
  time_unit_ = factor_.unit();
  factor_.start_rate(x0_, f0_, start_rate_);
  factor_.time_derivative(x0_, quadrature_jacobian_, time_derivative_);
  has_time_derivative_ = true;
}

Real Rodas5P::longest_step() const {
  return factor_.active() ? factor_.longest() : OneStepMethod::longest_step();
}

void Rodas5P::begin_step(const System& system) {
  system_ = system;
  const Index size = x0_.size();
  const Index q = options_.error.quadratures;
  if (q > 0 && !system.has_quadrature_jacobian())
    throw InputError(
        fmt::format("{}: the system has quadratures() but no quadrature_jacobian(x, Q, t)", method()));
  stages_.resize(size, rodas5p::kStages);
  dense_.resize(size, 3);
  argument_.resize(size);
  rate_.resize(size);
  matrix_->begin(system, x0_, f0_, t0_, current_time_step(), size_levels(options_.growth, x0_));
  if (solver_ == Solver::dense) ++counters_.jacobians;
  if (q > 0) {
    quadrature_jacobian_.resize(q, size - q);
    system.quadrature_jacobian(x0_, quadrature_jacobian_, t0_);
  }
  find_time_derivative(system);
  find_rounding();
  begin_factor(system);
  find_resting();
}

// Of a system that offers no derivatives at all, by differences as well: zero where it is autonomous.
void Rodas5P::find_time_derivative(const System& system) {
  has_time_derivative_ = true;
  time_derivative_.resize(x0_.size());
  if (system.has_time_derivative())
    system.time_derivative(x0_, time_derivative_, t0_);
  else if (!system.has_hessian() && !system.has_jacobian())
    differences_.time_derivative(system, x0_, f0_, t0_, current_time_step(), time_derivative_);
  else
    has_time_derivative_ = false;
}

// rounding_ = c eps |J| |x|, of quadratures with their rows of it.
void Rodas5P::find_rounding() {
  const Index n = leading();
  control_.sizes(x0_, size_);
  const Vector size = size_.head(n);
  slope_rounding_.setZero(x0_.size());
  least_curvature_.setZero(n);
  if (!forgives_rounding()) return;
  matrix_->spread(size, argument_);
  slope_rounding_.head(n) = argument_;
  if (x0_.size() > n) slope_rounding_.tail(x0_.size() - n) = quadrature_jacobian_.cwiseAbs() * size;
  slope_rounding_ *= kMatrixRounding * std::numeric_limits<Real>::epsilon();
  if (matrix_->sampled()) control_.even_out(x0_, slope_rounding_);
  for (Index i = 0; i < n; ++i)
    if (size[i] > 0) least_curvature_[i] = slope_rounding_[i] / size[i];
}

// rounding_, h times which is what a step makes of rounded slopes: h times that along directions in which the
// flow rests, and only its part of 1 / (h lambda) where it is stiff. Signs as they come; groups even out.
Rodas5P::Stages Rodas5P::spread_rounding(Real h) {
  rounding_.setZero(x0_.size());
  if (!forgives_rounding()) return Stages::done;
  const Index n = leading();
  size_ = slope_rounding_.head(n);
  for (Index i = 0; i < n; ++i) {
    const bool rests = resting_[static_cast<std::size_t>(i)] != 0;
    size_[i] *= rests ? 0 : fixed_noise(i) < 0 ? -1 : 1;
  }
  const Stages solved = solve(size_);
  rounding_ = slope_rounding_;
  rounding_.head(n) = size_ / (kGamma * h);
  control_.even_out(x0_, rounding_);
  return solved;
}

// Components whose slopes are within rounding rest for the step: noise would carry them along directions
// without a force for as long as the steps are. All of their equations go, so that the others stay smooth.
void Rodas5P::find_resting() {
  const Index n = leading();
  resting_.assign(static_cast<std::size_t>(n), 0);
  wakes_ = 0;
  if ((has_time_derivative_ && !factor_.active()) || !forgives_rounding()) return;
  for (Index i = 0; i < n; ++i)
    resting_[static_cast<std::size_t>(i)] = std::abs(start_rate_[i]) <= slope_rounding_[i] ? 1 : 0;
  bool one_is_off = false;
  for (Index i = 0; i < n; ++i)
    one_is_off = one_is_off || (resting_[static_cast<std::size_t>(i)] != 0 && start_rate_[i] != 0);
  for (Index i = 0; one_is_off && i < n; ++i)
    if (std::abs(start_rate_[i]) <= kBesideResting * slope_rounding_[i])
      resting_[static_cast<std::size_t>(i)] = 1;
}

bool Rodas5P::all_rest() const {
  return std::all_of(resting_.begin(), resting_.end(), [](char rests) { return rests != 0; });
}

// What rests adds nothing to integrals. Where all is at rest an integral grows by no more than rounding, as
// the energy does, or, as the time, goes on.
void Rodas5P::silence_quadratures(Vector& slope, const Vector& rates) {
  const Index n = leading(), q = slope.size() - n;
  if (q == 0 || std::none_of(resting_.begin(), resting_.end(), [](char rests) { return rests != 0; })) return;
  if (system_->has_quadrature_rates()) {
    moving_ = rates.head(n);
    // What rests in the coordinates of its factor may grow.
    for (Index i = 0; i < n; ++i)
      if (resting_[static_cast<std::size_t>(i)] != 0 &&
          std::abs(rates[i]) <= kWokenOnPlateau * slope_rounding_[i])
        moving_[i] = 0;
    system_->quadrature_rates(moving_, integral_rates_);
    slope.tail(q) = integral_rates_;
  } else if (all_rest()) {
    for (Index i = n; i < slope.size(); ++i)
      if (std::abs(slope[i]) <= slope_rounding_[i]) slope[i] = 0;
  }
}

// `rates`: those of the system, of which `slope` is made. What rests at a stage stands still; false if its
// slope there is more than rounding, and it rests no longer.
bool Rodas5P::keep_resting(Vector& slope, const Vector& rates) {
  bool kept = true;
  const Real woken = kBesideResting * (factor_.active() ? kWokenOnPlateau : kWoken);
  for (Index i = 0; i < leading(); ++i) {
    char& rests = resting_[static_cast<std::size_t>(i)];
    if (rests == 0) continue;
    if (!(std::abs(slope[i]) <= woken * slope_rounding_[i])) {  // nor is NaN
      rests = 0;
      kept = false;
    }
    slope[i] = 0;
  }
  if (!kept && ++wakes_ >= kMostWakes) std::fill(resting_.begin(), resting_.end(), 0);
  if (kept) silence_quadratures(slope, rates);
  return kept;
}

// In units of the step's tolerance, and of what the way of the step allows (ErrorControl::displacement), of
// which the stages so far give an idea.
Real Rodas5P::stage_error(const Vector& error, const Vector& stage) {
  stage_error_.setZero(x0_.size());
  stage_error_.head(error.size()) = error;
  const Real norm = stage_control_.norm(stage_error_, x0_, x0_);
  const Real part = options_.error.displacement;
  if (!(part > 0)) return norm;
  const Real way = part * std::max(way_, stage.norm());
  return std::max(norm, way > 0 ? error.norm() / way : Real(0));
}

Rodas5P::Stages Rodas5P::solve(Eigen::Ref<Vector> x) {  // NOLINT(performance-unnecessary-value-param)
  const auto error = [this](const Vector& e, const Vector& stage) { return stage_error(e, stage); };
  switch (matrix_->solve(x, error)) {
    case StageMatrix::Solved::done:
      return Stages::done;
    case StageMatrix::Solved::indefinite:
      return Stages::indefinite;
    default:
      return Stages::stalled;
  }
}

Rodas5P::Stages Rodas5P::solve_stage(int stage, Real h) {
  auto u = stages_.col(stage);
  const Index n = leading();
  const Index q = u.size() - n;
  auto lead = u.head(n);
  lead = rate_.head(n);
  const Stages solved = solve(lead);
  equal_.equalise(u);
  if (solver_ != Solver::dense) way_ = std::max(way_, lead.norm());
  if (q > 0) {
    u.tail(q) = rate_.tail(q);
    u.tail(q).noalias() += quadrature_jacobian_ * lead;
    u.tail(q) *= kGamma * h;
  }
  return solved;
}

// Not to what rests.
void Rodas5P::add_time_derivative(Real part) {
  const Index n = leading();
  for (Index i = 0; i < n; ++i)
    if (resting_[static_cast<std::size_t>(i)] == 0) rate_[i] += part * time_derivative_[i];
  rate_.tail(rate_.size() - n) += part * time_derivative_.tail(rate_.size() - n);
}

Rodas5P::Stages Rodas5P::run_stages(const System& system, Real h) {
  rate_ = start_rate_;
  // What the factor alone makes of the step is part of its way.
  way_ = 0;
  if (factor_.active()) {
    const Index n = leading();
    way_ = ((factor_.factors(h).array() - 1) * x0_.head(n).array()).matrix().norm();
  }
  keep_resting(rate_, f0_);
  for (int i = 0; i < rodas5p::kStages; ++i) {
    if (i > 0) {
      argument_ = x0_;
      argument_.noalias() += stages_.leftCols(i) * a_.row(i).head(i).transpose();
      equal_.equalise(argument_);
      system(argument_, rate_, t0_ + static_cast<Real>(rodas5p::kTime[i]) * h);
      if (!keep_resting(rate_, factor_.active() ? factor_.system_rates() : rate_)) return Stages::woken;
      rate_.noalias() += stages_.leftCols(i) * (c_.row(i).head(i).transpose() / h);
    }
    if (has_time_derivative_) add_time_derivative(h * time_unit_ * static_cast<Real>(rodas5p::kD[i]));
    if (!rate_.allFinite()) return Stages::nonfinite;
    const Stages solved = solve_stage(i, h);
    if (solved != Stages::done) return solved;
  }
  return Stages::done;
}

Rodas5P::Stages Rodas5P::try_stages(const System& system, Real h) {
  // Anew for every try on a plateau: one that goes much too far, past a blow-up, wakes everything.
  if (factor_.active()) find_resting();
  Stages stages = Stages::woken;
  while (stages == Stages::woken) {
    if (solver_ == Solver::dense) ++counters_.factorizations;
    argument_ = slope_rounding_.head(leading());
    stage_diagonal_ = least_curvature_;
    if (factor_.active()) stage_diagonal_ += factor_.rates();
    if (!matrix_->prepare(1 / (kGamma * h), stage_diagonal_, argument_, resting_)) return Stages::indefinite;
    stages = run_stages(system, h);
  }
  return stages == Stages::done ? spread_rounding(h) : stages;
}

// The end of a try, its error and the rounding in it, in the coordinates of the system.
void Rodas5P::leave_factor(Real h) {
  const Index n = leading();
  end_ = x_try_;
  const Vector& factors = factor_.factors(h);
  for (Vector* y : {&x_try_, &rate_, &rounding_}) y->head(n) = y->head(n).cwiseProduct(factors);
}

OneStepMethod::Trial Rodas5P::attempt(const System& original, Real h) {
  const System system = factor_.active() ? System(factor_) : original;
  switch (try_stages(system, h)) {
    case Stages::indefinite:
    case Stages::stalled:  // shorter steps have a matrix closer to a multiple of one
      return indefinite(h);
    case Stages::nonfinite:
      return nonfinite(h);
    default:
      break;
  }
  x_try_ = argument_ + stages_.col(rodas5p::kStages - 1);  // the last argument is y + sum_j a_8j U_j
  rate_ = stages_.col(rodas5p::kStages - 1);
  if (factor_.active()) leave_factor(h);
  const Real error = error_norm(rate_, h);
  if (error <= 1) {
    // The next step needs it anyway, and a result without a derivative must not be accepted.
    original(x_try_, f_try_, t0_ + h);
    if (!f_try_.allFinite()) return nonfinite(h);
    dense_.noalias() = stages_ * h_dense_.transpose();
    matrix_->release();
  }
  return conclude(error, h);
}

void Rodas5P::interpolate(Real t, Vector& x) const {
  const Real theta = (t - t0_) / (t1_ - t0_);
  const Real rest = 1 - theta;
  x = rest * x0_ + theta * (factor_.active() ? end_ : x1_) +
      theta * rest * (dense_.col(0) + theta * (dense_.col(1) + theta * dense_.col(2)));
  if (!factor_.active()) return;
  const Vector& factors = factor_.factors(t - t0_);
  x.head(factors.size()) = x.head(factors.size()).cwiseProduct(factors);
}

}  // namespace saddleflow
