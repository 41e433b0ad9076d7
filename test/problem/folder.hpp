// A folder that a test writes into.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace saddleflow::test {

/// A folder of its own for each test, removed with everything in it.
struct Folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("saddleflow-data-files-" + std::to_string(getpid()));
  Folder() { std::filesystem::create_directories(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(path / name, std::ios::binary) << text;
    return (path / name).string();
  }
};

}  // namespace saddleflow::test
