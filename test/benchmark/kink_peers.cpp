// Time to a given error of the path of a network with kinks that slides most of the time: this library's
// switching stepper against CVODE and Odeint on the same right-hand side.
//   build/release/bin/kink-peers [seed [budget]]
// A peer is stopped after `budget` (100) times the time that the library takes at the same rtol, and not
// tried at smaller ones then.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "benchmark/peer.hpp"
#include "ode/switching/kink_run.hpp"

namespace {

using namespace saddleflow;
using benchmark::CvodeMethod;
using benchmark::PeerRun;
using benchmark::PeerTask;

constexpr int kTimes = 40;
constexpr int kRepeats = 3;  // of the library's short runs; the fastest counts

struct Line {
  std::string name;
  Real rtol = 0, error = 0;
  PeerRun run;
};

class Comparison {
 public:
  Comparison(std::uint64_t seed, double budget) : budget_(budget) {
    problem_.seed = seed;
    for (int i = 1; i <= kTimes; ++i) times_.push_back(problem_.t_end * static_cast<Real>(i) / kTimes);
    reference_ = library(Real(1e-13)).path;
  }

  void ours(Real rtol) {
    PeerRun best = library(rtol);
    for (int i = 1; i < kRepeats; ++i) {
      PeerRun again = library(rtol);
      if (again.seconds < best.seconds) best = std::move(again);
    }
    seconds_[rtol] = best.seconds;
    add("saddleflow", rtol, std::move(best));
  }

  void peer(const std::string& name, const std::vector<Real>& rtols,
            const std::function<PeerRun(const PeerTask&)>& integrate) {
    for (const Real rtol : rtols) {
      Objective objective(problem_.network(), problem_.data(), Loss(square_loss(), problem_.reduction));
      const Vector w0 = problem_.start();
      const Real size = w0.norm() / std::sqrt(static_cast<Real>(w0.size()));
      // Relative to the weights at the start, which are the smallest: as strict as the library.
      PeerTask task{objective, w0, times_, rtol, rtol * size, budget_ * seconds_.at(rtol)};
      add(name, rtol, integrate(task));
      if (!lines_.back().run.finished) return;
    }
  }

  void conclude(Real error) const {
    const Line* own = fastest(error, Whose::own);
    const Line* peer = fastest(error, Whose::peers);
    if (own == nullptr) {
      fmt::print("error {:.0e}: not reached by the library\n", static_cast<double>(error));
    } else if (peer == nullptr) {
      fmt::print("error {:.0e}: {:.3f} s; no peer has reached it in {:g} times the time\n",
                 static_cast<double>(error), own->run.seconds, budget_);
    } else {
      fmt::print("error {:.0e}: {:.3f} s; the best peer, {} at rtol {:g}, takes {:.3f} s: {:.2g} times\n",
                 static_cast<double>(error), own->run.seconds, peer->name, static_cast<double>(peer->rtol),
                 peer->run.seconds, peer->run.seconds / own->run.seconds);
    }
  }

 private:
  PeerRun library(Real rtol) const {
    test::KinkOptions options;
    options.stepper = "auto";
    options.rtol = rtol;
    options.times = times_;
    options.gauges = false;
    const benchmark::Stopwatch watch;
    test::KinkRun run = test::run_kinks(problem_, options);
    PeerRun result;
    result.seconds = watch.seconds();
    result.finished = run.stop_reason == "reached_end";
    result.remark = result.finished ? "" : run.stop_reason;
    result.time = run.time;
    result.steps = run.steps;
    result.work = run.work;
    result.path = std::move(run.path);
    return result;
  }

  void add(const std::string& name, Real rtol, PeerRun run) {
    Line line{name, rtol, std::numeric_limits<Real>::infinity(), std::move(run)};
    if (line.run.finished) {
      line.error = 0;
      for (std::size_t i = 0; i < reference_.size(); ++i)
        line.error = std::max(line.error, (line.run.path[i] - reference_[i]).norm() / reference_[i].norm());
    }
    print(line);
    lines_.push_back(std::move(line));
  }

  static void print(const Line& line) {
    const PeerRun& run = line.run;
    const std::string end =
        run.finished ? "finished"
                     : fmt::format("not finished: t = {:.4g}, {}", static_cast<double>(run.time), run.remark);
    fmt::print("{:<26} {:>7.0e} {:>9.1e} {:>9.3f} {:>9} {:>9} {:>9} {:>8}  {}\n", line.name,
               static_cast<double>(line.rtol), static_cast<double>(line.error), run.seconds, run.steps,
               run.work.gradients, run.work.hessian_vectors, run.work.hessians, end);
    std::fflush(stdout);
  }

  enum class Whose { own, peers };

  const Line* fastest(Real error, Whose whose) const {
    const Line* best = nullptr;
    for (const Line& line : lines_) {
      if ((line.name == "saddleflow") != (whose == Whose::own) || !(line.error <= error)) continue;
      if (best == nullptr || line.run.seconds < best->run.seconds) best = &line;
    }
    return best;
  }

  test::KinkProblem problem_;
  double budget_;
  std::vector<Real> times_;
  std::vector<Vector> reference_;
  std::map<Real, double> seconds_;
  std::vector<Line> lines_;
};

}  // namespace

int main(int argc, char** argv) {
  const auto seed = argc > 1 ? static_cast<std::uint64_t>(std::atoll(argv[1])) : 1;
  const double budget = argc > 2 ? std::atof(argv[2]) : 100;
  const auto digits = [](int d) { return std::pow(Real(10), Real(-d)); };
  std::vector<Real> rtols;
  for (int d = 3; d <= 10; ++d) rtols.push_back(digits(d));
  fmt::print("{:<26} {:>7} {:>9} {:>9} {:>9} {:>9} {:>9} {:>8}\n", fmt::format("seed {}", seed), "rtol",
             "error", "seconds", "steps", "gradients", "Hv", "Hessians");
  Comparison comparison(seed, budget);
  for (const Real rtol : rtols) comparison.ours(rtol);
  for (const auto& [name, method] : std::vector<std::pair<std::string, CvodeMethod>>{
           {"CVODE BDF, dense", CvodeMethod::bdf_dense},
           {"CVODE BDF, GMRES", CvodeMethod::bdf_gmres},
           {"CVODE Adams, fixed point", CvodeMethod::adams_fixed_point},
           {"CVODE Adams, GMRES", CvodeMethod::adams_gmres}})
    comparison.peer(name, rtols,
                    [m = method](const PeerTask& task) { return benchmark::run_cvode(task, m); });
  comparison.peer("Odeint dopri5", rtols, [](const PeerTask& task) {
    return benchmark::run_odeint(task, benchmark::OdeintMethod::dopri5);
  });
  for (const int d : {2, 3, 4, 5, 6}) comparison.conclude(digits(d));
}
