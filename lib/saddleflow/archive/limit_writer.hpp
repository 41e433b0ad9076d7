// A limit path in a file: its rows, the KKT point that it begins with, the critical point at which it ends.
#pragma once

#include <string>
#include <vector>

#include "saddleflow/archive/run_file.hpp"
#include "saddleflow/archive/saddle_record.hpp"
#include "saddleflow/base/existing_file.hpp"

namespace saddleflow::archive {

struct LimitRecord {
  RunDescription description;
  std::vector<TimeRow> times;
  std::vector<SnapshotRow> snapshots;
  KktRecord kkt;
  SaddleRecord end;
  RunSummary summary;
};

/// In one step: an older file stays as it is until the new one is complete. Errors as RunWriter::create, and
/// InputError for rows that do not fit together.
void write_limit(const std::string& path, const LimitRecord& record, ExistingFile existing);

}  // namespace saddleflow::archive
