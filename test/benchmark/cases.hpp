// The problems of flow-benchmark, and the tolerances at which they are integrated.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "saddleflow/problem/objective.hpp"
#include "saddleflow/study/study_table.hpp"

namespace saddleflow::benchmark {

struct Case {
  std::string name, study;  ///< the study file, from the root of the repository
  std::vector<std::string> set;
  int loosest = 2, tightest = 12;  ///< rtol = 10^-loosest ... 10^-tightest, of all methods
  int steps = 1;                   ///< between them, in powers of ten
  /// Peers' absolute tolerances: rtol times each of these times the root mean square of the weights where
  /// they are largest.
  std::vector<Real> scales{1, Real(1e-2), Real(1e-4)};
  std::vector<std::string> peers;  ///< names in peer_methods(); empty: all
  // The two references: the library and a peer, as exactly as they come.
  Real own_rtol = Real(1e-13);
  std::vector<std::string> own_set;
  std::string peer = "fehlberg78";
  Real peer_rtol = Real(1e-13);
  Real peer_scale = Real(1e-4);
  bool quick = false;  ///< in --quick, with fewer tolerances
};

/// The table of cases, in the order in which they are run.
std::vector<Case> cases();
/// The cases of these names, all where there are none. With `quick` those that are quick, or the named ones,
/// at few tolerances. InputError for a name that is not known.
std::vector<Case> chosen_cases(const std::vector<std::string>& names, bool quick);

/// What a case integrates.
struct Problem {
  StudyTable study;
  std::shared_ptr<const Network> network;
  Dataset data;
  Loss loss;
  Vector w0;
  Real t_end;
};

/// `root`: folder of the repository. InputError or IoError of the study.
Problem problem_of(const Case& c, const std::string& root);

}  // namespace saddleflow::benchmark
