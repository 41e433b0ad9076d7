#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <system_error>

#include <fmt/format.h>

#include "saddleflow/base/error.hpp"
#include "saddleflow/report/page.hpp"

namespace saddleflow::report {

void write_text(const std::string& path, std::string_view text) {
  const auto fail = [&] {
    throw IoError(fmt::format("{}: cannot be written: {}", path, std::strerror(errno)));
  };
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) fail();
  const bool written =
      std::fwrite(text.data(), 1, text.size(), file) == text.size() && std::fflush(file) == 0;
  const int reason = errno;
  const bool closed = std::fclose(file) == 0;
  if (written && closed) return;
  if (!written) errno = reason;
  fail();
}

namespace {

void write_rendered(const std::string& path, ExistingFile existing,
                    const std::function<std::string()>& render) {
  namespace fs = std::filesystem;
  if (existing == ExistingFile::keep && fs::exists(path))
    throw InputError(fmt::format("{}: exists already; --force overwrites it", path));
  const std::string page = render();
  const std::string unfinished = path + ".part";
  std::error_code error;
  try {
    write_text(unfinished, page);
  } catch (const IoError&) {
    fs::remove(unfinished, error);
    throw;
  }
  fs::rename(unfinished, path, error);
  if (!error) return;
  const std::string reason = error.message();
  fs::remove(unfinished, error);
  throw IoError(fmt::format("{}: cannot be written: {}", path, reason));
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
