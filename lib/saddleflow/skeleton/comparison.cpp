#include "saddleflow/skeleton/comparison.hpp"

#include <algorithm>
#include <limits>

#include "saddleflow/pursuit/growth.hpp"

namespace saddleflow {

namespace {

constexpr Real kNoMatch = std::numeric_limits<Real>::infinity();

Real time_between(const SaddleStop& a, const SaddleStop& b) {
  if (a.after == 0 && b.after == 0) return b.time - a.time;
  return a.after == 0 || b.after == 0 ? std::numeric_limits<Real>::quiet_NaN() : b.after - a.after;
}

/// What two tails have in common: pairs, then closeness.
struct Common {
  Index pairs = 0;
  Real distance = 0;
  bool better_than(const Common& other) const {
    return pairs != other.pairs ? pairs > other.pairs : distance < other.distance;
  }
};

class CommonSubsequence {
 public:
  CommonSubsequence(const SaddleSequence& first, const SaddleSequence& second, Real tolerance)
      : first_(first.stops), second_(second.stops), tolerance_(tolerance) {
    best_.assign(first_.size() + 1, std::vector<Common>(second_.size() + 1));
    for (std::size_t i = first_.size(); i-- > 0;)
      for (std::size_t j = second_.size(); j-- > 0;) best_[i][j] = better_start(i, j);
  }

  std::vector<StopMatch> matches() const {
    std::vector<StopMatch> result;
    std::size_t i = 0, j = 0;
    while (i < first_.size() || j < second_.size()) {
      if (j == second_.size() || (i < first_.size() && !pairs_here(i, j) && skips_first(i, j)))
        result.push_back(alone(i++, &StopMatch::first));
      else if (i == first_.size() || !pairs_here(i, j))
        result.push_back(alone(j++, &StopMatch::second));
      else
        result.push_back(pair(i++, j++));
    }
    return result;
  }

 private:
  Common with_pair(std::size_t i, std::size_t j) const {
    const Real d = output_distance(first_[i].outputs, second_[j].outputs);
    if (!(d <= tolerance_)) return {-1, kNoMatch};
    const Common& rest = best_[i + 1][j + 1];
    return {rest.pairs + 1, rest.distance + d};
  }
  Common better_start(std::size_t i, std::size_t j) const {
    Common best = best_[i + 1][j];
    for (const Common& other : {best_[i][j + 1], with_pair(i, j)})
      if (other.better_than(best)) best = other;
    return best;
  }
  bool pairs_here(std::size_t i, std::size_t j) const {
    const Common here = with_pair(i, j);
    return !best_[i + 1][j].better_than(here) && !best_[i][j + 1].better_than(here);
  }
  bool skips_first(std::size_t i, std::size_t j) const {
    return !best_[i][j + 1].better_than(best_[i + 1][j]);
  }

  static StopMatch alone(std::size_t k, Index StopMatch::*in) {
    StopMatch match;
    match.*in = static_cast<Index>(k);
    return match;
  }
  StopMatch pair(std::size_t i, std::size_t j) const {
    const SaddleStop &a = first_[i], &b = second_[j];
    return {static_cast<Index>(i), static_cast<Index>(j), output_distance(a.outputs, b.outputs),
            b.loss - a.loss,       time_between(a, b),    a.active_neurons == b.active_neurons};
  }

  const std::vector<SaddleStop>&first_, &second_;
  Real tolerance_;
  std::vector<std::vector<Common>> best_;
};

}  // namespace

Real output_distance(const Matrix& first, const Matrix& second) {
  if (first.rows() != second.rows() || first.cols() != second.cols()) return kNoMatch;
  const Real size = first.norm(), difference = (first - second).norm();
  return size > 0 ? difference / size : difference;
}

SaddleSequence sequence_of(const Skeleton& skeleton) {
  SaddleSequence sequence{"skeleton", {}};
  for (const SkeletonJump& jump : skeleton.jumps)
    sequence.stops.push_back({jump.time, jump.loss, jump.outputs, jump.active_neurons, jump.after});
  return sequence;
}

SaddleSequence sequence_of(const std::vector<PursuitRound>& rounds, const Network& family,
                           const Dataset& data, const Loss& loss) {
  SaddleSequence sequence{"pursuit", {}};
  for (const PursuitRound& round : rounds) {
    Objective problem(with_widths(family, round.neurons), data, loss);
    const bool critical = round.point.is_critical();
    const Vector w =
        critical ? round.point.basis.leave(problem.network(), round.point.point()) : round.descent.weights;
    SaddleStop stop;
    stop.loss = round.loss_after;
    stop.outputs = problem.outputs(w);
    stop.active_neurons = critical ? round.point.active_neurons : round.neurons;
    sequence.stops.push_back(std::move(stop));
  }
  return sequence;
}

std::vector<StopMatch> match_sequences(const SaddleSequence& first, const SaddleSequence& second,
                                       Real tolerance) {
  std::vector<StopMatch> matches = CommonSubsequence(first, second, tolerance).matches();
  // Times since the first stop say nothing where the first stops are not the same.
  const bool aligned = !matches.empty() && matches.front().first == 0 && matches.front().second == 0;
  for (StopMatch& match : matches)
    if (!aligned && match.is_pair() && second.stops[static_cast<std::size_t>(match.second)].after != 0)
      match.time_difference = std::numeric_limits<Real>::quiet_NaN();
  return matches;
}

}  // namespace saddleflow
