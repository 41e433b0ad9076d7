// Good clusterings by merging, for many neurons.
#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

#include "saddleflow/symmetry/cluster_fit.hpp"

namespace saddleflow {
namespace {

constexpr Real kNever = std::numeric_limits<Real>::infinity();

// With at most this many clusters left neurons are moved between them: so many widths matter on the plateaus
// of a path, and it keeps the cost at H^2 d. By judgement.
constexpr Index kMovedClusters = 16;
// Rounds of moves; rarely more than three take place.
constexpr int kMoveRounds = 10;

struct NeuronCluster {
  std::vector<Index> members;
  Vector centre;
  Real cost = 0;       ///< of its members
  Real zero_cost = 0;  ///< of its members put to zero
  Real weight = 0;     ///< for rays the sum of squares along the centre, else the number of members
};

/// The clusters while they are merged. Slots of merged ones stay empty.
class Merging {
 public:
  explicit Merging(const ClusterProblem& problem);
  Index count() const { return count_; }
  Real cost() const;
  /// The cheapest step to one cluster less. False: there is none.
  bool merge();

 private:
  bool alive(Index i) const { return !clusters_[static_cast<std::size_t>(i)].members.empty(); }
  NeuronCluster& at(Index i) { return clusters_[static_cast<std::size_t>(i)]; }
  const NeuronCluster& at(Index i) const { return clusters_[static_cast<std::size_t>(i)]; }
  Index slots() const { return static_cast<Index>(clusters_.size()); }

  void fit(NeuronCluster& cluster) const;
  /// By how much the cost rises if the two become one, to leading order; on the diagonal: if i becomes zero.
  Real rise(Index i, Index j) const;
  void find_partner(Index i);
  void renew(Index i);
  void join(Index i, Index j);
  void put_to_zero(Index i);
  void drop(Index i);
  bool move_neurons();
  void rebuild();

