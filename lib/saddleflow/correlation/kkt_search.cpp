#include "saddleflow/correlation/kkt_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/interruption.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/correlation/certificate.hpp"
#include "saddleflow/correlation/kkt_ascent.hpp"
#include "saddleflow/correlation/neuron_ascent.hpp"

namespace saddleflow {
namespace {

// Starts whose climbs are made before their ends are sorted in: enough for any number of threads, and few
// enough to hold. Ends are sorted in the order of the starts.
constexpr Index kStartsAtATime = 256;

// A point of a network with fewer weights is certified after an interruption as well: an eigendecomposition
// of that size takes a twentieth of a second.
constexpr Index kQuicklyCertified = 300;

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

  /// Certified, highest value first. `ascents`: what basin shares are shares of. After an interruption only
  /// where that is quick.
  std::vector<KktEntry> entries(Index ascents, const std::atomic<bool>* interrupt) {
    std::stable_sort(candidates_.begin(), candidates_.end(),
                     [](const Candidate& a, const Candidate& b) { return a.point.value > b.point.value; });
    const Network& network = correlation_.network();
    const bool quick = correlation_.size() <= kQuicklyCertified || NeuronSum::applies_to(network);
    const InterruptScope scope(quick ? nullptr : interrupt);
    std::vector<KktEntry> entries;
    try {
      for (const Candidate& candidate : candidates_) {
        entries.push_back(certify(correlation_, candidate.point, tolerance_));
        entries.back().starts = candidate.starts;
        entries.back().basin_share = static_cast<Real>(candidate.starts) / static_cast<Real>(ascents);
      }
    } catch (const Interrupted&) {
    }
    return entries;
  }
  Index size() const { return static_cast<Index>(candidates_.size()); }

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

/// Climbs for one thread: neuron by neuron where N is a sum over neurons.
class Climber {
 public:
  explicit Climber(Correlation& correlation) : correlation_(correlation) {
    if (NeuronSum::applies_to(correlation.network())) sum_.emplace(correlation);
  }
  /// With a copy of the problem.
  explicit Climber(std::unique_ptr<Correlation> own) : Climber(*own) { own_ = std::move(own); }

  /// Drops what is kept of an earlier climb: the count of a climb does not depend on who made the one before.
  void begin(const Vector& start) { correlation_.value(start); }
  KktPoint up(const Vector& start, Real tolerance) { return climb(1, start, tolerance); }
  /// The value is that of N.
  KktPoint down(const Vector& start, Real tolerance) {
    KktPoint point = climb(-1, start, tolerance);
    point.value = point.null ? Real(0) : -point.value;
    return point;
  }
  KktPoint nearest(const Vector& direction, Real tolerance) {
    return sum_ ? polish_by_neurons(*sum_, direction, tolerance)
                : polish(CorrelationOnSphere(correlation_, 1), direction, tolerance);
  }
  /// What a copy of the problem has been asked for; the calls of the caller's are counted there.
  WorkCounters own_work() const { return own_ ? own_->counters() : WorkCounters(); }
  /// What one neuron has been asked for.
  WorkCounters take_neuron_work() { return sum_ ? sum_->take_work() : WorkCounters(); }

 private:
  KktPoint climb(int sign, const Vector& start, Real tolerance) {
    return sum_ ? ascend_by_neurons(*sum_, sign, start, tolerance)
                : ascend(CorrelationOnSphere(correlation_, sign), start, tolerance);
  }

  std::unique_ptr<Correlation> own_;
  Correlation& correlation_;
  std::optional<NeuronSum> sum_;
};

/// What a start leads to; `made` is false where an interruption came first.
struct Ends {
  KktPoint up;
  std::optional<KktPoint> down;
  bool made = false;
};

/// The climbs from many starts, on the threads of some workers. They do not know of one another, and what
/// they find is kept by the number of the start.
class Climbs {
 public:
  Climbs(Correlation& correlation, const KktSearchOptions& options)
      : correlation_(correlation), options_(options) {}

