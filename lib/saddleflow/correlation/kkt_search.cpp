#include "saddleflow/correlation/kkt_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/correlation/certificate.hpp"
#include "saddleflow/correlation/kkt_ascent.hpp"

namespace saddleflow {
namespace {

struct Candidate {
  KktPoint point;
  Matrix outputs;
  Index starts = 0;
};

bool same(Real value_a, const Matrix& a, Real value_b, const Matrix& b, Real tolerance) {
  const Real value = std::max(std::abs(value_a), std::abs(value_b));
  return std::abs(value_a - value_b) <= tolerance * value &&
         (a - b).norm() <= tolerance * std::max(a.norm(), b.norm());
}

bool same(const Candidate& a, const Candidate& b) {
  if (a.point.null || b.point.null) return a.point.null && b.point.null;
  return same(a.point.value, a.outputs, b.point.value, b.outputs, kSameOutputs);
}

/// Collects the ends of ascents and descents, each KKT point once.
class Collection {
 public:
  Collection(Correlation& correlation, Real tolerance) : correlation_(correlation), tolerance_(tolerance) {}

  /// False when the point is not one to the tolerance.
  bool add(KktPoint point, Index starts) {
    if (point.residual > tolerance_) return false;
    Candidate candidate{std::move(point), {}, starts};
    candidate.outputs = correlation_.outputs(candidate.point.direction);
    for (Candidate& known : candidates_)
      if (same(known, candidate)) {
        candidate.starts += known.starts;
        // At the border of a family, where a neuron is zero, less can be said than within.
        if (active_neurons(candidate) <= active_neurons(known))
          known.starts = candidate.starts;
        else
          known = std::move(candidate);
        return true;
      }
    candidates_.push_back(std::move(candidate));
    return true;
  }

  /// Certified, highest value first. `ascents`: what basin shares are shares of.
  std::vector<KktEntry> entries(Index ascents) {
    std::stable_sort(candidates_.begin(), candidates_.end(),
                     [](const Candidate& a, const Candidate& b) { return a.point.value > b.point.value; });
    std::vector<KktEntry> entries;
    for (const Candidate& candidate : candidates_) {
      entries.push_back(certify(correlation_, candidate.point, tolerance_));
      entries.back().starts = candidate.starts;
      entries.back().basin_share = static_cast<Real>(candidate.starts) / static_cast<Real>(ascents);
    }
    return entries;
  }

 private:
  Index active_neurons(const Candidate& candidate) const {
    Index active = 0;
    for (const Neuron& neuron : correlation_.network().neurons())
      if (std::any_of(neuron.incoming.begin(), neuron.incoming.end(),
                      [&](Index i) { return candidate.point.direction[i] != 0; }))
        ++active;
    return active;
  }

  Correlation& correlation_;
  Real tolerance_;
  std::vector<Candidate> candidates_;
};

WorkCounters difference(const WorkCounters& after, const WorkCounters& before) {
  return {after.values - before.values, after.gradients - before.gradients,
          after.hessian_vectors - before.hessian_vectors, after.hessians - before.hessians};
}

KktPoint descend(Correlation& correlation, const Vector& start, Real tolerance) {
  KktPoint point = ascend(CorrelationOnSphere(correlation, -1), start, tolerance);
  point.value = point.null ? Real(0) : -point.value;
  return point;
}

void check_scale(const Correlation& correlation) {
  if (correlation.output_scale() != 0)
    throw InputError(fmt::format("KKT search: output scale {}, expected 0",
                                 static_cast<double>(correlation.output_scale())));
}

}  // namespace

KktTable find_kkt_points(Correlation& correlation, const KktSearchOptions& options) {
  if (options.starts < 1)
    throw InputError(fmt::format("KKT search: {} starts, expected at least 1", options.starts));
  require_homogeneous(correlation.network(), "KKT points");
  check_scale(correlation);
  const WorkCounters before = correlation.counters();
  const CorrelationOnSphere upwards(correlation, 1);
  Random random(options.seed);
  Collection collection(correlation, options.tolerance);
  KktTable table;
  table.seed = options.seed;
  while (table.starts < options.starts && !table.interrupted) {
    const Vector start = random.unit_vector(correlation.size());
    if (!collection.add(ascend(upwards, start, options.tolerance), 1)) ++table.unresolved;
    if (options.descend) collection.add(descend(correlation, start, options.tolerance), 0);
    ++table.starts;
    if (options.progress) options.progress(table.starts, options.starts);
    table.interrupted = options.interrupt != nullptr && options.interrupt->load();
  }
  table.entries = collection.entries(table.starts);
  table.work = difference(correlation.counters(), before);
  return table;
}

KktPoint polish_kkt_point(Correlation& correlation, const Vector& direction, Real tolerance) {
  check_scale(correlation);
  if (direction.size() != correlation.size() || !direction.allFinite() || !(direction.stableNorm() > 0))
    throw InputError(fmt::format("direction: expected {} finite numbers, not all zero", correlation.size()));
  return polish(CorrelationOnSphere(correlation, 1), direction, tolerance);
}

bool equivalent(Correlation& correlation, const Vector& a, const Vector& b, Real tolerance) {
  const Real value_a = correlation.value(a);
  const Matrix outputs_a = correlation.outputs(a);
  const Real value_b = correlation.value(b);
  return same(value_a, outputs_a, value_b, correlation.outputs(b), tolerance);
}

}  // namespace saddleflow