  const ClusterProblem& problem_;
  std::vector<NeuronCluster> clusters_;
  std::vector<Index> zero_;
  Matrix rises_;
  std::vector<Index> partner_;  ///< where the rise is least; the cluster itself: to zero
  Index count_ = 0;
};

Merging::Merging(const ClusterProblem& problem)
    : problem_(problem),
      clusters_(static_cast<std::size_t>(problem.size())),
      partner_(static_cast<std::size_t>(problem.size()), 0),
      count_(problem.size()) {
  for (Index k = 0; k < count_; ++k) {
    at(k).members = {k};
    fit(at(k));
  }
  rebuild();
}

void Merging::rebuild() {
  rises_ = Matrix::Constant(slots(), slots(), kNever);
  for (Index i = 0; i < slots(); ++i)
    for (Index j = 0; j <= i; ++j)
      if (alive(i) && alive(j)) rises_(i, j) = rises_(j, i) = rise(i, j);
  for (Index i = 0; i < slots(); ++i)
    if (alive(i)) find_partner(i);
}

Real Merging::cost() const {
  Real sum = 0;
  for (const NeuronCluster& cluster : clusters_) sum += cluster.cost;
  for (const Index k : zero_) sum += problem_.zero_costs[k];
  return sum;
}

void Merging::fit(NeuronCluster& cluster) const {
  if (cluster.centre.size() == 0) cluster.centre = Vector::Zero(problem_.neurons.rows());
  cluster.centre = improved_centre(problem_, cluster.members, std::move(cluster.centre));
  cluster.cost = cost_of(problem_, cluster.members, cluster.centre);
  cluster.zero_cost = 0;
  cluster.weight = problem_.rays ? 0 : static_cast<Real>(cluster.members.size());
  for (const Index k : cluster.members) {
    cluster.zero_cost += problem_.zero_costs[k];
    if (!problem_.rays) continue;
    const Real along = aligned(problem_, problem_.neurons.col(k), cluster.centre).dot(cluster.centre);
    cluster.weight += along > 0 ? along * along : 0;
  }
}

Real Merging::rise(Index i, Index j) const {
  const NeuronCluster &a = at(i), &b = at(j);
  if (i == j) return a.zero_cost - a.cost;
  const Vector other = aligned(problem_, b.centre, a.centre);
  const Real total = a.weight + b.weight;
  if (!problem_.rays) return a.weight * b.weight / total * (a.centre - other).squaredNorm();
  const Real cosine = a.centre.dot(other);
  if (!(cosine > 0)) return std::min(a.weight, b.weight);
  // The smaller eigenvalue of [[a, sqrt(ab) cos], [sqrt(ab) cos, b]], without cancellation.
  const Real sine2 = (other - cosine * a.centre).squaredNorm(), product = a.weight * b.weight;
  const Real apart = a.weight - b.weight;
  const Real larger = (total + std::sqrt(apart * apart + 4 * product * cosine * cosine)) / 2;
  return larger > 0 ? product * sine2 / larger : 0;  // 0: both so small that their squares are
}

void Merging::find_partner(Index i) { rises_.col(i).minCoeff(&partner_[static_cast<std::size_t>(i)]); }

/// After cluster i has changed.
void Merging::renew(Index i) {
  for (Index j = 0; j < slots(); ++j) rises_(i, j) = rises_(j, i) = alive(j) ? rise(i, j) : kNever;
  find_partner(i);
  for (Index j = 0; j < slots(); ++j) {
    if (j == i || !alive(j)) continue;
    Index& partner = partner_[static_cast<std::size_t>(j)];
    if (partner == i || !alive(partner))
      find_partner(j);
    else if (rises_(i, j) < rises_(partner, j))
      partner = i;
  }
}

void Merging::drop(Index i) {
  at(i) = NeuronCluster();
  rises_.col(i).setConstant(kNever);
  rises_.row(i).setConstant(kNever);
  --count_;
}

void Merging::join(Index i, Index j) {
  NeuronCluster& kept = at(i);
  NeuronCluster& other = at(j);
  if (kept.weight < other.weight) std::swap(kept, other);
  kept.members.insert(kept.members.end(), other.members.begin(), other.members.end());
  drop(j);
  fit(kept);
  renew(i);
}

void Merging::put_to_zero(Index i) {
  zero_.insert(zero_.end(), at(i).members.begin(), at(i).members.end());
  drop(i);
  for (Index j = 0; j < slots(); ++j)
    if (alive(j) && partner_[static_cast<std::size_t>(j)] == i) find_partner(j);
}

/// Every neuron to where it costs least. Whether one has moved.
bool Merging::move_neurons() {
  constexpr Index zero = -1;
  std::vector<std::vector<Index>> members(clusters_.size());
  std::vector<Index> at_zero;
  for (Index k = 0; k < problem_.size(); ++k) {
    Index best = zero;
    Real least = problem_.zero_costs[k];
    for (Index i = 0; i < slots(); ++i) {
      if (!alive(i)) continue;
      // One that is alone stays for nothing, unless zero costs nothing either.
      const std::vector<Index>& there = at(i).members;
      const Real cost = there.size() == 1 && there.front() == k ? 0 : distance_to(problem_, k, at(i).centre);
      if (cost < least) std::tie(best, least) = std::pair(i, cost);
    }
    (best == zero ? at_zero : members[static_cast<std::size_t>(best)]).push_back(k);
  }
  bool moved = false;
  for (Index i = 0; i < slots(); ++i) {
    std::vector<Index>& now = members[static_cast<std::size_t>(i)];
    std::ranges::sort(at(i).members);
    if (now == at(i).members) continue;
    moved = true;
    if (now.empty()) {
      drop(i);
      continue;
    }
    at(i).members = std::move(now);
    fit(at(i));
  }
  zero_ = std::move(at_zero);
  return moved;
}

bool Merging::merge() {
  Index from = -1;
  Real least = kNever;
  for (Index i = 0; i < slots(); ++i) {
    if (!alive(i)) continue;
    const Real rise = rises_(partner_[static_cast<std::size_t>(i)], i);
    if (rise < least) std::tie(from, least) = std::pair(i, rise);
  }
  if (from < 0) return false;
  const Index to = partner_[static_cast<std::size_t>(from)];
  if (from == to)
    put_to_zero(from);
  else
    join(from, to);
  if (count_ > kMovedClusters) return true;
  bool moved = false;
  for (int round = 0; round < kMoveRounds && move_neurons(); ++round) moved = true;
  if (moved) rebuild();
  return true;
}

}  // namespace

Vector merged_cluster_costs(const ClusterProblem& problem) {
  Vector costs = Vector::Constant(problem.size() + 1, kNever);
  Merging merging(problem);
  costs[merging.count()] = merging.cost();
  while (merging.count() > 0 && merging.merge())
    costs[merging.count()] = std::min(costs[merging.count()], merging.cost());
  for (Index h = 1; h < costs.size(); ++h) costs[h] = std::min(costs[h], costs[h - 1]);
  return costs;
}

Vector cluster_costs(const ClusterProblem& problem) {
  return problem.size() <= exact_clusters(problem.sign) ? exact_cluster_costs(problem)
                                                        : merged_cluster_costs(problem);
}

}  // namespace saddleflow
