#include "benchmark/unit_costs.hpp"

#include <algorithm>

#include "benchmark/peer.hpp"

namespace saddleflow::benchmark {
namespace {

// A loop is long beside the resolution of the clock, and the least of some is free of most disturbances.
constexpr double kLoopSeconds = 0.01;
constexpr int kLoops = 5;

/// Seconds of one call of f(w). Weights change from call to call, so that nothing kept is used again.
template <class Function>
double best_time(const Vector& w, Function f) {
  const Vector points[] = {w, Real(1.0009765625) * w};
  double best = 0;
  for (int loop = 0; loop < kLoops; ++loop) {
    const Stopwatch watch;
    int calls = 0;
    double seconds = 0;
    do {
      for (const Vector& point : points) f(point);
      calls += 2;
      seconds = watch.seconds();
    } while (seconds < kLoopSeconds);
    const double one = seconds / calls;
    best = loop == 0 ? one : std::min(best, one);
  }
  return best;
}

}  // namespace

UnitCosts measure_unit_costs(Objective& objective, const Vector& w, Index dense_limit) {
  Vector g(w.size()), out(w.size());
  const Vector v = Vector::Ones(w.size());
  UnitCosts costs;
  costs.gradient_seconds = best_time(w, [&](const Vector& x) { objective.gradient(x, g); });
  costs.value = best_time(w, [&](const Vector& x) { objective.value(x); }) / costs.gradient_seconds;
  const double both = best_time(w, [&](const Vector& x) {
    objective.gradient(x, g);
    objective.hessian_vector(x, v, out);
  });
  costs.hessian_vector = both / costs.gradient_seconds - 1;
  if (w.size() <= dense_limit) {
    Matrix h(w.size(), w.size());
    costs.hessian = best_time(w, [&](const Vector& x) { objective.hessian(x, h); }) / costs.gradient_seconds;
  }
  return costs;
}

}  // namespace saddleflow::benchmark
