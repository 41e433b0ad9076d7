#include "benchmark/cases.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "saddleflow/base/error.hpp"
#include "saddleflow/study/build.hpp"
#include "saddleflow/study/initial_weights.hpp"

namespace saddleflow::benchmark {
namespace {

Case small(const std::string& name, const std::string& folder) {
  Case c;
  c.name = name;
  c.study = folder + "/" + name + ".toml";
  return c;
}

// Squared ReLU: kinks of the second derivative lie inside steps unless they are located.
Case located(Case c) {
  c.own_set = {"flow.kinks=locate"};
  return c;
}

Case sliding(int seed) {
  Case c = small("sliding", "test/benchmark/cases");
  if (seed > 1) c.name += fmt::format("-{}", seed);
  c.set = {fmt::format("data.seed={}", seed), fmt::format("init.seed={}", seed)};
  c.tightest = 10;
  // No peer comes near the library's own tolerances: see how far the best of them agrees.
  c.peer = "dopri5";
  c.peer_rtol = Real(1e-6);
  c.peer_scale = Real(1e-2);
  return c;
}

// Beyond dense matrices: the peers that need none, and references as exact as time allows.
Case large(const std::string& name, int tightest, Real own_rtol, const std::string& peer, Real peer_rtol) {
  Case c = small(name, "test/benchmark/cases");
  c.tightest = tightest;
  c.scales = {1, Real(1e-2)};
  c.peers = {"BDF-PCG", "BDF-GMRES", "Adams-PCG", "Adams-fixed", "dopri5", "ERK8"};
  c.own_rtol = own_rtol;
  c.own_set = {"flow.stepper=dop853"};
  c.peer = peer;
  c.peer_rtol = peer_rtol;
  c.peer_scale = Real(1e-2);
  return c;
}

}  // namespace

std::vector<Case> cases() {
  const std::string studies = "tools/studies", own = "test/benchmark/cases";
  Case main = located(small("main", studies));
  main.study = studies + "/saddle-to-saddle.toml";
  Case linear = small("linear-exact", studies), logistic = small("logistic", studies);
  linear.quick = logistic.quick = true;
  Case three = large("three-layers", 6, Real(1e-9), "BDF-LLT", Real(1e-9));
  three.peers.push_back("BDF-LLT");
  return {main,
          small("squares", own),
          linear,
          small("deep", studies),
          logistic,
          located(small("auto-mpg", own)),
          three,
          large("wide", 6, Real(1e-9), "Adams-PCG", Real(1e-9)),
          large("huge", 6, Real(1e-9), "Adams-PCG", Real(1e-9)),
          sliding(1),
          sliding(2),
          sliding(3)};
}

std::vector<Case> chosen_cases(const std::vector<std::string>& names, bool quick) {
  std::vector<Case> all = cases(), chosen;
  if (names.empty()) {
    for (Case& c : all)
      if (!quick || c.quick) chosen.push_back(std::move(c));
  }
  for (const std::string& name : names) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const Case& c) { return c.name == name; });
    if (found == all.end()) {
      std::vector<std::string> known;
      for (const Case& c : all) known.push_back(c.name);
      throw InputError(fmt::format("--case: \"{}\" found, expected one of {}", name, fmt::join(known, ", ")));
    }
    chosen.push_back(*found);
  }
  if (quick) {
    for (Case& c : chosen) {
      c.steps = 2;
      c.tightest = std::min(c.tightest, 8);
      c.scales = {Real(1e-2)};
    }
  }
  return chosen;
}

Problem problem_of(const Case& c, const std::string& root) {
  StudyTable study = StudyTable::read(root + "/" + c.study, c.set);
  auto network = build_network(study);
  Dataset data = build_data(study, *network).training;
  Loss loss = build_loss(study);
  Vector w0 = build_initial_weights(study, *network);
  const Real t_end = study.real("flow.t_end");
  return {std::move(study), std::move(network), std::move(data), std::move(loss), std::move(w0), t_end};
}

}  // namespace saddleflow::benchmark
