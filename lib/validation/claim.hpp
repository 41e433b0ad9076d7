// What a claim of the papers predicts, what the flow does, and whether the two agree.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/named_enum.hpp"
#include "saddleflow/base/workers.hpp"
#include "saddleflow/study/study_table.hpp"

namespace saddleflow {
namespace claims {

enum class Verdict { holds, fails, not_decided };

}  // namespace claims

template <>
inline constexpr auto enum_table<claims::Verdict> =
    named_enum<claims::Verdict>("verdict on a claim", {{claims::Verdict::holds, "holds"},
                                                       {claims::Verdict::fails, "fails"},
                                                       {claims::Verdict::not_decided, "not decided"}});

namespace claims {

/// One line of the table.
struct Finding {
  std::string claim;       ///< the statement, with its paper
  std::string prediction;  ///< what it says here, in numbers where it says any
  std::string measured;
  Verdict verdict = Verdict::not_decided;
  std::string reason;  ///< of what is not decided; what failed
};

struct Report {
  std::string title;                 ///< of the study
  std::string setting;               ///< network, data, loss
  std::vector<std::string> details;  ///< per seed and delta, counter-cases among them
  std::vector<Finding> findings;
};

struct Options {
  bool quick = false;  ///< fewer seeds and starts, the same thresholds
  const std::atomic<bool>* interrupt = nullptr;
  Workers* workers = nullptr;  ///< threads for the seeds; nullptr: the calling thread alone
};

using Measure = Report (*)(const StudyTable& study, const Options& options);

/// A kind of claim: the value of the study's claim.kind, and the function that measures it.
struct Kind {
  std::string name;
  Measure measure;
};
const std::vector<Kind>& kinds();

/// Measures the claim of a study. InputError when the study has no [claim], or is wrong otherwise.
Report measure_claim(const StudyTable& study, const Options& options = {});

}  // namespace claims
}  // namespace saddleflow
