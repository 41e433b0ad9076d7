// The costs of clusterings against a slow search, and how far merging is above the best.
#include "saddleflow/symmetry/neuron_clusters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cmath>
#include <limits>
#include <vector>

#include "saddleflow/base/random.hpp"

namespace saddleflow::test {

namespace {

constexpr Real kInfinite = std::numeric_limits<Real>::infinity();

struct ClusterKind {
  const char* name;
  bool rays;
  SignSymmetry sign;
  bool incoming_alone;  ///< is what has to be zero
};

const std::vector<ClusterKind> kClusterKinds{{"rays", true, SignSymmetry::none, false},
                                             {"rays, even", true, SignSymmetry::incoming, false},
                                             {"equal", false, SignSymmetry::none, true},
                                             {"equal, even", false, SignSymmetry::incoming, true},
                                             {"equal, odd", false, SignSymmetry::both, true}};

ClusterProblem cluster_problem(const ClusterKind& kind, const Matrix& neurons, Index incoming) {
  ClusterProblem problem{neurons, incoming, kind.rays, kind.sign, {}};
  problem.zero_costs =
      neurons.topRows(kind.incoming_alone ? incoming : neurons.rows()).colwise().squaredNorm();
  return problem;
}

Vector turned(const ClusterProblem& problem, Vector x) {
  if (problem.sign == SignSymmetry::both) x = -x;
  if (problem.sign == SignSymmetry::incoming) x.head(problem.incoming) *= -1;
  return x;
}

/// Squared distance from x, turned where that is nearer, to the ray of c or to c.
Real slow_distance(const ClusterProblem& problem, const Vector& x, const Vector& c) {
  const auto to = [&](const Vector& y) {
    const Real along = problem.rays ? std::max(Real(0), y.dot(c) / c.squaredNorm()) : Real(1);
    return (y - along * c).squaredNorm();
  };
  return problem.sign == SignSymmetry::none ? to(x) : std::min(to(x), to(turned(problem, x)));
}

/// A minimiser that knows nothing of means and eigenvectors: steps of random direction that shrink, from
/// every member and from random starts.
Real slow_cost(const ClusterProblem& problem, const std::vector<Index>& members, Random& random) {
  if (members.size() < 2) return 0;
  const auto cost = [&](const Vector& c) {
    Real sum = 0;
    for (const Index k : members) sum += slow_distance(problem, problem.neurons.col(k), c);
    return sum;
  };
  Real least = kInfinite;
  const auto starts = static_cast<Index>(members.size()) + 2;
  for (Index start = 0; start < starts; ++start) {
    Vector c = start < starts - 2 ? Vector(problem.neurons.col(members[static_cast<std::size_t>(start)]))
                                  : random.normal_matrix(problem.neurons.rows(), 1).col(0);
    Real found = cost(c);
    for (Real step = Real(0.5); step > Real(1e-5);) {
      const Vector next = c + step * c.norm() * random.unit_vector(c.size());
      const Real there = cost(next);
      if (there < found) {
        found = there;
        c = next;
        step *= Real(1.5);
      } else {
        step *= Real(0.93);
      }
    }
    least = std::min(least, found);
  }
  return least;
}

/// Every neuron to zero or to one of h clusters, all ways.
class EveryClustering {
 public:
  EveryClustering(const ClusterProblem& problem, Random& random) : problem_(problem) {
    for (Index set = 0; set < Index(1) << problem.size(); ++set) {
      std::vector<Index> members;
      for (Index k = 0; k < problem.size(); ++k)
        if ((set >> k) & 1) members.push_back(k);
      of_set_.push_back(slow_cost(problem, members, random));
    }
  }
  Real least(Index h) const { return least(0, 0, std::vector<std::size_t>(static_cast<std::size_t>(h), 0)); }

