#include "validation/kkt_limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "validation/census.hpp"
#include "validation/kinds.hpp"

namespace saddleflow::claims {

namespace {

bool is_rank_one(const KktEntry& entry) { return entry.structure.rank_one == saddleflow::Verdict::yes; }

bool has_one_neuron_a_layer(const KktEntry& entry) {
  const auto& active = entry.structure.active_neurons;
  return std::all_of(active.begin(), active.end(), [](Index n) { return n == 1; });
}

Real worst_ratio(const KktEntry& entry) {
  Real worst = 0;
  for (const RankOneLayer& layer : entry.structure.layers) worst = std::max(worst, layer.residual);
  return worst;
}

}  // namespace

void count(const LimitDirection& limit, LimitCounts& counts) {
  ++counts.starts;
  if (limit.collapses()) ++counts.collapsing;
  if (limit.stands()) ++counts.standing;
  if (limit.creeps) ++counts.creeping;
  if (limit.unresolved()) ++counts.unresolved;
  if (!limit.grows()) return;
  ++counts.growing;
  counts.worst_residual = std::max(counts.worst_residual, limit.kkt.point.residual);
  if (limit.kkt.passes) ++counts.certified;
  if (is_rank_one(limit.kkt)) ++counts.rank_one;
  if (is_rank_one(limit.kkt) && has_one_neuron_a_layer(limit.kkt)) ++counts.one_neuron;
  if (limit.kkt.second_order.status == SecondOrder::Status::saddle) ++counts.saddles;
}

std::string describe_structure(const KktEntry& entry) {
  const std::string active = fmt::format("{}", fmt::join(entry.structure.active_neurons, " "));
  if (!is_rank_one(entry))
    return fmt::format("not rank one: sigma2/sigma1 {:.2g}, active {}",
                       static_cast<double>(worst_ratio(entry)), active);
  return has_one_neuron_a_layer(entry) ? "rank one, one neuron a layer" : "rank one, active " + active;
}

namespace {

Finding kkt_finding(const LimitCounts& c, std::uint64_t first) {
  const bool certified = c.certified == c.growing;
  return {"P2: the limits are KKT points of the constrained NCF, or the weights collapse", "all starts",
          fmt::format(
              "{} starts from seed {}: {} positive KKT points (residual {:.0e}), {} collapse, {} stand at "
              "N = 0, {} creep there, {} unresolved",
              c.starts, first, c.certified, static_cast<double>(c.worst_residual), c.collapsing, c.standing,
              c.creeping, c.unresolved),
          certified ? (c.unresolved == 0 ? Verdict::holds : Verdict::not_decided) : Verdict::fails,
          c.unresolved > 0 ? fmt::format("{} of {} flows met their step limit", c.unresolved, c.starts) : ""};
}

/// For p = 1 any number of neurons makes a rank-one point.
Finding rank_finding(const LimitCounts& c, bool one_neuron, const std::string& counter_cases) {
  const bool holds = (one_neuron ? c.one_neuron : c.rank_one) == c.growing;
  Finding finding{one_neuron
                      ? "P2: the limits are rank-one KKT points with one active neuron a layer [derived for "
                        "maximisers]"
                      : "P2: the limits are rank-one KKT points",
                  "all growing starts",
                  fmt::format("{} of {} rank one, {} with one neuron a layer; {} saddles of the NCF",
                              c.rank_one, c.growing, c.one_neuron, c.saddles),
                  holds ? Verdict::holds : Verdict::fails, holds ? "" : "counter-cases: " + counter_cases};
  if (c.growing == 0) finding.verdict = Verdict::not_decided, finding.reason = "no start grows";
  return finding;
}

}  // namespace

namespace {

std::vector<std::uint64_t> seeds_from(std::uint64_t first, Index count) {
  std::vector<std::uint64_t> seeds(static_cast<std::size_t>(count));
  std::iota(seeds.begin(), seeds.end(), first);
  return seeds;
}

/// u0 with the neurons of each hidden layer all equal: the flow cannot tell them apart.
Vector with_equal_neurons(const Network& network, const Vector& u0) {
  Vector u = u0;
  const int depth = network.layout().layer_count();
  for (int l = 0; l < depth; ++l) {
    auto w = network.layout().matrix(u, l);
    if (l > 0) w.colwise() = Vector(w.col(0));
    if (l + 1 < depth) w.rowwise() = w.row(0).eval();
  }
  return u.normalized();
}

/// The other rank-one KKT points: several neurons of equal size. Nothing but symmetry leads there,
/// and rounding may end that.
Finding symmetric_finding(Problem& problem, std::vector<std::string>& details) {
  constexpr Index kStarts = 6;  // by judgement: the counter-case needs one that grows
  Index growing = 0, several = 0, saddles = 0, other = 0;
  const std::vector<std::uint64_t> starts = seeds_from(problem.seeds.front(), kStarts);
  const auto limits = problem.over(starts, [](Problem& own, std::uint64_t seed) {
    own.check_interrupt();
    return find_limit(own.correlation, with_equal_neurons(own.network(), own.direction(seed)));
  });
  for (std::size_t k = 0; k < limits.size(); ++k) {
    const std::uint64_t seed = starts[k];
    const LimitDirection& limit = limits[k];
    details.push_back(fmt::format("seed {} with equal neurons: {}{}", seed, describe(limit),
                                  limit.grows() ? "; " + describe_structure(limit.kkt) : ""));
    if (!limit.grows()) continue;
    ++growing;
    if (!is_rank_one(limit.kkt)) ++other;
    if (!is_rank_one(limit.kkt) || has_one_neuron_a_layer(limit.kkt)) continue;
    ++several;
    if (limit.kkt.second_order.status == SecondOrder::Status::saddle) ++saddles;
  }
  return {
      "P2: counter-case: rank-one KKT points with several neurons of equal size [derived]",
      "limits of starts with equal neurons; saddles of the NCF",
      fmt::format("{} of {} growing starts, {} saddles; {} lose the symmetry by rounding, {} not of rank one",
                  several, growing, saddles, growing - several - other, other),
      several == 0 ? Verdict::not_decided : (saddles == several ? Verdict::holds : Verdict::fails),
      several == 0 ? "no such start grows" : ""};
}

}  // namespace

Report measure_kkt_limits(const StudyTable& study, const Options& options) {
  constexpr Index kQuickStarts = 12;  // of --quick, for a look at the claim
  Problem problem(study, options);
  if (!problem.network().traits().layered)
    study.fail("network.kind",
               "found " + problem.network().kind() +
                   ", which lacks the trait layered, expected a network that has it (feed_forward)");
  const bool one_neuron = problem.network().activation().power() > 1;
  const Index wanted = study.integer("claim.starts");
  LimitCounts counts;
  Census all, others;
  const std::vector<std::uint64_t> starts =
      seeds_from(problem.seeds.front(), problem.quick ? std::min(kQuickStarts, wanted) : wanted);
  const auto limits = problem.over(starts, [](Problem& own, std::uint64_t seed) {
    own.check_interrupt();
    return find_limit(own.correlation, own.direction(seed));
  });
  for (std::size_t k = 0; k < limits.size(); ++k) {
    const std::uint64_t seed = starts[k];
    const LimitDirection& limit = limits[k];
    count(limit, counts);
    const std::string structure = limit.grows() ? describe_structure(limit.kkt) : describe(limit);
    all.add(limit.grows()
                ? fmt::format("N = {:.4g}, {}", static_cast<double>(limit.kkt.point.value), structure)
                : structure,
            seed);
    const bool as_predicted = is_rank_one(limit.kkt) && (!one_neuron || has_one_neuron_a_layer(limit.kkt));
    if (limit.grows() && !as_predicted) others.add(structure, seed);
  }
  Report report = problem.report();
  report.details = all.lines();
  report.findings = {kkt_finding(counts, problem.seeds.front()),
                     rank_finding(counts, one_neuron, others.line())};
  if (one_neuron) report.findings.push_back(symmetric_finding(problem, report.details));
  return report;
}

}  // namespace saddleflow::claims
