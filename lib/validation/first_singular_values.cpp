// Deep ReLU networks at their escape from the origin: how much the first singular value of each layer of
// weights stands out (THEORY.md, section 2, "Rank-one KKT points").
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/correlation/kkt_search.hpp"
#include "validation/kinds.hpp"
#include "validation/limit_direction.hpp"
#include "validation/plateaus.hpp"
#include "validation/power_law.hpp"
#include "validation/problem.hpp"
#include "validation/small_start.hpp"

namespace saddleflow::claims {

namespace {

// Values of N that are one: kkt_point.hpp says what tells points apart.
constexpr Real kSameValue = kSameOutputs;

/// sigma_2 / sigma_1 of every layer of weights; 0 of a single row or column.
std::vector<Real> ratios_of(const Network& network, const Vector& w) {
  std::vector<Real> ratios;
  for (int l = 0; l < network.layout().layer_count(); ++l) {
    const Vector s = singular_values(network.layout().matrix(w, l));
    ratios.push_back(s.size() > 1 ? s[1] / s[0] : Real(0));
  }
  return ratios;
}

/// Largest | |W_l|^2 / |w|^2 - 1/m |.
Real share_error(const Network& network, const Vector& w) {
  const int layers = network.layout().layer_count();
  Real worst = 0;
  for (int l = 0; l < layers; ++l)
    worst = std::max(worst, std::abs(network.layout().matrix(w, l).squaredNorm() / w.squaredNorm() -
                                     1 / static_cast<Real>(layers)));
  return worst;
}

/// At the escape of one start.
struct DeepEscape {
  std::vector<std::vector<Real>> ratios;  ///< per delta
  std::vector<Real> shares;               ///< per delta, share_error()
  std::string problem;
};

DeepEscape follow_escape(Problem& problem, const StudyTable& study, std::uint64_t seed) {
  DeepEscape out;
  const Vector u0 = problem.direction(seed);
  const LimitDirection limit = find_limit(problem.correlation, u0);
  if (limit.collapses() || limit.stands() || limit.creeps) {
    out.problem = "the direction " + describe(limit);
    return out;
  }
  const Real escaped = problem.correlation.loss_at_origin() * (1 - study.real("events.escape.fraction"));
  for (const Real delta : problem.deltas) {
    problem.check_interrupt();
    const auto at = flow_at_loss(problem, u0, std::log(delta), escaped);
    if (!at) {
      out.problem = fmt::format("from delta {:.0e} the origin is not left", static_cast<double>(delta));
      return out;
    }
    out.ratios.push_back(ratios_of(problem.network(), at->direction));
    out.shares.push_back(share_error(problem.network(), at->direction));
  }
  return out;
}

/// The prediction: sigma_1 of layer l, counted from 1, is at least l^power times every other one.
class LayerBounds {
 public:
  explicit LayerBounds(Real power) : power_(power) {}

  bool agree(const std::vector<Real>& ratios) const {
    bool all = true;
    for (std::size_t l = 0; l < ratios.size(); ++l) all = all && ratios[l] <= bound(l);
    return all;
  }
  std::string text(std::size_t layers) const {
    std::string out;
    for (std::size_t l = 0; l < layers; ++l) out += fmt::format(" {:.3f}", static_cast<double>(bound(l)));
    return out;
  }

 private:
  Real bound(std::size_t l) const { return std::pow(static_cast<Real>(l + 1), -power_); }
  Real power_;
};

/// The KKT points of the highest N that a search finds; those of one N are a family.
struct BestPoints {
  Real value = 0;
  Index points = 0, starts = 0;
  std::vector<Real> ratios;  ///< of each layer, the largest of all of them
};

BestPoints find_best(Problem& problem, const StudyTable& study) {
  KktSearchOptions options;
  options.starts = study.integer("claim.starts");
  options.seed = problem.seeds.front();
  options.descend = false;
  options.interrupt = problem.interrupt;
  const KktTable table = find_kkt_points(problem.correlation, options);
  problem.check_interrupt();
  BestPoints best;
  best.starts = options.starts;
  for (const KktEntry& entry : table.entries) {
    if (best.points == 0) best.value = entry.point.value;
    if (!(entry.point.value > 0) || entry.point.value < best.value * (1 - kSameValue)) break;
    ++best.points;
    const std::vector<Real> ratios = ratios_of(problem.network(), entry.point.direction);
    best.ratios.resize(ratios.size(), 0);
    for (std::size_t l = 0; l < ratios.size(); ++l) best.ratios[l] = std::max(best.ratios[l], ratios[l]);
  }
  return best;
}

Finding best_finding(const std::string& source, const LayerBounds& layers, const BestPoints& best,
                     const Network& network) {
  const auto count = static_cast<std::size_t>(network.layout().layer_count());
  Finding finding{source, "sigma_2/sigma_1 of layers 1, 2, ... at most" + layers.text(count), "-",
                  Verdict::not_decided, best.points > 0 ? "" : "no start of the search grows"};
  if (best.points == 0) return finding;
  finding.measured =
      fmt::format("{} at the best KKT {} of {} starts, N = {:.5g}", listed(best.ratios, "{:.2g}"),
                  best.points == 1 ? std::string("point") : fmt::format("points ({})", best.points),
                  best.starts, static_cast<double>(best.value));
  finding.verdict = layers.agree(best.ratios) ? Verdict::holds : Verdict::fails;
  return finding;
}

/// The flows of a study.
class EscapeTally {
 public:
  EscapeTally(const Problem& problem, const LayerBounds& layers) : problem_(problem), layers_(layers) {}

