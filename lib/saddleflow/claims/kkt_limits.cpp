#include "saddleflow/claims/kkt_limits.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "saddleflow/base/error.hpp"
#include "saddleflow/claims/kinds.hpp"

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
  if (limit.flow.end == NcfEnd::step_limit) ++counts.unresolved;
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

std::vector<Finding> findings(const LimitCounts& c, std::uint64_t first, const std::string& counter_cases) {
  const std::string starts = fmt::format("{} starts from seed {}", c.starts, first);
  const bool kkt = c.certified == c.growing, rank = c.one_neuron == c.growing;
  const Verdict decided = c.growing == 0 ? Verdict::not_decided : Verdict::holds;
  const std::string why = c.growing == 0 ? "no start grows" : "";
  return {
      {"P2: the limits are KKT points of the constrained NCF, or zero", "all starts: KKT point or collapse",
       fmt::format("{}: {} KKT points (residual {:.0e}), {} collapse, {} stand, {} unresolved", starts,
                   c.certified, static_cast<double>(c.worst_residual), c.collapsing, c.standing,
                   c.unresolved),
       kkt && c.unresolved == 0 ? Verdict::holds : (kkt ? Verdict::not_decided : Verdict::fails),
       c.unresolved > 0 ? "some flows met their step limit" : ""},
      {"P2: the limits are rank-one KKT points with one active neuron a layer [derived for maximisers]",
       "all growing starts",
       fmt::format("{} of {} ({} of rank one); {} saddles of the NCF", c.one_neuron, c.growing, c.rank_one,
                   c.saddles),
       rank ? decided : Verdict::fails, rank ? why : "counter-cases: " + counter_cases}};
}

}  // namespace

Report measure_kkt_limits(const StudyTable& study, const Options& options) {
  constexpr Index kQuickStarts = 12;
  constexpr std::size_t kListed = 6;
  Problem problem(study, options);
  if (problem.network().kind() != "feed_forward")
    study.fail("network.kind",
               "found " + problem.network().kind() + ", kkt_limits asks about feed_forward networks");
  const Index starts = problem.quick ? std::min<Index>(kQuickStarts, study.integer("claim.starts"))
                                     : study.integer("claim.starts");
  Report report = problem.report();
  LimitCounts counts;
  std::vector<std::string> others;
  for (Index k = 0; k < starts; ++k) {
    problem.check_interrupt();
    const std::uint64_t seed = problem.seeds.front() + static_cast<std::uint64_t>(k);
    const LimitDirection limit = find_limit(problem.correlation, problem.direction(seed));
    count(limit, counts);
    const std::string structure = limit.grows() ? describe_structure(limit.kkt) : "";
    report.details.push_back(
        fmt::format("seed {}: {}{}{}", seed, describe(limit), structure.empty() ? "" : "; ", structure));
    if (limit.grows() && structure != "rank one, one neuron a layer")
      others.push_back(fmt::format("seed {} {}", seed, structure));
  }
  const std::size_t shown = std::min(others.size(), kListed);
  std::string list =
      fmt::format("{}", fmt::join(others.begin(), others.begin() + static_cast<std::ptrdiff_t>(shown), "; "));
  if (shown < others.size()) list += fmt::format("; {} more", others.size() - shown);
  report.findings = findings(counts, problem.seeds.front(), list);
  return report;
}

}  // namespace saddleflow::claims
