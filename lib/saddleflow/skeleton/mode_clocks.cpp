// Degree 2 with a hidden layer that may be rotated: Q' = F Q for the neuron vectors Q, and modes for neurons.
#include <algorithm>
#include <cmath>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/correlation/separable.hpp"
#include "saddleflow/problem/correlation_unit.hpp"
#include "saddleflow/skeleton/hidden_subset.hpp"
#include "saddleflow/skeleton/inactive_clock_kinds.hpp"

namespace saddleflow {

namespace {

// Overlaps that are rounding: eigenvectors are known to rounding over the gaps between eigenvalues.
constexpr Real kNoOverlap = Real(1e-9);

struct ModeClock {
  Index place = 0;
  Vector direction;
  Real s = 0;  ///< size delta^{1-s}
  Real rate = 0;
};

class ModeClocks final : public InactiveClocks {
 public:
  ModeClocks(const Objective& objective, const Vector& direction) : whole_(objective) {
    const Network& network = objective.network();
    for (Index k = 0; k < static_cast<Index>(network.neurons().size()); ++k) {
      const Vector w = neuron_weights(network, direction, k);
      if (!w.isZero(0)) clocks_.push_back({k, w.stableNormalized()});
    }
  }

  /// The largest mode takes the fastest direction that it has a part of. From the next one, by a rotation
  /// among the neurons that is small as the sizes differ, the part along that direction can be removed: it
  /// takes the fastest of the others, and so on.
  void look(const Vector& /*point*/, const Matrix& residual) override {
    const auto problem = one_neuron_problem(whole_, residual);
    Correlation correlation(*problem);
    Matrix f;
    correlation.hessian(Vector::Zero(correlation.size()), f);
    const SymmetricEigen eigen = symmetric_eigen(f, "skeleton: correlation of residual and inputs");
    std::stable_sort(clocks_.begin(), clocks_.end(),
                     [](const ModeClock& a, const ModeClock& b) { return a.s > b.s; });
    rounding_ = kLeastValue * residual.norm() * problem->data().inputs.norm();
    assign(eigen);
    work_ = work_ + correlation.counters();
  }

  Real wait() const override {
    Real least = kNever;
    for (const ModeClock& clock : clocks_)
      if (clock.rate > 0) least = std::min(least, std::max((1 - clock.s) / clock.rate, Real(0)));
    return least;
  }

  std::vector<NeuronDirection> advance(Real wait, Real tie) override {
    std::vector<NeuronDirection> due;
    std::vector<ModeClock> left;
    for (ModeClock& clock : clocks_) {
      clock.s += wait * clock.rate;
      if (clock.rate > 0 && clock.s >= 1 - tie * clock.rate)
        due.emplace_back(clock.place, clock.direction);
      else
        left.push_back(std::move(clock));
    }
    clocks_ = std::move(left);
    return due;
  }

  void add(const NeuronDirection& neuron) override { clocks_.push_back({neuron.first, neuron.second, 1}); }

  void write_clocks(Vector& clocks) const override {
    for (const ModeClock& clock : clocks_) clocks[clock.place] = clock.s;
  }

  WorkCounters work() const override { return work_; }

 private:
  void assign(const SymmetricEigen& eigen) {
    const Index n = eigen.values.size();
    Matrix parts(n, static_cast<Index>(clocks_.size()));  // along the eigenvectors, fastest first
    for (std::size_t k = 0; k < clocks_.size(); ++k)
      parts.col(static_cast<Index>(k)) = (eigen.vectors.transpose() * clocks_[k].direction).reverse();
    std::vector<ModeClock> left;
    for (Index k = 0; k < parts.cols(); ++k) {
      Index first = 0;
      while (first < n && std::abs(parts(first, k)) <= kNoOverlap) ++first;
      if (first == n) continue;
      for (Index l = k + 1; l < parts.cols(); ++l)
        parts.col(l) -= parts(first, l) / parts(first, k) * parts.col(k);
      const Real rate = eigen.values[n - 1 - first];
      ModeClock clock = clocks_[static_cast<std::size_t>(k)];
      clock.direction = std::copysign(Real(1), parts(first, k)) * eigen.vectors.col(n - 1 - first);
      clock.rate = std::abs(rate) <= rounding_ ? Real(0) : rate;
      left.push_back(std::move(clock));
    }
    clocks_ = std::move(left);
  }

  const Objective& whole_;
  std::vector<ModeClock> clocks_;
  Real rounding_ = 0;
  WorkCounters work_;
};

}  // namespace

std::unique_ptr<InactiveClocks> mode_clocks(const Objective& objective, const Vector& direction) {
  return std::make_unique<ModeClocks>(objective, direction);
}

}  // namespace saddleflow
