#include "skeleton_tables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <string>

namespace saddleflow::tools {

namespace {

constexpr std::size_t kMostNeurons = 6;

std::string number(Real x, const char* format) {
  return std::isnan(x) ? "-" : fmt::format(fmt::runtime(format), static_cast<double>(x));
}

/// Counted from 1.
std::string neurons(const std::vector<Index>& list) {
  if (list.empty()) return "-";
  std::string out;
  for (std::size_t i = 0; i < list.size() && i < kMostNeurons; ++i)
    out += fmt::format("{}{}", i > 0 ? " " : "", list[i] + 1);
  return list.size() > kMostNeurons ? fmt::format("{} ... ({})", out, list.size()) : out;
}

std::string kind(const SkeletonJump& jump) { return jump.point ? in_words(jump.point->kind) : "-"; }

/// Eigenvalues below, at and above zero, and ways down.
std::string index(const SkeletonJump& jump) {
  if (!jump.point || !jump.point->is_critical()) return "-";
  const Spectrum& s = jump.point->spectrum;
  return fmt::format("{}/{}/{}, {} down", s.negative, s.zero, s.positive, jump.point->escapes.size());
}

/// Slow time; where the jumps after the first one have their own, +time since the first.
std::string slow_time(Real time, Real after) {
  return after > 0 ? fmt::format("+{:.10g}", static_cast<double>(after)) : number(time, "{:.10g}");
}

std::string slow_unit(int degree) {
  return degree == 2 ? "t / ln(1/delta)" : fmt::format("t delta^{}", degree - 2);
}

void print_jumps(std::FILE* out, const SkeletonRun& run) {
  const Skeleton& s = run.skeleton;
  if (s.end == SkeletonEnd::not_known) {
    fmt::print(out, "no skeleton: {}\n", s.detail);
    return;
  }
  fmt::print(out, "{:>3} {:>15} {:>13}  {:<20} {:<12} {:>6} {:>14}  {:<10} {}\n", "#", "slow time",
             "flow time", "on", "off", "active", "loss", "point", "index -/0/+");
  int count = 0;
  for (const SkeletonJump& jump : s.jumps)
    fmt::print(out, "{:>3} {:>15} {:>13.6g}  {:<20} {:<12} {:>6} {:>14.8g}  {:<10} {}\n", ++count,
               slow_time(jump.time, jump.after),
               static_cast<double>(flow_time_of(s.degree, jump.time, std::log(run.delta)) +
                                   flow_time_of(s.later_degree, jump.after, std::log(run.delta))),
               neurons(jump.activated), neurons(jump.deactivated), jump.active.size(),
               static_cast<double>(jump.loss), kind(jump), index(jump));
  fmt::print(out, "end: {}\n", name_of(s.end));
  if (!s.detail.empty()) fmt::print(out, "     {}\n", s.detail);
}

/// `first`: the sequence that `sequence` is compared with.
void print_match(std::FILE* out, const StopMatch& match, const Absence& absence,
                 const SaddleSequence& sequence, const char* first) {
  const std::string place = match.first < 0 ? "-" : fmt::format("{}", match.first + 1);
  if (match.second < 0) {
    fmt::print(out, "{:>3} {:>15} (not visited: {})\n", place, "-", absence.words);
    return;
  }
  const SaddleStop& stop = sequence.stops[static_cast<std::size_t>(match.second)];
  const std::string active = fmt::format("{}{}", fmt::join(stop.active_neurons, " "),
                                         match.is_pair() && !match.same_active_neurons ? " *" : "");
  fmt::print(out, "{:>3} {:>15} {:>13} {:>10} {:>14.8g} {:>12} {:>10}{}\n", place,
             slow_time(stop.time, stop.after),
             match.is_pair() ? number(match.time_difference, "{:+.4e}") : "-", active,
             static_cast<double>(stop.loss), match.is_pair() ? number(match.loss_difference, "{:+.1e}") : "-",
             match.is_pair() ? number(match.output_distance, "{:.1e}") : "-",
             match.is_pair() ? "" : fmt::format("  (not in the {}: {})", first, absence.words));
}

void print_sequence(std::FILE* out, const SkeletonRun& run, const ComparedSequence& other) {
  const std::string name =
      other.delta > 0 ? fmt::format("flow from delta = {:g}", static_cast<double>(other.delta)) : "pursuit";
  fmt::print(out, "\n{}: {}\n", name, other.end);
  const char* first = run.skeleton.end == SkeletonEnd::not_known ? "first" : "skeleton";
  const std::string difference = std::string("- ") + first;
  fmt::print(out, "{:>3} {:>15} {:>13} {:>10} {:>14} {:>12} {:>10}\n", "#", "slow time", difference, "active",
             "loss", difference, "outputs");
  for (std::size_t k = 0; k < other.matches.size(); ++k)
    print_match(out, other.matches[k], other.absences[k], other.sequence, first);
}

}  // namespace

void print_skeleton(std::FILE* out, const SkeletonRun& run) {
  if (!run.description.title.empty()) fmt::print(out, "{}\n", run.description.title);
  fmt::print(out, "network: {}; {} samples; L(0) = {:.8g}\n", run.network, run.samples,
             static_cast<double>(run.skeleton.loss_at_origin));
  std::string unit = slow_unit(run.skeleton.degree);
  if (run.skeleton.later_degree != run.skeleton.degree)
    unit += fmt::format("; from the first jump on {}, with a +", slow_unit(run.skeleton.later_degree));
  fmt::print(out, "slow time: {}; flow times at delta = {:g}\n\n", unit, static_cast<double>(run.delta));
  print_jumps(out, run);
  for (const ComparedSequence& other : run.others) print_sequence(out, run, other);
}

}  // namespace saddleflow::tools