  std::vector<Ends> from(const std::vector<Vector>& starts, Index done_before) {
    const InterruptScope scope(options_.interrupt);
    std::vector<Ends> ends(starts.size());
    done_ = done_before;
    const auto job = [&](Index k) {
      const auto at = static_cast<std::size_t>(k);
      if (interrupted()) return;
      std::unique_ptr<Climber> climber = take();
      try {
        climber->begin(starts[at]);
        ends[at].up = climber->up(starts[at], options_.tolerance);
        if (options_.descend) ends[at].down = climber->down(starts[at], options_.tolerance);
        ends[at].made = true;
      } catch (const Interrupted&) {
      }
      give_back(std::move(climber));
    };
    run_jobs(options_.workers, static_cast<Index>(starts.size()), job);
    return ends;
  }

  /// By the caller of the search, or of the work that it is part of.
  bool interrupted() const {
    const std::atomic<bool>* flag = options_.interrupt != nullptr ? options_.interrupt : current_interrupt();
    return flag != nullptr && flag->load();
  }

  /// After the last climb: adds the work of all threads to the counters of the caller's correlation.
  void count_work() {
    // Rounded once: the sum does not depend on who has made which climb.
    WorkCounters own, of_neuron;
    for (auto& climber : idle_) {
      own = own + climber->own_work();
      of_neuron = of_neuron + climber->take_neuron_work();
    }
    const auto neurons = static_cast<Index>(correlation_.network().neurons().size());
    if (NeuronSum::applies_to(correlation_.network())) own = own + in_whole_networks(of_neuron, neurons);
    correlation_.set_counters(correlation_.counters() + own);
  }

 private:
  std::unique_ptr<Climber> take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<Climber> climber = std::move(idle_.back());
        idle_.pop_back();
        return climber;
      }
    }
    return std::make_unique<Climber>(std::make_unique<Correlation>(
        Objective(correlation_.shared_network(), correlation_.data(), correlation_.loss())));
  }

  void give_back(std::unique_ptr<Climber> climber) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(climber));
    if (options_.progress) options_.progress(++done_, options_.starts);
  }

  Correlation& correlation_;
  const KktSearchOptions& options_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Climber>> idle_;
  Index done_ = 0;
};

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
  Climbs climbs(correlation, options);
  Random random(options.seed);
  Collection collection(correlation, options.tolerance);
  KktTable table;
  table.seed = options.seed;
  while (table.starts < options.starts && !table.interrupted) {
    std::vector<Vector> starts;
    for (Index k = table.starts; k < std::min(options.starts, table.starts + kStartsAtATime); ++k)
      starts.push_back(random.unit_vector(correlation.size()));
    for (Ends& ends : climbs.from(starts, table.starts)) {
      if (!ends.made) continue;
      if (!collection.add(std::move(ends.up), 1)) ++table.unresolved;
      if (ends.down) collection.add(std::move(*ends.down), 0);
      ++table.starts;
    }
    table.interrupted = climbs.interrupted();
  }
  climbs.count_work();
  table.entries = collection.entries(table.starts, options.interrupt);
  table.not_certified = collection.size() - std::ssize(table.entries);
  table.interrupted = table.interrupted || table.not_certified > 0;
  table.work = difference(correlation.counters(), before);
  return table;
}

KktPoint polish_kkt_point(Correlation& correlation, const Vector& direction, Real tolerance) {
  check_scale(correlation);
  if (direction.size() != correlation.size() || !direction.allFinite() || !(direction.stableNorm() > 0))
    throw InputError(fmt::format("direction: expected {} finite numbers, not all zero", correlation.size()));
  return Climber(correlation).nearest(direction, tolerance);
}

bool equivalent(Correlation& correlation, const Vector& a, const Vector& b, Real tolerance) {
  const Real value_a = correlation.value(a);
  const Matrix outputs_a = correlation.outputs(a);
  const Real value_b = correlation.value(b);
  return same(value_a, outputs_a, value_b, correlation.outputs(b), tolerance);
}

}  // namespace saddleflow
