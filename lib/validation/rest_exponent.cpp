// Linear networks with two layers on whitened inputs: what the singular modes below the highest ones still
// weigh when those leave the origin (THEORY.md, section 3, "Rates").
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "saddleflow/base/decompositions.hpp"
#include "validation/kinds.hpp"
#include "validation/plateaus.hpp"
#include "validation/power_law.hpp"
#include "validation/problem.hpp"
#include "validation/small_start.hpp"

namespace saddleflow::claims {

namespace {

// Inputs are white, and singular values equal, up to the rounding of their generators.
constexpr Real kWhite = Real(1e-9), kSameMode = Real(1e-9);
// Errors below this many rtol say nothing: a path may err by a hundred, and a rest is a difference of
// weights.
constexpr Real kRestFloor = 1000;

/// The singular modes of Z X^T, the first `count` of which are to leave together.
struct LinearModes {
  ThinSvd svd;
  Index count = 1;
  Real half_norm = 0;  ///< half of the norm of the weights that have learnt these modes, balanced

  Real exponent() const {
    const Vector& s = svd.values;
    return 1 - (count < s.size() ? s[count] / s[0] : Real(0));
  }
};

LinearModes modes_of(const StudyTable& study, const Problem& problem) {
  const NetworkTraits traits = problem.network().traits();
  if (!traits.layered || !traits.mixes() || problem.degree() != 2)
    study.fail("network.layers", "expected a linear network with one hidden layer, whose modes are known");
  if (!problem.objective.loss().traits().quadratic)
    study.fail("loss.kind", "expected square: the weights that have learnt a mode are those of its minimum");
  const Matrix& x = problem.objective.data().inputs;
  const Matrix covariance = x * x.transpose();
  const Real scale = covariance.trace() / static_cast<Real>(x.rows());
  const Matrix identity = Matrix::Identity(x.rows(), x.rows());
  if (!((covariance - scale * identity).norm() <= kWhite * scale))
    study.fail("data.inputs", "expected whitened inputs, X X^T a multiple of the identity");
  LinearModes modes{thin_svd(problem.objective.data().targets * x.transpose()),
                    study.integer("claim.multiplicity")};
  const Vector& s = modes.svd.values;
  if (modes.count > s.size() || !(s[modes.count - 1] > 0))
    study.fail("claim.multiplicity", fmt::format("found {}, more than there are modes", modes.count));
  if (modes.count < s.size() && s[modes.count - 1] - s[modes.count] <= kSameMode * s[0])
    study.fail("claim.multiplicity",
               fmt::format("found {}, which cuts through equal singular values", modes.count));
  modes.half_norm = std::sqrt(2 * s.head(modes.count).sum() / scale) / 2;
  return modes;
}

/// Where the weights have half the norm of the first saddle.
struct ModeSizes {
  std::vector<Real> least, rest;  ///< per delta: of the modes that leave the smallest, and of all else
  std::string problem;
};

ModeSizes follow_modes(Problem& problem, const LinearModes& modes, std::uint64_t seed) {
  ModeSizes sizes;
  const Vector u0 = problem.direction(seed);
  const Matrix& v = modes.svd.v;
  const Matrix& u = modes.svd.u;
  Matrix growing(v.rows() + u.rows(), modes.count);
  growing << v.leftCols(modes.count), u.leftCols(modes.count);
  growing /= std::sqrt(Real(2));
  const Layout& layout = problem.network().layout();
  for (const Real delta : problem.deltas) {
    problem.check_interrupt();
    const auto at = flow_at_norm(problem, u0, std::log(delta), modes.half_norm);
    if (!at) {
      sizes.problem = fmt::format("from delta {:.0e} the modes do not leave", static_cast<double>(delta));
      return sizes;
    }
    const Vector w = at->weights();
    Matrix q(growing.rows(), layout.matrix(w, 0).rows());  // a column for each hidden neuron
    q << layout.matrix(w, 0).transpose(), layout.matrix(w, 1);
    const Matrix top = growing.transpose() * q;
    sizes.least.push_back(singular_values(top)[modes.count - 1]);
    sizes.rest.push_back((q - growing * top).norm());
  }
  return sizes;
}

/// The exponents of one quantity over the starts, all of which should be `predicted`.
Finding judge_modes(const std::string& claim, const std::string& text, Real predicted, const Problem& problem,
                    const std::vector<PowerLaw>& laws, const std::string& left_out) {
  Real worst = 0, decades = std::numeric_limits<Real>::infinity();
  std::string exponents;
  for (const PowerLaw& law : laws) {
    if (law.points < kFewestPoints) continue;
    worst = std::max(worst, std::abs(law.exponent - predicted));
    decades = std::min(decades, law.decades);
    exponents += fmt::format(" {:.4f}", static_cast<double>(law.exponent));
  }
  if (exponents.empty()) return {claim, text, "-", Verdict::not_decided, left_out};
  return {claim, text,
          fmt::format("exponents{} over {:.1f} decades of delta", exponents, static_cast<double>(decades)),
          worst <= problem.margin ? Verdict::holds : Verdict::fails, left_out};
}

}  // namespace

Report measure_rest_exponent(const StudyTable& study, const Options& options) {
  Problem problem(study, options);
  const std::string source = statement_of(study);
  const LinearModes modes = modes_of(study, problem);
  const auto starts =
      problem.over_seeds([&](Problem& own, std::uint64_t seed) { return follow_modes(own, modes, seed); });
  Report report = problem.report();
  report.details = {
      "singular values: " + listed({modes.svd.values.begin(), modes.svd.values.end()}, "{:.6g}"),
      "deltas: " + listed(problem.deltas)};
  std::vector<PowerLaw> least, rest;
  std::string left_out;
  for (std::size_t k = 0; k < starts.size(); ++k) {
    const ModeSizes& s = starts[k];
    if (!s.problem.empty()) {
      left_out +=
          fmt::format("{}seed {} left out ({})", left_out.empty() ? "" : "; ", problem.seeds[k], s.problem);
      continue;
    }
    least.push_back(fit_power_law(problem.deltas, s.least, kRestFloor * problem.rtol));
    rest.push_back(fit_power_law(problem.deltas, s.rest, kRestFloor * problem.rtol));
    report.details.push_back(
        fmt::format("seed {}: rest {} (exponent {:.4f}, {} points); least of the modes that leave {}",
                    problem.seeds[k], listed(s.rest, "{:.2e}"), static_cast<double>(rest.back().exponent),
                    rest.back().points, listed(s.least, "{:.4g}")));
  }
  const Real predicted = modes.exponent();
  report.findings = {judge_modes(source, fmt::format("rest ~ delta^{:.4f}", static_cast<double>(predicted)),
                                 predicted, problem, rest, left_out),
                     judge_modes(fmt::format("the {} leave together: the least of them is O(1) then",
                                             modes.count == 1 ? std::string("first mode does")
                                                              : fmt::format("first {} modes", modes.count)),
                                 "delta^0", 0, problem, least, left_out)};
  if (modes.count == 1) report.findings.back().claim = "the first mode is O(1) then";
  return report;
}

}  // namespace saddleflow::claims
