#include "benchmark/peer_methods.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "saddleflow/base/error.hpp"

namespace saddleflow::benchmark {
namespace {

using Run = std::function<PeerRun(const PeerTask&)>;

Run without_stops(const Run& run) {
  return [run](const PeerTask& task) {
    PeerTask to_end = task;
    to_end.times = {task.times.back()};
    PeerRun cost = run(to_end);
    if (!cost.finished) return cost;
    // The stops cost more: only the path counts here.
    PeerTask again = task;
    again.budget = 4 * task.budget;
    PeerRun path = run(again);
    cost.finished = path.finished;
    cost.remark = path.remark;
    cost.path = std::move(path.path);
    return cost;
  };
}

Run cvode(CvodeMethod method) {
  return [method](const PeerTask& task) { return run_cvode(task, method); };
}

Run odeint(OdeintMethod method) {
  return without_stops([method](const PeerTask& task) { return run_odeint(task, method); });
}

}  // namespace

const std::vector<PeerMethod>& peer_methods() {
  static const std::vector<PeerMethod> methods{
      {"BDF-LLT", "CVODE BDF, Newton with the exact Hessian, Cholesky of I + gamma H",
       cvode(CvodeMethod::bdf_cholesky)},
      {"BDF-PCG", "CVODE BDF, Newton by CG on exact products", cvode(CvodeMethod::bdf_pcg)},
      {"BDF-GMRES", "CVODE BDF, Newton by GMRES on exact products", cvode(CvodeMethod::bdf_gmres)},
      {"Adams-PCG", "CVODE Adams, Newton by CG on exact products", cvode(CvodeMethod::adams_pcg)},
      {"Adams-fixed", "CVODE Adams, functional iteration", cvode(CvodeMethod::adams_fixed_point)},
      {"DIRK5", "ARKODE, diagonally implicit of order 5, Cholesky of I + gamma H",
       [](const PeerTask& task) { return run_arkode(task, ArkodeMethod::dirk5); }},
      {"ERK8", "ARKODE, explicit of order 8",
       without_stops([](const PeerTask& task) { return run_arkode(task, ArkodeMethod::erk8); })},
      {"dopri5", "Boost.Odeint, explicit of order 5", odeint(OdeintMethod::dopri5)},
      {"fehlberg78", "Boost.Odeint, explicit of order 7 and 8", odeint(OdeintMethod::fehlberg78)}};
  return methods;
}

const PeerMethod& peer_method(const std::string& name) {
  const std::vector<PeerMethod>& all = peer_methods();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const PeerMethod& m) { return m.name == name; });
  if (found == all.end()) throw InputError(fmt::format("peer \"{}\" found, expected one of the table", name));
  return *found;
}

}  // namespace saddleflow::benchmark
