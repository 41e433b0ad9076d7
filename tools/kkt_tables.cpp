#include "kkt_tables.hpp"
#include "messages.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace saddleflow::tools {

namespace {

constexpr std::size_t most_points = 24;

const char* kind_of(const KktEntry& entry) {
  return entry.point.null ? "null" : name_of(entry.second_order.status);
}

const char* word(Verdict verdict) { return verdict == Verdict::not_applicable ? "-" : name_of(verdict); }

std::string number_or_dash(Real value, const char* format) {
  return std::isfinite(value) ? fmt::format(fmt::runtime(format), static_cast<double>(value)) : "-";
}

/// The largest over the layers.
std::string rank_one_residual(const KktStructure& structure) {
  if (structure.layers.empty()) return "-";
  Real largest = 0;
  for (const RankOneLayer& layer : structure.layers) largest = std::max(largest, layer.residual);
  return number_or_dash(largest, "{:.1e}");
}

std::string shares(const Vector& values) {
  std::string out;
  for (Index l = 0; l < values.size(); ++l)
    out += (l > 0 ? " " : "") + fmt::format("{:.4f}", static_cast<double>(values[l]));
  return out;
}

std::string gap(const KktEntry& entry) {
  if (entry.second_order.status == SecondOrder::Status::unknown) return "-";
  return number_or_dash(entry.second_order.gap, "{:.3e}");
}

void print_point(std::FILE* out, std::size_t number, const KktEntry& e) {
  fmt::print(out, "{:>3}  {:<10} {:>13.8g} {:>10} {:>8.1e} {:>7} {:>6} {:>8} {:>8} {:>6} {:>6}  {:<14} {}\n",
             number, kind_of(e), static_cast<double>(e.point.value), gap(e),
             static_cast<double>(e.point.residual),
             e.starts > 0 ? number_or_dash(100 * e.basin_share, "{:.1f} %") : "-", e.starts,
             rank_one_residual(e.structure), word(e.structure.rank_one), word(e.structure.scalar_kkt),
             fmt::format("{}", fmt::join(e.structure.active_neurons, " ")), shares(e.structure.layer_share),
             e.passes ? "pass" : e.failure);
}

std::string neuron_name(const archive::RunDescription& run, Index k) {
  const auto at = static_cast<std::size_t>(k);
  return fmt::format("{}.{}", run.neuron_layer[at] + 1, run.neuron_index[at] + 1);
}

std::string limit_of(const NeuronLimit& limit) {
  if (limit.dies) return "dies";
  if (!std::isfinite(limit.value)) return "unresolved";
  return fmt::format("{:.8g}", static_cast<double>(limit.value));
}

/// Rounding may put the cosine above 1.
std::string distance(Real cosine) {
  return std::isfinite(cosine) ? number_or_dash(std::max(Real(0), 1 - cosine), "{:.3e}") : "-";
}

/// Neurons with a partner in the KKT point, or all where each has a limit of its own.
void print_neurons(std::FILE* out, const RunApproach& a, const std::vector<NeuronLimit>& limits,
                   const archive::RunDescription& run) {
  Index dead = 0;
  Real largest = 0;
  fmt::print(out, "\nneuron      share  1 - cosine{}\n",
             limits.empty() ? "" : "   own limit, N  1 - cosine with it");
  for (Index k = 0; k < a.neuron_cosine.size(); ++k) {
    if (!std::isfinite(a.neuron_cosine[k])) {
      ++dead;
      largest = std::max(largest, a.neuron_share[k]);
      if (limits.empty()) continue;
    }
    fmt::print(out, "{:<8} {:>8.5f} {:>11}", neuron_name(run, k), static_cast<double>(a.neuron_share[k]),
               distance(a.neuron_cosine[k]));
    if (!limits.empty()) {
      const NeuronLimit& limit = limits[static_cast<std::size_t>(k)];
      fmt::print(out, " {:>14} {:>19}", limit_of(limit), distance(limit.cosine));
    }
    fmt::print(out, "\n");
  }
  if (dead > 0)
    fmt::print(out, "{} neurons whose partner is zero; largest share {:.2e}\n", dead,
               static_cast<double>(largest));
}

}  // namespace

KktTable search_kkt_points(KktProblem& problem, KktSearchOptions options, bool quiet) {
  const bool progress = !quiet && isatty(STDERR_FILENO) != 0;
  if (progress) {
    options.progress = [](Index done, Index of) { say(fmt::format("\r\033[K{} of {} starts", done, of)); };
  }
  KktTable table = find_kkt_points(*problem.correlation, options);
  if (progress) say("\r\033[K");
  return table;
}

