// Directions of the first layer over time, where they are angles.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "saddleflow/report/directions.hpp"
#include "saddleflow/report/json_parts.hpp"

namespace saddleflow::report {

namespace {

double degrees(const std::vector<double>& row) { return std::atan2(row[1], row[0]) * 180 / std::numbers::pi; }

/// A neuron's incoming weights in polar coordinates.
struct PolarPath {
  Column angle, norm;
};

PolarPath polar_path(const std::vector<DirectionMoment>& path, std::size_t neuron) {
  PolarPath out;
  for (const DirectionMoment& moment : path) {
    const std::vector<double>& row = moment.rows[neuron];
    out.norm.push_back(std::hypot(row[0], row[1]));
    out.angle.push_back(out.norm.back() > 0 ? degrees(row) : archive::not_known);
  }
  return out;
}

/// Directions of the neurons of the run's KKT point, each once.
std::vector<double> target_angles(const RunData& run) {
  std::vector<double> found;
  if (run.run_point < 0) return found;
  for (const auto& row : first_rows(run, run.kkt[static_cast<std::size_t>(run.run_point)].direction)) {
    const double angle = degrees(row);
    if (std::none_of(found.begin(), found.end(), [&](double a) { return std::abs(a - angle) < 0.5; }))
      found.push_back(angle);
  }
  return found;
}

}  // namespace

Column steps_at(const RunData& run, const Column& times) {
  Column steps;
  for (const double t : times) steps.push_back(step_at(run, t));
  return steps;
}

Json angle_plot(const RunData& run, const Directions& directions, std::size_t points) {
  Column time;
  for (const DirectionMoment& moment : directions.path) time.push_back(moment.time);
  std::vector<PolarPath> paths;
  std::vector<Column> targets;
  std::vector<Curve> curves;
  paths.reserve(directions.neurons.size());
  for (std::size_t k = 0; k < directions.neurons.size() && !time.empty(); ++k) {
    paths.push_back(polar_path(directions.path, k));
    curves.push_back({neuron_name({0, directions.neurons[k]}), &paths.back().angle, 0, &paths.back().norm});
  }
  if (!time.empty())
    for (const double angle : target_angles(run)) targets.emplace_back(time.size(), angle);
  for (const Column& target : targets) curves.push_back({"KKT point", &target, -1});
  return plot_json(time, steps_at(run, time), curves, points, {});
}

}  // namespace saddleflow::report
