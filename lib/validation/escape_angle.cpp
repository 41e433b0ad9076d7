#include "validation/escape_angle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "saddleflow/correlation/second_order.hpp"
#include "validation/assumptions.hpp"
#include "validation/kinds.hpp"
#include "validation/ray_rate.hpp"
#include "validation/small_start.hpp"

namespace saddleflow::claims {

namespace {

// Angles below this many rtol say nothing: a path may err by a hundred tolerances, and an angle is the
// difference of two directions.
constexpr Real kAngleFloor = 1000;

const char* place_of(SecondOrder::Status status) {
  switch (status) {
    case SecondOrder::Status::maximum:
      return "a maximum";
    case SecondOrder::Status::degenerate:
      return "in a family (Delta = 0)";
    case SecondOrder::Status::saddle:
      return "a saddle of the NCF";
    case SecondOrder::Status::unknown:
      break;
  }
  return "of unknown second order";
}

}  // namespace

EscapeAngle measure_angle(Problem& problem, const Vector& u0) {
  EscapeAngle out;
  out.limit = find_limit(problem.correlation, u0);
  if (!out.limit.grows()) {
    out.problem = describe(out.limit);
    return out;
  }
  const KktEntry& kkt = out.limit.kkt;
  out.predicted = angle_exponent(kkt, problem.degree());
  if (kkt.second_order.status != SecondOrder::Status::maximum)
    out.problem = std::string("the limit is ") + place_of(kkt.second_order.status);
  const EscapeOfPath escape = escape_of_path(problem, kkt.point);
  if (!escape.problem.empty()) {
    out.problem = escape.problem;
    return out;
  }
  const Vector along = escape.half.normalized();
  for (const Real delta : problem.deltas) {
    problem.check_interrupt();
    const auto at = flow_at_norm(problem, u0, std::log(delta), escape.half_norm);
    if (!at) {
      out.problem =
          fmt::format("from delta {:.0e} the norm of the escape is not reached", static_cast<double>(delta));
      return out;
    }
    // From the chord, which is exact for small angles.
    out.angles.push_back(2 * std::asin((at->direction - along).norm() / 2));
  }
  out.law = fit_power_law(problem.deltas, out.angles, kAngleFloor * problem.rtol);
  return out;
}

namespace {

/// One kind of error of all starts of a study, against the predicted exponent of each.
class Exponents {
 public:
  explicit Exponents(const Problem& problem) : problem_(problem) {}

  /// False when too few errors are above rounding.
  bool add(Real predicted, const PowerLaw& law) {
    if (law.points < kFewestPoints) return false;
    worst_ = std::max(worst_, std::abs(law.exponent - predicted));
    decades_ = std::min(decades_, law.decades);
    predictions_ += fmt::format(" {:.3f}", static_cast<double>(predicted));
    exponents_ += fmt::format(" {:.3f}", static_cast<double>(law.exponent));
    return true;
  }
  void leave_out(std::uint64_t seed, const std::string& why) {
    left_out_ += fmt::format("{}seed {} left out ({})", left_out_.empty() ? "" : "; ", seed, why);
  }

  const std::string& left_out() const { return left_out_; }

  /// `why`: where nothing was measured and nothing left out here.
  Finding finding(const std::string& claim, const std::string& why = "") const {
    if (exponents_.empty())
      return {claim, "Delta/(D N*)", "-", Verdict::not_decided, left_out_.empty() ? why : left_out_};
    return {
        claim, "exponents" + predictions_,
        fmt::format("exponents{} over {:.1f} decades of delta", exponents_, static_cast<double>(decades_)),
        worst_ <= problem_.margin ? Verdict::holds : Verdict::fails, left_out_};
  }

 private:
  const Problem& problem_;
  Real worst_ = 0, decades_ = std::numeric_limits<Real>::infinity();
  std::string predictions_, exponents_, left_out_;
};

std::string described(const char* what, const std::vector<Real>& errors, const PowerLaw& law) {
  return fmt::format("{} {}; exponent {:.4f}", what, listed(errors, "{:.2e}"),
                     static_cast<double>(law.exponent));
}

/// Of one start.
struct Escape {
  EscapeAngle angle;
  std::vector<Real> path_errors;  ///< none where the angle has a problem
};

Escape measure_escape(Problem& problem, std::uint64_t seed) {
  const Vector u0 = problem.direction(seed);
  Escape escape{measure_angle(problem, u0), {}};
  if (escape.angle.problem.empty()) escape.path_errors = generic_path_errors(problem, u0, escape.angle.limit);
  return escape;
}

}  // namespace

Report measure_escape_angle(const StudyTable& study, const Options& options) {
  Problem problem(study, options);
  require_smooth_gradient(study, problem.network(), "P3");
  Report report = problem.report();
  report.details.push_back("deltas: " + listed(problem.deltas));
  Exponents angles(problem), paths(problem);
  const auto escapes = problem.over_seeds(measure_escape);
  for (std::size_t k = 0; k < escapes.size(); ++k) {
    const std::uint64_t seed = problem.seeds[k];
    const EscapeAngle& a = escapes[k].angle;
    const std::string head = fmt::format("seed {}: ", seed);
    report.details.push_back(
        head + describe(a.limit) +
        (a.limit.grows() ? fmt::format(", Delta/(D N*) = {:.4f}", static_cast<double>(a.predicted)) : ""));
    if (!a.angles.empty()) report.details.push_back(head + described("angles", a.angles, a.law));
    if (!a.problem.empty()) {
      angles.leave_out(seed, a.problem);
      continue;
    }
    if (!angles.add(a.predicted, a.law)) angles.leave_out(seed, "angles within rounding");
    const std::vector<Real>& errors = escapes[k].path_errors;
    const PowerLaw law = fit_power_law(problem.deltas, errors, kAngleFloor * problem.rtol);
    report.details.push_back(head + described("path errors", errors, law));
    if (!paths.add(a.predicted, law)) paths.leave_out(seed, "the time of escape is not resolved");
  }
  report.findings = {
      angles.finding(
          "P3: a generic start leaves the origin along p; the angle ~ delta^{Delta/(D N*)} [derived]"),
      paths.finding("P3: psi(t + T, delta w_0) -> p(t), T the escape time of the start; the error likewise "
                    "[derived]",
                    angles.left_out())};
  return report;
}

}  // namespace saddleflow::claims
