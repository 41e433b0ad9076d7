#include "benchmark/comparison.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>
#include <map>
#include <utility>

#include "benchmark/own_run.hpp"
#include "benchmark/peer_methods.hpp"
#include "benchmark/tables.hpp"
#include "benchmark/unit_costs.hpp"
#include "saddleflow/base/error.hpp"

namespace saddleflow::benchmark {
namespace {

constexpr Index kDense = 4000;            // a Hessian of 128 MB
constexpr double kLeastBudget = 0.5;      // seconds: less is mostly noise
constexpr double kReferenceBudget = 600;  // seconds, of the peer that is a reference
constexpr Real kTimesTolerance = Real(1e-6);

Real power_of_ten(int digits) { return std::pow(Real(10), Real(-digits)); }

/// Largest relative difference of the weights at the times.
Real difference(const std::vector<Vector>& a, const std::vector<Vector>& b) {
  Real worst = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const Real here = (a[i] - b[i]).norm() / b[i].norm();
    if (!(here <= worst)) worst = here;
  }
  return worst;
}

class CaseRun {
 public:
  CaseRun(const Case& c, const ComparisonOptions& options)
      : case_(c), options_(options), problem_(problem_of(c, options.root)) {}

  Comparison run() {
    fmt::print("\n== {}: {} {}, {} weights, {} samples, t_end {:g}\n", case_.name, problem_.network->kind(),
               problem_.study.text("flow.stepper"), problem_.w0.size(), problem_.data.inputs.cols(),
               static_cast<double>(problem_.t_end));
    times_ = sample_times(case_, options_.root, kTimesTolerance);
    make_references();
    measure_costs();
    print_head();
    for (int d = case_.loosest; d <= case_.tightest; d += case_.steps) own(power_of_ten(d));
    for (const PeerMethod& method : peer_methods())
      if (case_.peers.empty() ||
          std::find(case_.peers.begin(), case_.peers.end(), method.name) != case_.peers.end())
        for (const Real scale : case_.scales) peer(method, scale);
    print_ratios(result_.lines, result_.floor);
    return std::move(result_);
  }

 private:
  PeerRun peer_run(const PeerMethod& method, Real scale, Real rtol, double budget) const {
    Objective objective(problem_.network, problem_.data, problem_.loss);
    const PeerTask task{objective, problem_.w0, times_, rtol, rtol * scale * size_, budget};
    return method.run(task);
  }

  void make_references() {
    PeerRun own = run_own(case_, options_.root, case_.own_set, times_, case_.own_rtol);
    if (!own.finished) throw NumericalError(case_.name + ": the reference stopped: " + own.remark);
    reference_ = std::move(own.path);
    for (const Vector& w : reference_)
      size_ = std::max(size_, w.norm() / std::sqrt(static_cast<Real>(w.size())));
    const PeerRun other =
        peer_run(peer_method(case_.peer), case_.peer_scale, case_.peer_rtol, kReferenceBudget);
    if (!other.finished)
      throw NumericalError(fmt::format("{}: the reference by {} stopped at t = {:g}: {}", case_.name,
                                       case_.peer, static_cast<double>(other.time), other.remark));
    result_.floor = difference(other.path, reference_);
    fmt::print("references: ours at rtol {:.0e} ({:.1f} s) and {} at {:.0e} ({:.1f} s) agree to {:.1e}\n",
               static_cast<double>(case_.own_rtol), own.seconds, case_.peer,
               static_cast<double>(case_.peer_rtol), other.seconds, static_cast<double>(result_.floor));
  }

  void measure_costs() {
    Objective objective(problem_.network, problem_.data, problem_.loss);
    costs_ = measure_unit_costs(objective, reference_.back(), kDense);
    fmt::print("a gradient takes {:.2f} us; value {:.2f}, Hv {:.2f}, Hessian {:.1f} gradients\n",
               1e6 * costs_.gradient_seconds, costs_.value, costs_.hessian_vector, costs_.hessian);
    fmt::print("atol = rtol x scale x {:.2e}, the rms of the weights where they are largest; scales {:.0e}\n",
               static_cast<double>(size_), fmt::join(case_.scales, ", "));
  }

  /// The fastest of the repetitions.
  PeerRun fastest(const std::function<PeerRun()>& integrate) const {
    PeerRun best = integrate();
    for (int i = 1; i < options_.repeat && best.finished; ++i)
      best.seconds = std::min(best.seconds, integrate().seconds);
    return best;
  }

  void own(Real rtol) {
    const PeerRun run = fastest([&] { return run_own(case_, options_.root, {}, times_, rtol); });
    own_seconds_[rtol] = run.seconds;
    add("saddleflow", 0, rtol, run);
  }

  /// Goes on after a run that fails: at a smaller tolerance a peer may succeed, and has more time there.
  void peer(const PeerMethod& method, Real scale) {
    for (int d = case_.loosest; d <= case_.tightest; d += case_.steps) {
      const Real rtol = power_of_ten(d);
      const double budget = std::max(kLeastBudget, options_.budget * own_seconds_.at(rtol));
      add(method.name, scale, rtol, fastest([&] { return peer_run(method, scale, rtol, budget); }));
    }
  }

  void add(const std::string& method, Real scale, Real rtol, const PeerRun& run) {
    Line line;
    line.method = method;
    line.scale = scale;
    line.rtol = rtol;
    line.error = run.finished ? difference(run.path, reference_) : std::numeric_limits<Real>::infinity();
    line.finished = run.finished;
    line.remark = run.remark;
    line.steps = run.steps;
    line.gradients = run.work.gradients;
    line.values = run.work.values;
    line.hessian_vectors = run.work.hessian_vectors;
    line.hessians = run.work.hessians;
    line.factorisations = run.factorisations;
    line.equivalents = costs_.of(run.work);
    line.seconds = run.seconds;
    print_line(line, result_.floor);
    result_.lines.push_back(std::move(line));
  }

  const Case& case_;
  const ComparisonOptions& options_;
  Problem problem_;
  std::vector<Real> times_;
  std::vector<Vector> reference_;
  Real size_ = 0;
  UnitCosts costs_;
  std::map<Real, double> own_seconds_;
  Comparison result_;
};

}  // namespace

Comparison compare(const Case& c, const ComparisonOptions& options) { return CaseRun(c, options).run(); }

}  // namespace saddleflow::benchmark
