#include "arbiter/random_kinks.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "arbiter/dice.hpp"

namespace saddleflow::test {
namespace {

using Point = std::vector<double>;
using Points = std::vector<Point>;

Point times(double factor, Point x) {
  for (double& v : x) v *= factor;
  return x;
}

// x - 2 (n.x) n for a unit vector n.
Point reflected(Point x, const Point& n) {
  double along = 0;
  for (std::size_t j = 0; j < x.size(); ++j) along += n[j] * x[j];
  for (std::size_t j = 0; j < x.size(); ++j) x[j] -= 2 * along * n[j];
  return x;
}

Points generic_points(Dice& dice) {
  const int d = dice.between(1, 4), n = dice.between(3, 12);
  Points x;
  for (int i = 0; i < n; ++i) x.push_back(dice.normals(d));
  return x;
}

Points repeated_points(Dice& dice) {
  const int d = dice.between(1, 3), n = dice.between(2, 5);
  Points x;
  for (int i = 0; i < n; ++i)
    x.insert(x.end(), static_cast<std::size_t>(dice.between(2, 3)), dice.normals(d));
  return x;
}

Points opposite_points(Dice& dice) {
  const int d = dice.between(1, 3), n = dice.between(2, 5);
  Points x;
  for (int i = 0; i < n; ++i) {
    x.push_back(dice.normals(d));
    if (i == 0 || dice.chance(0.8)) x.push_back(times(-1, x.back()));
  }
  return x;
}

Points parallel_points(Dice& dice) {
  const int d = dice.between(1, 3), n = dice.between(2, 5);
  Points x;
  for (int i = 0; i < n; ++i) {
    x.push_back(dice.normals(d));
    if (i > 0 && dice.chance(0.2)) continue;
    x.push_back(times(2, x.back()));
    if (dice.chance(0.3)) x.push_back(times(dice.uniform(0.2, 3), x.back()));
  }
  return x;
}

Points mirrored_points(Dice& dice) {
  const int d = dice.between(2, 3), n = dice.between(2, 6);
  Point normal = dice.normals(d);
  if (dice.chance(0.3)) {  // along an axis the images are exact
    normal.assign(normal.size(), 0.0);
    normal[0] = 1;
  }
  double square = 0;
  for (const double v : normal) square += v * v;
  normal = times(1 / std::sqrt(square), normal);
  Points x;
  for (int i = 0; i < n; ++i) {
    x.push_back(dice.normals(d));
    x.push_back(reflected(x.back(), normal));
  }
  return x;
}

Points circle_points(Dice& dice) {
  const int n = std::array{4, 5, 6, 8, 10, 12, 16, 20, 24, 30}[static_cast<std::size_t>(dice.between(0, 9))];
  const double first = dice.chance(0.5) ? 0 : dice.uniform(0, 1);
  Points x;
  for (int i = 0; i < n; ++i) {
    const double angle = 2 * std::numbers::pi * (i + first) / n;
    x.push_back({std::cos(angle), std::sin(angle)});
  }
  return x;
}

Points integer_points(Dice& dice) {
  const int d = dice.between(1, 4), n = dice.between(3, 10);
  Points x;
  for (int i = 0; i < n; ++i) {
    Point p(static_cast<std::size_t>(d));
    for (double& v : p) v = dice.between(-2, 2);
    x.push_back(p);
  }
  return x;
}

Points one_hot_points(Dice& dice) {
  const int d = dice.between(2, 5), more = dice.between(0, 5);
  Points x;
  for (int i = 0; i < d + more; ++i) {
    Point p(static_cast<std::size_t>(d), 0.0);
    p[static_cast<std::size_t>(i < d ? i : dice.between(0, d - 1))] =
        i < d ? 1 : std::array{1.0, -1.0, 2.0}[static_cast<std::size_t>(dice.between(0, 2))];
    x.push_back(p);
  }
  return x;
}

Points hypercube_points(Dice& dice) {
  const int d = dice.between(2, 4), n = dice.between(3, 12);
  Points x;
  for (int i = 0; i < n; ++i) {
    Point p(static_cast<std::size_t>(d));
    for (double& v : p) v = dice.sign();
    x.push_back(p);
  }
  return x;
}

Points rounded_points(Dice& dice) {
  const int d = dice.between(1, 3), n = dice.between(2, 6);
  Points x;
  for (int i = 0; i < n; ++i) {
    x.push_back(dice.normals(d));
    Point twin = x.back();
    for (double& v : twin) v *= 1 + dice.between(-2, 2) * std::numeric_limits<double>::epsilon();
    x.push_back(twin);
  }
  return x;
}

Points points(DataKind kind, Dice& dice) {
  switch (kind) {
    case DataKind::generic:
      return generic_points(dice);
    case DataKind::repeated:
      return repeated_points(dice);
    case DataKind::opposite:
      return opposite_points(dice);
    case DataKind::parallel:
      return parallel_points(dice);
    case DataKind::mirrored:
      return mirrored_points(dice);
    case DataKind::circle:
      return circle_points(dice);
    case DataKind::integers:
      return integer_points(dice);
    case DataKind::one_hot:
      return one_hot_points(dice);
    case DataKind::hypercube:
      return hypercube_points(dice);
    case DataKind::rounded:
      return rounded_points(dice);
  }
  return {};
}

// Signs where the loss asks for them; else normals, integers, or a linear map of the inputs.
Points labels(const PlainProblem& p, int outputs, DataKind kind, Dice& dice) {
  Points y;
  const bool linear = dice.chance(0.4);
  Points map;
  for (int k = 0; k < outputs; ++k) map.push_back(dice.normals(static_cast<int>(p.inputs[0].size())));
  for (const Point& x : p.inputs) {
    Point label;
    for (const Point& row : map) {
      double value = 0;
      if (linear)
        for (std::size_t j = 0; j < x.size(); ++j) value += row[j] * x[j];
      else
        value = dice.normal();
      if (kind == DataKind::integers) value = std::round(value);
      label.push_back(p.logistic ? (value > 0 ? 1 : -1) : value);
    }
    y.push_back(label);
  }
  return y;
}

double slope(Dice& dice) {
  const double u = dice.uniform(0, 1);
  if (u < 0.3) return 0;
  if (u < 0.4) return -1;
  if (u < 0.43) return 1;
  return std::round(100 * dice.uniform(-1, 1)) / 100;
}

// Deep networks stay near the origin for longer than any run when they start small.
double start_scale(int hidden_layers, Dice& dice) {
  return dice.log_uniform(std::array{0.05, 0.15, 0.3}[static_cast<std::size_t>(hidden_layers - 1)], 1);
}

}  // namespace

std::string name(DataKind kind) {
  static const std::array<std::string, kDataKinds> names{"generic",   "repeated", "opposite", "parallel",
                                                         "mirrored",  "circle",   "integers", "one-hot",
                                                         "hypercube", "rounded"};
  return names[static_cast<std::size_t>(kind)];
}

std::string RandomKinks::description() const {
  return fmt::format("seed {} number {}: {}, {}, {} samples, slope {}, {} loss, {}, t = {:.4g}", seed, number,
                     name(kind), fmt::join(plain.widths, "-"), plain.inputs.size(), plain.slope,
                     plain.logistic ? "logistic" : "square", plain.mean ? "mean" : "sum", plain.t_end);
}

RandomKinks random_kinks(std::uint64_t seed, int number) {
  Dice dice(seed, number);
  RandomKinks made{seed, number, static_cast<DataKind>(number % kDataKinds), 1 + number / kDataKinds % 3, {}};
  PlainProblem& p = made.plain;
  p.slope = slope(dice);
  p.logistic = dice.chance(0.3);
  p.mean = dice.chance(0.5);
  p.t_end = std::round(100 * dice.log_uniform(3, 30)) / 100;
  p.inputs = points(made.kind, dice);
  const int outputs = std::array{1, 1, 2, 3}[static_cast<std::size_t>(dice.between(0, 3))];
  p.targets = labels(p, outputs, made.kind, dice);
  p.widths.push_back(static_cast<int>(p.inputs[0].size()));
  for (int l = 0; l < made.hidden_layers; ++l) p.widths.push_back(dice.between(1, 6));
  p.widths.push_back(outputs);
  const double scale = start_scale(made.hidden_layers, dice);
  for (std::size_t l = 1; l < p.widths.size(); ++l)
    for (int j = 0; j < p.widths[l] * p.widths[l - 1]; ++j) p.start.push_back(scale * dice.normal());
  return made;
}

}  // namespace saddleflow::test