 private:
  Real least(Index k, Real at_zero, std::vector<std::size_t> sets) const {
    if (k == problem_.size()) {
      for (const std::size_t set : sets) at_zero += of_set_[set];
      return at_zero;
    }
    Real best = least(k + 1, at_zero + problem_.zero_costs[k], sets);
    for (std::size_t& set : sets) {
      set |= std::size_t(1) << k;
      best = std::min(best, least(k + 1, at_zero, sets));
      set ^= std::size_t(1) << k;
    }
    return best;
  }
  const ClusterProblem& problem_;
  std::vector<Real> of_set_;
};

/// Independent neurons, or around a few rays, the norms spread over two decades.
Matrix some_neurons(Random& random, Index size, Index count, bool grouped) {
  Matrix neurons = random.normal_matrix(size, count);
  if (!grouped) return neurons;
  const Matrix centres = random.normal_matrix(size, 3);
  for (Index k = 0; k < count; ++k)
    neurons.col(k) =
        std::pow(Real(10), 2 * random.uniform() - 1) * (centres.col(k % 3) + Real(0.2) * neurons.col(k));
  return neurons;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(neuron_clusters_test)

BOOST_AUTO_TEST_CASE(exact_costs_are_the_least_of_all_clusterings) {
  constexpr std::uint64_t seed = 7;
  Random random(seed);
  for (const ClusterKind& kind : kClusterKinds) {
    Real above = 0, below = 0;
    for (int trial = 0; trial < 6; ++trial) {
      const Index count = 2 + trial % 4;
      const ClusterProblem problem = cluster_problem(kind, some_neurons(random, 3, count, trial % 2 == 1), 2);
      const Vector exact = exact_cluster_costs(problem);
      const EveryClustering every(problem, random);
      const Real size = problem.neurons.squaredNorm();
      for (Index h = 0; h < count; ++h) {
        const Real off = exact[h] - every.least(h);
        above = std::max(above, off / size);
        below = std::max(below, -off / size);
      }
      BOOST_TEST(exact[count] == 0);
    }
    BOOST_TEST_MESSAGE(
        fmt::format("{} (seed {}): at most {:.1e} of |w|^2 above a random search, {:.1e} below", kind.name,
                    seed, static_cast<double>(above), static_cast<double>(below)));
    BOOST_TEST(above <= 1e-12);  // never above a place that was found
    BOOST_TEST(below <= 1e-6);   // as far as the search has come
  }
}

BOOST_AUTO_TEST_CASE(merging_is_an_upper_bound_and_near_the_least) {
  constexpr std::uint64_t seed = 11;
  Random random(seed);
  for (const ClusterKind& kind : kClusterKinds)
    for (const bool grouped : {false, true}) {
      int compared = 0, equal = 0;
      Real worst = 1, sum = 0;
      for (int trial = 0; trial < 60; ++trial) {
        const Index count = kind.rays && kind.sign != SignSymmetry::none ? 6 : 8;
        const ClusterProblem problem =
            cluster_problem(kind, some_neurons(random, 2 + trial % 4, count, grouped), 1 + trial % 2);
        const Vector exact = exact_cluster_costs(problem), merged = merged_cluster_costs(problem);
        for (Index h = 0; h < count; ++h) {
          BOOST_TEST(merged[h] >= exact[h] - 1e-13 * problem.neurons.squaredNorm());
          BOOST_TEST(merged[h] >= merged[h + 1]);
          const Real ratio = exact[h] > 0 ? std::sqrt(merged[h] / exact[h]) : Real(1);
          ++compared;
          equal += ratio < 1 + Real(1e-4) ? 1 : 0;
          worst = std::max(worst, ratio);
          sum += ratio - 1;
        }
      }
      BOOST_TEST_MESSAGE(fmt::format(
          "{}, {} (seed {}): the least distance in {:.0f} % of {}, on average {:.2g} % above, at most {:.2g} "
          "%",
          kind.name, grouped ? "around three centres" : "independent neurons", seed, 100. * equal / compared,
          compared, static_cast<double>(100 * sum / compared), static_cast<double>(100 * (worst - 1))));
      BOOST_TEST(equal >= 0.6 * compared);
      BOOST_TEST(sum <= 0.03 * compared);
      BOOST_TEST(worst <= 1.5);
    }
}

// Three rays and zero neurons, in any order: nothing is to be moved.
BOOST_AUTO_TEST_CASE(clusters_that_are_there_are_found) {
  constexpr std::uint64_t seed = 3;
  Random random(seed);
  for (const ClusterKind& kind : kClusterKinds)
    for (const Index count : {Index(6), Index(40)}) {
      Matrix neurons = Matrix::Zero(5, count);
      const Matrix centres = random.normal_matrix(5, 3);
      ClusterProblem problem = cluster_problem(kind, neurons, 3);
      for (Index k = 0; k < count; ++k) {
        if (k % 4 == 3) continue;
        Vector neuron = centres.col(k % 4);
        if (kind.rays) neuron *= std::pow(Real(10), -4 * random.uniform());
        if (kind.sign != SignSymmetry::none && random.sign() < 0) neuron = turned(problem, neuron);
        neurons.col(k) = neuron;
      }
      problem = cluster_problem(kind, neurons, 3);
      const Vector costs = cluster_costs(problem);
      BOOST_TEST(costs[3] <= 1e-29 * problem.neurons.squaredNorm());
      BOOST_TEST(costs[2] >= 1e-9 * problem.neurons.squaredNorm());
    }
}

BOOST_AUTO_TEST_CASE(without_neurons_that_add_nothing) {
  Random random(5);
  for (const Index count : {Index(4), Index(9)}) {
    ClusterProblem problem = cluster_problem(kClusterKinds[2], random.normal_matrix(3, count), 3);
    problem.zero_costs.setConstant(kInfinite);
    const Vector costs = cluster_costs(problem);
    const Matrix centred = problem.neurons.colwise() - problem.neurons.rowwise().mean();
    BOOST_TEST(!std::isfinite(costs[0]));
    BOOST_TEST(std::abs(costs[1] - centred.squaredNorm()) <= 1e-13 * costs[1]);  // the variance
  }
}

BOOST_AUTO_TEST_CASE(time_of_a_layer) {
  Random random(2);
  for (const ClusterKind& kind : kClusterKinds)
    for (const Index count : {Index(4), Index(6), Index(8), Index(16), Index(32), Index(128), Index(256)}) {
      const ClusterProblem problem = cluster_problem(kind, random.normal_matrix(21, count), 20);
      const auto start = std::chrono::steady_clock::now();
      const int times = count > 32 ? 1 : 20;
      for (int k = 0; k < times; ++k) BOOST_TEST(cluster_costs(problem)[count] == 0);
      const double ms =
          std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
      BOOST_TEST_MESSAGE(
          fmt::format("{}: {} neurons of 21 weights take {:.3g} ms", kind.name, count, ms / times));
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::test
