// KKT points, the limit path from the origin and the saddles of a problem, without a file. H = W_2 W_1 x on
// the unit vectors as inputs and the columns of diag(3, 1) as targets: the saddles fit the singular values
// one after another, of losses (9 + 1) / 2, 1 / 2 and 0, and the highest KKT point has N = 3 / 2.
#include <cmath>
#include <cstdio>
#include <saddleflow/saddleflow.hpp>

using namespace saddleflow;

namespace {

double row(const char* what, const CriticalPoint& point) {
  std::printf("%-12s %-8s loss %.12f, %ld negative eigenvalues, %zu ways down\n", what,
              std::string(name_of(point.kind)).c_str(), point.refinement.loss,
              static_cast<long>(point.spectrum.negative), point.escapes.size());
  return point.refinement.loss;
}

}  // namespace

int main() {
  Dataset data;
  data.inputs = Matrix::Identity(2, 2);
  data.targets = Matrix{{3, 0}, {0, 1}};
  Objective objective(feed_forward({2, 3, 2}, Activation()), data, make_loss("square"));

  Correlation correlation(objective);
  const KktTable table = find_kkt_points(correlation, {});
  for (const KktEntry& entry : table.entries)
    std::printf("KKT point    N = %.12f, residual %.0e, basin %.0f %%\n", entry.point.value,
                entry.point.residual, 100 * entry.basin_share);
  const KktPoint& best = table.entries.front().point;

  const LimitPath path = compute_limit_path(objective, best, {});
  std::printf("limit path   %s after %zu points\n", path.stop_reason.text().c_str(), path.points.size());

  Catalogue catalogue(objective);
  catalogue.add(analyse_critical_point(objective, Vector::Zero(objective.size())));
  catalogue.add(analyse_critical_point(objective, path.end.point));
  const CriticalPoint& saddle = catalogue.at(1);
  if (saddle.escapes.empty()) return 1;
  const Connection on = follow_escape(objective, saddle, saddle.escapes.front(), +1);
  catalogue.add(on.end);

  const double first = row("origin", catalogue.at(0)), second = row("limit path's", catalogue.at(1)),
               third = row("next", catalogue.points().back());
  return std::abs(best.value - 1.5) < 1e-9 && std::abs(first - 5) < 1e-12 && std::abs(second - 0.5) < 1e-9 &&
                 std::abs(third) < 1e-9 && catalogue.points().size() == 3
             ? 0
             : 1;
}
