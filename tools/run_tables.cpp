#include "run_tables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

namespace saddleflow::tools {

namespace {

double number(const archive::RunSummary& summary, const std::string& name) {
  for (const auto& [key, value] : summary.numbers)
    if (key == name) return value;
  return std::nan("");
}

long count(const archive::RunSummary& summary, const std::string& name) {
  return std::lround(number(summary, name));
}

std::string eigenvalue_counts(const archive::SaddleRow& s) {
  if (s.index_negative < 0) return "not all known";
  return fmt::format("{} negative, {} zero, {} positive", s.index_negative, s.index_zero, s.index_positive);
}

std::string visit_in_words(const archive::SaddleRow& s) {
  return fmt::format("{}, {}", name_of(by_flag<VisitDepth>(s.depth, "/saddles/depth")),
                     std::isnan(s.leave_time) ? "stayed" : "left");
}

void print_no_visit(std::FILE* out, const NearestRow& nearest) {
  if (std::isnan(nearest.proximity)) {
    fmt::print(out, "\nno critical point was visited\n");
    return;
  }
  fmt::print(
      out,
      "\nno critical point was visited: r came down to {:.2e} at t = {:.6g}, where the loss was {:.7g}\n",
      nearest.proximity, nearest.time, nearest.loss);
}

/// Means over all inputs have no kinks.
bool has_means(const archive::RunDescription& run) {
  return std::ranges::find(run.network_traits, "means") != run.network_traits.end();
}

}  // namespace

std::string or_dash(double x, const char* format) {
  return std::isnan(x) ? "-" : fmt::format(fmt::runtime(format), x);
}

void print_constant_columns(std::FILE* out, const archive::RunDescription& run) {
  if (!run.constant_columns.empty())
    fmt::print(out, "note: constant in the training set, so centred and not scaled: {}\n",
               fmt::join(run.constant_columns, ", "));
}

void print_heading(std::FILE* out, const archive::RunDescription& run) {
  // What has no activation has no slope and power either, whatever its neurons' degree.
  const std::string activation = run.activation.empty() && run.slope == 1
                                     ? ""
                                     : fmt::format("slope {:g}, power {}, ", run.slope, run.power);
  fmt::print(out, "{}: {} {}, {}degree {}; {} weights\n", run.title.empty() ? "run" : run.title,
             run.network_kind, fmt::join(run.layer_sizes, "-"), activation, run.degree,
             run.parameter_layer.size());
  const auto dropped = [](std::int64_t rows) {
    return rows > 0 ? fmt::format(", {} rows with gaps dropped", rows) : "";
  };
  fmt::print(out, "data: {}, {} samples, {} inputs, {} outputs{}; loss {} ({})\n", run.data_origin,
             has_means(run) ? "infinitely many" : std::to_string(run.sample_count), run.input_count,
             run.output_count, dropped(run.dropped_rows), run.loss, run.reduction);
  if (run.test_sample_count > 0)
    fmt::print(out, "test: {} samples{}\n", run.test_sample_count, dropped(run.test_dropped_rows));
  print_constant_columns(out, run);
}

void print_start(std::FILE* out, const archive::RunDescription& run) {
  const std::map<std::string, std::string> start(run.provenance.begin(), run.provenance.end());
  if (!start.contains("start_file")) return;
  fmt::print(out, "start: {} from critical point {} ({}) of {}: {}\n", start.at("start_delta"),
             start.at("start_point"), start.at("start_kind"), start.at("start_file"),
             start.at("start_direction"));
  if (start.at("start_clock") != "unknown")
    fmt::print(out, "       t = 0 is at t = {} of the run that visited it\n", start.at("start_clock"));
}

void print_ignored_kinks(std::FILE* out, const archive::RunDescription& run) {
  if (run.power == 1 && run.slope != 1 && !run.mode_changes && !has_means(run))
    fmt::print(
        out,
        "note: this activation has kinks; they are not followed here, and a flow that slides along them "
        "chatters\n");
}

void print_events(std::FILE* out, const archive::RunReader& run) {
  const auto& kinds = run.description().event_kinds;
  fmt::print(out, "\n{:>3}  {:<24} {:>19} {:>13} {:>10} {:>10} {:>11} {:>11}\n", "#", "event", "time", "loss",
             "|grad L|", "r", "lambda_min", "lambda_max");
  std::size_t i = 0;
  for (const archive::EventRow& e : run.event_rows())
    fmt::print(out, "{:>3}  {:<24} {:>19.13g} {:>13.7g} {:>10.2e} {:>10.2e} {:>11.3e} {:>11.3e}\n", ++i,
               kinds[static_cast<std::size_t>(e.kind)], e.time, e.loss, e.gradient_norm, e.proximity,
               e.lambda_min, e.lambda_max);
}

void print_visits(std::FILE* out, const archive::RunReader& run,
                  const std::vector<archive::SaddleRow>& visits) {
  if (visits.empty()) {
    print_no_visit(out, nearest_row(run));
    return;
  }
  fmt::print(out, "\n{:>3}  {:<16} {:>12} {:>12} {:>12} {:>13} {:>10} {:>10}  {}\n", "#", "visit", "enter",
             "closest", "leave", "loss", "r", "Newton", "Hessian at the closest approach");
  std::size_t i = 0;
  for (const archive::SaddleRow& s : visits)
    fmt::print(out, "{:>3}  {:<16} {:>12.6g} {:>12.6g} {:>12} {:>13.7g} {:>10.2e} {:>10}  {}\n", ++i,
               visit_in_words(s), s.enter_time, s.closest_time, or_dash(s.leave_time, "{:.6g}"), s.loss,
               s.proximity, or_dash(s.newton_distance, "{:.2e}"), eigenvalue_counts(s));
}

void print_stages(std::FILE* out, const archive::RunDescription& run,
                  const std::vector<archive::SaddleRow>& visits) {
  if (run.stage_loss.empty()) return;
  fmt::print(out, "\n{:>5}  {:<10} {:>12} {:>15} {:>6} {:>15} {:>11}\n", "stage", "frequency", "N",
             "loss predicted", "visit", "loss measured", "difference");
  for (std::size_t k = 0; k < run.stage_loss.size(); ++k) {
    const auto factors = static_cast<std::size_t>(run.group_factor_count);
    const std::vector<std::int64_t> frequency(
        run.stage_frequency.begin() + static_cast<long>(k * factors),
        run.stage_frequency.begin() + static_cast<long>((k + 1) * factors));
    fmt::print(out, "{:>5}  {:<10} {:>12.6g} {:>15.9g}", k + 1, fmt::format("{}", fmt::join(frequency, ",")),
               run.stage_correlation[k], run.stage_loss[k]);
    const auto apart = [&](const archive::SaddleRow& s) { return std::abs(s.loss - run.stage_loss[k]); };
    const auto nearest = std::min_element(visits.begin(), visits.end(),
                                          [&](const auto& a, const auto& b) { return apart(a) < apart(b); });
    if (nearest == visits.end() || k == 0)  // the first stage is the origin, where the flow starts
      fmt::print(out, " {:>6} {:>15} {:>11}\n", k == 0 ? "origin" : "-", "-", "-");
    else
      fmt::print(out, " {:>6} {:>15.9g} {:>11.2e}\n", nearest - visits.begin() + 1, nearest->loss,
                 nearest->loss - run.stage_loss[k]);
  }
}

void print_summary(std::FILE* out, const archive::RunSummary& s) {
  fmt::print(out, "\nstopped: {}\n", s.stop_reason);
  for (const auto& [key, value] : s.texts)
    if (key == "stop_message") fmt::print(out, "         {}\n", value);
  fmt::print(out, "gauges:  balance drift {:.2e}, energy identity {:.2e}, loss rise {:.2e} (rtol {:g})\n",
             number(s, "balance_drift"), number(s, "energy_drift"), number(s, "loss_rise"),
             number(s, "rtol"));
  if (!std::isnan(number(s, "test_loss")))
    fmt::print(out, "test:    mean loss {:.7g}, error {:.7g} on the test set, at the end\n",
               number(s, "test_loss"), number(s, "test_error"));
  if (!std::isnan(number(s, "mode_changes"))) {
    fmt::print(out, "kinks:   {} changes of the mode, at most {} pre-activations held at zero at once\n",
               count(s, "mode_changes"), count(s, "most_sliding"));
    if (count(s, "branchings") > 0)
      fmt::print(out,
                 "         not unique: the flow branches {} times, see the kind branch in /mode_changes\n",
                 count(s, "branchings"));
    if (count(s, "ambiguous_starts") > 0)
      fmt::print(
          out, "         not unique: {} pre-activations that are zero at t = 0 could leave by another side\n",
          count(s, "ambiguous_starts"));
  }
  fmt::print(
      out,
      "work:    {} steps, {} rejected, {} gradients, {} Hessian-vector products, {} Hessians, {} switches, "
      "{:.2f} s\n",
      count(s, "steps_accepted"),
      count(s, "steps_rejected_error") + count(s, "steps_rejected_nonfinite") +
          count(s, "steps_rejected_indefinite"),
      count(s, "gradients"), count(s, "hessian_vectors"), count(s, "hessians"), count(s, "stepper_switches"),
      number(s, "wall_seconds"));
}

void print_memory(std::FILE* out, std::size_t weights) {
  constexpr std::size_t large = 10'000;  // below, the libraries alone have more
  rusage usage{};
  if (weights < large || getrusage(RUSAGE_SELF, &usage) != 0) return;
  const double bytes = 1024.0 * static_cast<double>(usage.ru_maxrss);  // Linux counts in units of 1024
  fmt::print(out, "memory:  at most {:.0f} MB, as much as {:.0f} vectors of the weights\n", bytes / 1e6,
             bytes / (sizeof(Real) * static_cast<double>(weights)));
}

void print_verification(std::FILE* out, const Verification& v) {
  fmt::print(out, "verify:  path error {:.2e} (at t = {:g}), event times {:.2e}, event sequence {}{}{}\n",
             static_cast<double>(v.path_error), static_cast<double>(v.path_error_time),
             static_cast<double>(v.event_time_error),
             v.same_events ? "unchanged" : "changed: " + v.first_difference,
             v.mode_changes == 0 ? ""
             : v.same_modes      ? fmt::format(", {} changes of the mode unchanged", v.mode_changes)
                                 : ", changed: " + v.first_difference,
             v.complete ? "" : "; the second run ended early");
}

}  // namespace saddleflow::tools
