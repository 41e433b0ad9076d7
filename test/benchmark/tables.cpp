#include "benchmark/tables.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>

#include "saddleflow/base/error.hpp"

namespace saddleflow::benchmark {
namespace {

// Errors are differences to a reference, whose own error may be as large as the floor: three times as much is
// the error's own, mostly.
constexpr Real kAboveFloor = 3;

std::vector<Real> compared_errors(Real floor) {
  std::vector<Real> errors;
  for (int digits = 2; digits <= 10; ++digits) {
    const Real error = std::pow(Real(10), Real(-digits));
    if (error >= kAboveFloor * floor) errors.push_back(error);
  }
  return errors;
}

std::string shown(const Ratio& ratio) {
  if (!ratio.own) return "not reached";
  if (ratio.peer) return fmt::format("{:.2f}", *ratio.peer / *ratio.own);
  return fmt::format("> {:.2g}", ratio.spent / *ratio.own);
}

std::string shown_cost(const std::optional<double>& cost, const char* format) {
  return cost ? fmt::format(fmt::runtime(format), *cost) : "-";
}

}  // namespace

void print_head() {
  fmt::print("{:<12} {:>7} {:>7} {:>10} {:>9} {:>9} {:>8} {:>8} {:>9} {:>10}\n", "method", "scale", "rtol",
             "error", "gradients", "Hv", "Hessians", "factor.", "g-eq", "seconds");
}

void print_line(const Line& line, Real floor) {
  const std::string error = !line.finished ? "-"
                            : line.error < kAboveFloor * floor
                                ? fmt::format("<{:.1e}", static_cast<double>(kAboveFloor * floor))
                                : fmt::format("{:.1e}", static_cast<double>(line.error));
  fmt::print("{:<12} {:>7} {:>7.0e} {:>10} {:>9} {:>9} {:>8} {:>8} {:>9.0f} {:>10.4f}{}\n", line.method,
             line.own() ? "" : fmt::format("{:.0e}", static_cast<double>(line.scale)),
             static_cast<double>(line.rtol), error, line.gradients, line.hessian_vectors, line.hessians,
             line.factorisations, line.equivalents, line.seconds, line.finished ? "" : "  " + line.remark);
  std::fflush(stdout);
}

void print_ratios(const std::vector<Line>& lines, Real floor) {
  fmt::print("{:<8} {:>11} {:>11} {:>12}  {:<12} {:>9} {:>9} {:>12}  {}\n", "error", "ours [s]", "peer [s]",
             "ratio", "best peer", "ours", "peer", "ratio, g-eq", "best peer");
  for (const Real error : compared_errors(floor)) {
    const Ratio time = ratio_at(lines, error, Cost::seconds);
    const Ratio work = ratio_at(lines, error, Cost::equivalents);
    fmt::print("{:<8.0e} {:>11} {:>11} {:>12}  {:<12} {:>9} {:>9} {:>12}  {}\n", static_cast<double>(error),
               shown_cost(time.own, "{:.4f}"), shown_cost(time.peer, "{:.4f}"), shown(time), time.best,
               shown_cost(work.own, "{:.0f}"), shown_cost(work.peer, "{:.0f}"), shown(work), work.best);
  }
}

CsvFiles::CsvFiles(const std::string& prefix) : prefix_(prefix) {
  if (prefix.empty()) return;
  runs_.open(prefix + ".csv");
  ratios_.open(prefix + "-ratios.csv");
  runs_ << "case,method,atol_scale,rtol,error,floor,finished,steps,gradients,values,hessian_vectors,hessians,"
           "factorisations,gradient_equivalents,seconds,remark\n";
  ratios_ << "case,error,own_seconds,peer_seconds,best_peer,own_equivalents,peer_equivalents,"
             "best_peer_equivalents\n";
  if (!runs_ || !ratios_) throw IoError(prefix + ".csv: cannot be written");
}

void CsvFiles::add(const std::string& name, const std::vector<Line>& lines, Real floor) {
  if (prefix_.empty()) return;
  for (const Line& l : lines)
    runs_ << fmt::format("{},{},{},{:.0e},{},{:.3e},{},{},{},{},{},{},{},{:.1f},{:.6f},{}\n", name, l.method,
                         l.own() ? "" : fmt::format("{:.0e}", static_cast<double>(l.scale)),
                         static_cast<double>(l.rtol),
                         l.finished ? fmt::format("{:.6e}", static_cast<double>(l.error)) : "",
                         static_cast<double>(floor), l.finished ? 1 : 0, l.steps, l.gradients, l.values,
                         l.hessian_vectors, l.hessians, l.factorisations, l.equivalents, l.seconds, l.remark);
  for (const Real error : compared_errors(floor)) {
    const Ratio time = ratio_at(lines, error, Cost::seconds);
    const Ratio work = ratio_at(lines, error, Cost::equivalents);
    const auto cell = [](const std::optional<double>& cost) {
      return cost ? fmt::format("{:.6g}", *cost) : std::string();
    };
    ratios_ << fmt::format("{},{:.0e},{},{},{},{},{},{}\n", name, static_cast<double>(error), cell(time.own),
                           cell(time.peer), time.best, cell(work.own), cell(work.peer), work.best);
  }
  runs_.flush();
  ratios_.flush();
  if (!runs_ || !ratios_) throw IoError(prefix_ + ".csv: cannot be written");
}

}  // namespace saddleflow::benchmark
