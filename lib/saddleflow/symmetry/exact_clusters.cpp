// The best clusterings by dynamic programming over the subsets of the neurons.
#include <algorithm>
#include <bit>
#include <vector>

#include "saddleflow/symmetry/cluster_fit.hpp"

namespace saddleflow {
namespace {

using Subset = std::size_t;  // a bit a neuron

std::vector<Index> members_of(Subset set) {
  std::vector<Index> members;
  for (Index k = 0; set >> k; ++k)
    if ((set >> k) & 1U) members.push_back(k);
  return members;
}

Vector costs_of_subsets(const ClusterProblem& problem) {
  Vector costs = Vector::Zero(Index(1) << problem.size());
  for (Index set = 1; set < costs.size(); ++set)
    costs[set] = best_cost(problem, members_of(static_cast<Subset>(set)));
  return costs;
}

/// The best clusterings of every subset with one cluster more than those of `fewer`.
Vector with_one_more(const Vector& fewer, const Vector& one, const Vector& zero_costs) {
  Vector best = fewer;
  for (Subset set = 1; set < static_cast<Subset>(best.size()); ++set) {
    const Subset first = set & (~set + 1), others = set ^ first;
    Real& least = best[static_cast<Index>(set)];
    least = std::min(least, zero_costs[std::countr_zero(first)] + best[static_cast<Index>(others)]);
    // All subsets of the others, the first neuron with them, as one cluster.
    for (Subset part = others;; part = (part - 1) & others) {
      least =
          std::min(least, one[static_cast<Index>(part | first)] + fewer[static_cast<Index>(others ^ part)]);
      if (part == 0) break;
    }
  }
  return best;
}

}  // namespace

Vector exact_cluster_costs(const ClusterProblem& problem) {
  const Index count = problem.size();
  const Vector one = costs_of_subsets(problem);
  Vector best(one.size());
  best[0] = 0;
  for (Index set = 1; set < best.size(); ++set) {
    const Subset rest = static_cast<Subset>(set) & (static_cast<Subset>(set) - 1);
    best[set] =
        problem.zero_costs[std::countr_zero(static_cast<Subset>(set))] + best[static_cast<Index>(rest)];
  }
  Vector costs(count + 1);
  for (Index h = 0; h <= count; ++h) {
    costs[h] = best[best.size() - 1];
    if (h < count) best = with_one_more(best, one, problem.zero_costs);
  }
  return costs;
}

}  // namespace saddleflow
