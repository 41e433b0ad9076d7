#include "benchmark/curves.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace saddleflow::benchmark {
namespace {

using Curve = std::vector<Line>;

/// Runs than which no other is both cheaper and as exact, from cheap to exact.
Curve front(Curve lines, Cost cost) {
  std::stable_sort(lines.begin(), lines.end(),
                   [cost](const Line& a, const Line& b) { return cost_of(a, cost) < cost_of(b, cost); });
  Curve kept;
  for (Line& line : lines)
    if (line.finished && std::isfinite(line.error) && (kept.empty() || line.error < kept.back().error))
      kept.push_back(std::move(line));
  return kept;
}

double most_spent(const Curve& lines, Cost cost) {
  double most = 0;
  for (const Line& line : lines) most = std::max(most, cost_of(line, cost));
  return most;
}

}  // namespace

double cost_of(const Line& line, Cost cost) {
  return cost == Cost::seconds ? line.seconds : line.equivalents;
}

std::optional<double> cost_at(const std::vector<Line>& curve, Real error, Cost cost) {
  const Curve runs = front(curve, cost);
  const auto exact =
      std::find_if(runs.begin(), runs.end(), [error](const Line& line) { return line.error <= error; });
  if (exact == runs.end()) return std::nullopt;
  if (exact == runs.begin() || exact->error <= 0) return cost_of(*exact, cost);
  const Line& rough = *(exact - 1);
  const double part =
      static_cast<double>(std::log(error / rough.error) / std::log(exact->error / rough.error));
  return std::exp(std::log(cost_of(rough, cost)) +
                  part * std::log(cost_of(*exact, cost) / cost_of(rough, cost)));
}

Ratio ratio_at(const std::vector<Line>& lines, Real error, Cost cost) {
  std::map<std::pair<std::string, Real>, Curve> curves;
  for (const Line& line : lines) curves[{line.method, line.scale}].push_back(line);
  Ratio ratio;
  ratio.error = error;
  bool first = true;
  for (const auto& [key, curve] : curves) {
    const std::optional<double> here = cost_at(curve, error, cost);
    if (curve.front().own()) {
      ratio.own = here;
      continue;
    }
    if (here && (!ratio.peer || *here < *ratio.peer)) {
      ratio.peer = here;
      ratio.best = key.first;
    }
    const double spent = most_spent(curve, cost);
    ratio.spent = first ? spent : std::min(ratio.spent, spent);
    first = false;
  }
  return ratio;
}

}  // namespace saddleflow::benchmark
