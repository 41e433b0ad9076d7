#include "saddleflow/archive/limit_writer.hpp"

#include "saddleflow/archive/stream.hpp"
#include "saddleflow/archive/table_edit.hpp"

namespace saddleflow::archive {

void write_limit(const std::string& path, const LimitRecord& record, ExistingFile existing) {
  create_run_without_rows(path, record.description, record.summary, existing, [&](hid_t file) {
    write_rows(file, record.times);
    write_rows(file, record.snapshots);
    put_kkt(file, record.kkt, {});
    put_saddles(file, record.end);
  });
}

}  // namespace saddleflow::archive