void print_kkt_points(std::FILE* out, const KktTable& table) {
  fmt::print(out, "\n{:>3}  {:<10} {:>13} {:>10} {:>8} {:>7} {:>6} {:>8} {:>8} {:>6} {:>6}  {:<14} {}\n", "#",
             "KKT point", "N(u)", "Delta", "residual", "basin", "starts", "s2/s1", "rank one", "scalar",
             "active", "layer shares", "checks");
  const std::size_t count = table.entries.size(), shown = count <= most_points + 1 ? count : most_points;
  for (std::size_t i = 0; i < shown; ++i) print_point(out, i + 1, table.entries[i]);
  if (shown < count)
    fmt::print(out, "     and {} more, down to N = {:.8g}\n", count - shown,
               static_cast<double>(table.entries.back().point.value));
}

void print_search(std::FILE* out, const KktTable& table, bool descend, double seconds) {
  fmt::print(out, "\nsearch:  {} starts{} from seed {}, {} unresolved{}\n", table.starts,
             descend ? ", up and down," : "", table.seed, table.unresolved,
             table.interrupted ? "; interrupted" : "");
  if (table.not_certified > 0)
    fmt::print(
        out,
        "         {} points were found that the interruption has left without a check, and are not shown\n",
        table.not_certified);
  fmt::print(out, "work:    {} gradients, {} Hessian-vector products, {} Hessians, {:.2f} s\n",
             table.work.gradients, table.work.hessian_vectors, table.work.hessians, seconds);
}

void print_approach(std::FILE* out, const RunApproach& a, const std::vector<NeuronLimit>& limits,
                    const KktTable& table, const archive::RunDescription& run) {
  if (a.snapshot < 0) {
    fmt::print(out, "run:     no snapshot of the weights before the origin is left\n");
    return;
  }
  const KktEntry& entry = table.entries[static_cast<std::size_t>(a.point)];
  fmt::print(out, "run:     {}; nearest to a KKT point at t = {:.9g}, residual {:.2e}\n",
             std::isfinite(a.escape_time)
                 ? fmt::format("leaves the origin at t = {:.9g}", static_cast<double>(a.escape_time))
                 : "does not leave the origin",
             static_cast<double>(a.time), static_cast<double>(a.residual));
  fmt::print(out, "         its direction went to KKT point {}: {}, N = {:.8g}, 1 - cosine {:.3e}; {}\n",
             a.point + 1, kind_of(entry), static_cast<double>(entry.point.value),
             static_cast<double>(std::max(Real(0), 1 - a.cosine)),
             a.appended ? "not found by the search"
                        : fmt::format("found by {} of {} starts", entry.starts, table.starts));
  for (const AlignmentCrossing& crossing : a.crossings)
    fmt::print(out, "         1 - cosine below {:<6.0e} from t = {:.9g}\n",
               static_cast<double>(1 - crossing.level), static_cast<double>(crossing.time));
  if (a.neuron_cosine.size() > 0) print_neurons(out, a, limits, run);
}

namespace {

void print_support(std::FILE* out, const MaxMarginPoint& point) {
  constexpr std::size_t most = 12;
  std::vector<Index> samples;
  for (Index i = 0; i < point.multipliers.cols(); ++i)
    if (point.multipliers.col(i).maxCoeff() > kMaxMarginTolerance * point.multipliers.sum())
      samples.push_back(i);
  const std::size_t shown = std::min(most, samples.size());
  fmt::print(out, "         {} of {} margins are support vectors, of the samples {}{}\n", point.support,
             point.margins.size(),
             fmt::join(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
             samples.size() > shown ? ", ..." : "");
}

}  // namespace

void print_late_direction(std::FILE* out, const LateDirection& late) {
  if (!late.refusal.empty()) {
    fmt::print(out, "late:    not followed: {}\n", late.refusal);
    return;
  }
  const MaxMarginPoint& point = late.point;
  if (!point.converged) {
    fmt::print(out,
               "late:    no KKT point of the max-margin problem was found near the last weights: "
               "stationarity {:.1e}, "
               "violation {:.1e}\n",
               static_cast<double>(point.stationarity), static_cast<double>(point.violation));
    return;
  }
  fmt::print(out, "late:    {}: normalised margin {:.8g}, of the run {:.8g} at t = {:.9g}\n",
             late.approached
                 ? "the direction turns to a KKT point of the max-margin problem"
                 : "near the last weights is a KKT point of the max-margin problem; the direction does "
                   "not turn to it yet",
             static_cast<double>(point.normalised), static_cast<double>(late.normalised_margin),
             static_cast<double>(late.time));
  print_support(out, point);
  fmt::print(out, "         angle {:.4f} at the end", static_cast<double>(late.angle));
  if (std::isfinite(late.exponent))
    fmt::print(out, ", like (ln t)^{:.2f} over the second half of ln t", static_cast<double>(late.exponent));
  fmt::print(out, "\n");
  for (const AlignmentCrossing& crossing : late.crossings)
    fmt::print(out, "         1 - cosine below {:<6.0e} from t = {:.9g}\n",
               static_cast<double>(1 - crossing.level), static_cast<double>(crossing.time));
}

}  // namespace saddleflow::tools
