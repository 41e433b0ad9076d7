#include "saddleflow/archive/file_holders.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace saddleflow::archive {
namespace {

// Of a command line, in a message of one line.
constexpr std::size_t kLongestCommand = 60;

bool has_open(const std::filesystem::path& process, const struct stat& file) {
  std::error_code error;
  for (const auto& descriptor : std::filesystem::directory_iterator(process / "fd", error)) {
    struct stat open_one {};
    if (stat(descriptor.path().c_str(), &open_one) == 0 && open_one.st_ino == file.st_ino &&
        open_one.st_dev == file.st_dev)
      return true;
  }
  return false;
}

std::string command_of(const std::filesystem::path& process) {
  std::ifstream in(process / "cmdline", std::ios::binary);
  std::string words{std::istreambuf_iterator<char>(in), {}};
  while (!words.empty() && words.back() == '\0') words.pop_back();
  for (char& c : words)
    if (c == '\0' || c == '\n') c = ' ';
  if (words.size() > kLongestCommand) words = words.substr(0, kLongestCommand) + "...";
  return words;
}

}  // namespace

std::string process_name(long process) {
  const std::string command = process > 0 ? command_of("/proc/" + std::to_string(process)) : "";
  if (process <= 0) return "another process";
  return "process " + std::to_string(process) + (command.empty() ? "" : " (" + command + ")");
}

std::string holders_of(const std::string& path) {
  struct stat file {};
  std::string holders;
  std::error_code error;
  if (stat(path.c_str(), &file) != 0) return "another process";
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string pid = entry.path().filename().string();
    if (!std::ranges::all_of(pid, [](unsigned char c) { return std::isdigit(c) != 0; })) continue;
    if (pid == std::to_string(getpid()) || !has_open(entry.path(), file)) continue;
    holders += (holders.empty() ? "process " : ", process ") + pid + " (" + command_of(entry.path()) + ")";
  }
  return holders.empty() ? "another process" : holders;
}

}  // namespace saddleflow::archive