  void add(std::uint64_t seed, const DeepEscape& e) {
    if (!e.problem.empty()) {
      left_out_ += fmt::format("{}seed {} left out ({})", left_out_.empty() ? "" : "; ", seed, e.problem);
      return;
    }
    const PowerLaw shares = fit_power_law(problem_.deltas, e.shares, kShareFloor * problem_.rtol);
    for (std::size_t i = 0; i < e.ratios.size(); ++i)
      details.push_back(fmt::format("seed {}, {:.0e}: sigma_2/sigma_1 {}; shares off by {:.2e}", seed,
                                    static_cast<double>(problem_.deltas[i]), listed(e.ratios[i], "{:.2e}"),
                                    static_cast<double>(e.shares[i])));
    ++starts_;
    right_ += layers_.agree(e.ratios.back()) ? 1 : 0;
    worst_.resize(e.ratios.back().size(), 0);
    for (std::size_t l = 0; l < worst_.size(); ++l) worst_[l] = std::max(worst_[l], e.ratios.back()[l]);
    if (shares.points < kFewestPoints) return;
    exponents_ += fmt::format(" {:.4f}", static_cast<double>(shares.exponent));
    off_ = std::max(off_, std::abs(shares.exponent - 2));
  }

  Finding ratio_finding(std::size_t layers) const {
    Finding finding{
        "and of the flows from small starts at their escape, which need not take the best direction "
        "[heuristic]",
        "the same", "-", Verdict::not_decided, left_out_};
    if (starts_ == 0) return finding;
    finding.prediction = "at most" + layers_.text(layers);
    finding.measured = fmt::format("{} of {} starts; largest {} at {:.0e}", right_, starts_,
                                   listed(worst_, "{:.2g}"), static_cast<double>(problem_.deltas.back()));
    finding.verdict = right_ == starts_ ? Verdict::holds : Verdict::fails;
    return finding;
  }
  Finding share_finding() const {
    return {"the layers of weights have equal norms then, up to what the start leaves [derived]",
            "shares off by ~ delta^2", exponents_.empty() ? "-" : "exponents" + exponents_,
            exponents_.empty() ? Verdict::not_decided
                               : (off_ <= problem_.margin ? Verdict::holds : Verdict::fails),
            left_out_};
  }

  std::vector<std::string> details;

 private:
  static constexpr Real kShareFloor = 100;  // errors below so many rtol say nothing

  const Problem& problem_;
  const LayerBounds& layers_;
  std::string left_out_, exponents_;
  std::vector<Real> worst_;
  Index starts_ = 0, right_ = 0;
  Real off_ = 0;
};

}  // namespace

Report measure_first_singular_values(const StudyTable& study, const Options& options) {
  Problem problem(study, options);
  const Network& network = problem.network();
  if (!network.traits().layered || !network.traits().kinked() || network.hidden_layer_count() < 2)
    study.fail("network.layers", "expected a network of power 1 with kinks and two hidden layers or more");
  const std::string source = statement_of(study);
  const LayerBounds layers(study.real("claim.layer_power"));
  EscapeTally tally(problem, layers);
  const auto escapes =
      problem.over_seeds([&](Problem& own, std::uint64_t seed) { return follow_escape(own, study, seed); });
  for (std::size_t k = 0; k < escapes.size(); ++k) tally.add(problem.seeds[k], escapes[k]);
  Report report = problem.report();
  report.details = tally.details;
  report.findings = {best_finding(source, layers, find_best(problem, study), network),
                     tally.ratio_finding(static_cast<std::size_t>(network.layout().layer_count())),
                     tally.share_finding()};
  return report;
}

}  // namespace saddleflow::claims
