#include <filesystem>
#include <functional>

#include <fmt/format.h>

#include "saddleflow/archive/output_lock.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/output_path.hpp"
#include "saddleflow/report/page.hpp"

namespace saddleflow::report {

namespace {

void write_rendered(const std::string& path, ExistingFile existing,
                    const std::function<std::string()>& render) {
  require_plain_output(path);
  std::error_code ignored;
  if (existing == ExistingFile::keep && std::filesystem::exists(path, ignored))
    throw InputError(fmt::format("{}: exists already; --force overwrites it", path));
  const archive::OutputLock mine(path);
  write_output(path, render(), existing);
}

}  // namespace

void write_page(const std::string& path, const RunData& run, ExistingFile existing) {
  write_rendered(path, existing, [&] { return render_page(run); });
}

void write_page(const std::string& path, const std::vector<RunData>& runs, ExistingFile existing) {
  write_rendered(path, existing, [&] { return render_page(runs); });
}

void write_page(const std::string& path, const archive::SweepRecord& sweep, ExistingFile existing) {
  write_rendered(path, existing, [&] { return render_page(sweep); });
}

}  // namespace saddleflow::report
