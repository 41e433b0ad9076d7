// The tables that sf-flow prints of a run file.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/job/stored_visits.hpp"
#include "saddleflow/job/verification.hpp"

namespace saddleflow::tools {

/// In that format; what is not known is "-".
std::string or_dash(double x, const char* format);
void print_heading(std::FILE* out, const archive::RunDescription& run);
/// Of a run that starts beside a saddle: which one, and where its clock goes on.
void print_start(std::FILE* out, const archive::RunDescription& run);
/// A note that names them; nothing where there are none.
void print_constant_columns(std::FILE* out, const archive::RunDescription& run);
/// Of a run across kinks (flow.kinks = "ignore"): what that means.
void print_ignored_kinks(std::FILE* out, const archive::RunDescription& run);
void print_events(std::FILE* out, const archive::RunReader& run);
/// Visits of the run; where there is none, how near to one it came.
void print_visits(std::FILE* out, const archive::RunReader& run,
                  const std::vector<archive::SaddleRow>& visits);
/// Plateaus that a theory predicts for the data, each with the visit of nearest loss; nothing where there are
/// none.
void print_stages(std::FILE* out, const archive::RunDescription& run,
                  const std::vector<archive::SaddleRow>& visits);
/// Stop reason, gauges and work.
void print_summary(std::FILE* out, const archive::RunSummary& summary);
/// Of large networks: the most memory that this process has had, in MB and in vectors of the weights.
void print_memory(std::FILE* out, std::size_t weights);
void print_verification(std::FILE* out, const Verification& v);

}  // namespace saddleflow::tools
