// The limit path of a study from one of its KKT points, and its file: the job of sf-limit.
#pragma once

#include <string>
#include <vector>

#include "saddleflow/base/existing_file.hpp"
#include "saddleflow/job/kkt_run.hpp"
#include "saddleflow/job/saddle_run.hpp"
#include "saddleflow/saddle/limit_path.hpp"

namespace saddleflow {

struct LimitRunOptions {
  Index point = 0;  ///< row of the KKT table, highest N first
  Real rtol = kLimitPathTolerance;
  const std::atomic<bool>* interrupt = nullptr;
};

/// InputError that begins with `source` where the network has kinks: the path is defined for smooth networks.
void require_limit_path(const KktProblem& problem, const std::string& source);

/// Prepares the point (weights of its zero-preserving set become exactly zero) and computes the path.
/// InputError for a row that the table does not have, or one that is not positive.
LimitPath run_limit_path(KktProblem& problem, const KktTable& table, const LimitRunOptions& options);

/// The end of the path as the only point of a catalogue, classified as those of sf-saddles are, and the only
/// visit. Errors as analyse_critical_point.
SaddleSurvey classify_end(KktProblem& problem, const LimitPath& path, const LimitRunOptions& options);

/// Writes the path as a run file: one time row and one snapshot for each step, with the path's own times
/// (negative before its time origin), its end in /saddles and in /catalogue, and the table in /kkt. Errors as
/// RunWriter::create.
void write_limit_path(const std::string& file, KktProblem& problem, const KktTable& table,
                      const LimitRunOptions& options, const LimitPath& path, const SaddleSurvey& end,
                      ExistingFile existing);

}  // namespace saddleflow
