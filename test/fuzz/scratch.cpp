#include "scratch.hpp"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <vector>

namespace saddleflow::fuzz {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() {
    const fs::path memory = "/dev/shm";  // Linux: files without a disk, where fsync costs nothing
    const fs::path parent = fs::is_directory(memory) ? memory : fs::temp_directory_path();
    path_ = (parent / "saddleflow-fuzz-XXXXXX").string();
    if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot make the folder " + path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

const std::string& folder() {
  static const Folder only;
  return only.path();
}

}  // namespace

std::string scratch(const std::string& name) { return folder() + "/" + name; }

void clear_scratch(const std::string& beginning) {
  std::vector<fs::path> gone;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder()))
    if (entry.path().filename().string().starts_with(beginning)) gone.push_back(entry.path());
  for (const fs::path& path : gone) fs::remove_all(path);
}

void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << bytes << std::flush;
  if (!out) throw std::runtime_error(path + ": cannot be written");
}

std::string read_bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error(path + ": cannot be read");
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace saddleflow::fuzz
