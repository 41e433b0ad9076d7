#include "pursuit_tables.hpp"

#include <fmt/format.h>

#include <cmath>
#include <string>

#include "saddleflow/base/critical_kind.hpp"
#include "saddleflow/job/path_bounds.hpp"
#include "saddleflow/record/run_description.hpp"

namespace saddleflow::tools {

namespace {

std::string layer_text(const archive::RoundRow& round) {
  return round.added_layer < 0 ? "all" : std::to_string(round.added_layer + 1);
}

std::string index_text(const archive::RoundRow& round) {
  if (round.index_negative < 0) return "-";
  return fmt::format("{}/{}+{}/{}", round.index_negative, round.index_zero_explained,
                     round.index_zero_unexplained, round.index_positive);
}

std::string point_text(const archive::RoundRow& round) {
  if (round.stop == flag_of(RoundStop::valley)) return name_of(RoundStop::valley);
  const std::optional<CriticalKind> kind = find_flag<CriticalKind>(round.kind);
  return kind ? in_words(*kind) : "?";
}

const char* explained(PursuitEnd end) {
  switch (end) {
    case PursuitEnd::loss:
      return "the loss asked for is reached";
    case PursuitEnd::budget:
      return "as many neurons as allowed";
    case PursuitEnd::stationary:
      return "no neuron lowers the loss: critical in every wider network, as far as single neurons tell";
    case PursuitEnd::not_critical:
      return "the last minimisation did not lead to a critical point";
    case PursuitEnd::no_progress:
      return "the loss did not fall";
    case PursuitEnd::interrupted:
      return "interrupted; --resume goes on";
    case PursuitEnd::going_on:
      break;
  }
  return "";
}

}  // namespace

void print_rounds_head(std::FILE* out, bool test_set) {
  fmt::print(out, "\n{:>5} {:>5} {:>3} {:>11} {:>9} {:>12} {:>12} {:>9} {:>13} {:<10} {:>8}{}\n", "round",
             "layer", "add", "N", "KKT res.", "loss before", "loss after", "neurons", "index -/0+0/+",
             "point", "|grad|", test_set ? fmt::format(" {:>10}", "test error") : "");
}

void print_round(std::FILE* out, const archive::RoundRow& r, Index number, bool test_set) {
  fmt::print(out, "{:>5} {:>5} {:>3} {:>11.5g} {:>9.1e} {:>12.6g} {:>12.6g} {:>9} {:>13} {:<10} {:>8.1e}{}\n",
             number, layer_text(r), r.added_neurons, r.value, r.kkt_residual, r.loss_before, r.loss_after,
             widths_text(r), index_text(r), point_text(r), r.relative_gradient,
             test_set ? fmt::format(" {:>10.4g}", r.test_error) : "");
}

void print_pursuit_end(std::FILE* out, const PursuitOutcome& outcome) {
  fmt::print(out, "\nend:     {}: {}\n", name_of(outcome.end), explained(outcome.end));
  if (outcome.record.rounds.empty()) return;
  const archive::RoundRow& last = outcome.record.rounds.back();
  fmt::print(out, "point:   {}, loss {:.6g}, neurons {}, |grad L| {:.1e} (relative {:.1e})", point_text(last),
             last.loss_after, widths_text(last), last.gradient_norm, last.relative_gradient);
  if (std::isfinite(last.next_value)) fmt::print(out, "; best N of a further neuron {:.3g}", last.next_value);
  fmt::print(out, "\n");
  for (const auto& [name, value] : outcome.record.summary.numbers)
    if (name != kSampledDecisions)  // no work: the tool says at its end what they mean
      fmt::print(out, "{}{} {:.0f}", name == "gradients" ? "work:    " : ", ", name, value);
  fmt::print(out, "\n");
}

}  // namespace saddleflow::tools
