#include "sweep/fingerprint.hpp"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <array>
#include <boost/crc.hpp>
#include <filesystem>
#include <fstream>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/input_file.hpp"
#include "saddleflow/study/keys.hpp"
#include "sweep/literal.hpp"

namespace saddleflow::sweep {

namespace {

// The polynomial of ECMA-182.
using Checksum = boost::crc_optimal<64, 0x42F0E1EBA9EA3693, 0, 0, false, false>;

std::string in_digits(const Checksum& checksum) { return fmt::format("{:016x}", checksum.checksum()); }

std::string checksum_of(const std::string& text) {
  Checksum checksum;
  checksum.process_bytes(text.data(), text.size());
  return in_digits(checksum);
}

bool names_a_file(const std::string& key) {
  const Key* known = find_key(key);
  return known != nullptr && known->type == KeyType::path;
}

/// Files that a study names, as it names them.
void collect_paths(const toml::table& table, const std::string& prefix, std::vector<std::string>& found) {
  for (const auto& [name, node] : table) {
    const std::string key = prefix + std::string(name.str());
    if (const toml::table* section = node.as_table())
      collect_paths(*section, key + ".", found);
    else if (names_a_file(key) && node.is_string())
      found.push_back(node.as_string()->get());
  }
}

}  // namespace

Fingerprints::Fingerprints(const SweepFile& sweep) : sweep_(sweep) {
  const std::string text = read_input(sweep.study, "the study of a sweep (TOML)");
  common_ = text;
  for (const std::string& word : sweep.arguments) common_ += "\n" + word;
  common_ += "\n" + sweep.tool;
  for (const FollowUp& next : sweep.then) {
    common_ += "\n" + next.tool;
    for (const std::string& word : next.arguments) common_ += "\n" + word;
  }
  try {
    const toml::table table = toml::parse(text, sweep.study);
    std::vector<std::string> paths;
    collect_paths(table, "", paths);
    const auto folder = std::filesystem::path(sweep.study).parent_path();
    for (const std::string& path : paths) common_ += "\n" + of_file((folder / path).string());
  } catch (const toml::parse_error& error) {
    throw InputError(
        fmt::format("{}:{}: {}", sweep.study, error.source().begin.line, std::string(error.description())));
  }
}

std::string Fingerprints::of_file(const std::string& path) {
  if (const auto found = files_.find(path); found != files_.end()) return found->second;
  std::ifstream in(path, std::ios::binary);
  Checksum checksum;
  std::array<char, 1 << 16> block{};
  // A missing file is the run's own error. Endless devices are not data.
  if (std::filesystem::is_regular_file(path))
    while (in.read(block.data(), block.size()), in.gcount() > 0)
      checksum.process_bytes(block.data(), static_cast<std::size_t>(in.gcount()));
  return files_[path] = in_digits(checksum);
}

std::string Fingerprints::of(const Run& run) {
  std::string all = common_;
  for (const std::string& override : run.overrides) {
    all += "\n" + override;
    const auto equals = override.find('=');
    if (!names_a_file(override.substr(0, equals))) continue;
    if (const auto path = text_of(override.substr(equals + 1))) all += "\n" + of_file(*path);
  }
  return checksum_of(all);
}

}  // namespace saddleflow::sweep
