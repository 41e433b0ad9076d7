#include <algorithm>
#include <cstdlib>

#include "base_files.hpp"
#include "consumers.hpp"
#include "dice.hpp"
#include "documented.hpp"
#include "file_targets.hpp"
#include "recipe.hpp"
#include "saddleflow/archive/checkpoint.hpp"
#include "saddleflow/archive/file_seal.hpp"
#include "scratch.hpp"

namespace saddleflow::fuzz {
namespace {

const std::vector<std::string> kBases{"checkpoint"};

/// The bytes before the seal, which begins a line of its own behind what HDF5 knows of the file.
std::string without_seal(const std::string& bytes) {
  const std::size_t at = bytes.rfind("saddleflow-seal ");
  return at == std::string::npos ? bytes : bytes.substr(0, at);
}

std::string last_word(const std::vector<Step>& steps, const std::string& verb, const std::string& otherwise) {
  std::string word = otherwise;
  for (const Step& step : steps)
    if (step.verb == verb && !step.words.empty()) word = step.words[0];
  return word;
}

/// The checksum that the numbers give is told where they are refused: this spares the tests a second way to
/// compute it.
std::string found_sum(const std::string& path) {
  const std::string before = "the checksum of its numbers is ";
  try {
    archive::read_checkpoint(path);
  } catch (const Error& error) {
    const std::string message = error.what();
    const std::size_t at = message.find(before);
    if (at != std::string::npos) return message.substr(at + before.size(), 16);
  }
  return "";
}

void set_sum(const std::string& path, const std::string& word) {
  if (word == "none") cook(read_bytes(path), parse_recipe("delete /@checksum"), path);
  const std::string sum = word == "again" ? found_sum(path) : "";
  if (!sum.empty()) cook(read_bytes(path), parse_recipe("text /@checksum " + sum), path);
}

/// True where a byte of the sealed file is another one. One byte: two could spoil both the name and the
/// digits of the seal, and the file would be one without a seal.
bool flip(const std::vector<Step>& steps, const std::string& path) {
  const auto step = std::ranges::find(steps, "flip", &Step::verb);
  if (step == steps.end() || step->words.size() < 2) return false;
  std::string bytes = read_bytes(path);
  const std::string sealed = bytes;
  char& byte = bytes[std::strtoull(step->words[0].c_str(), nullptr, 10) % bytes.size()];
  byte = static_cast<char>(byte ^ static_cast<char>(std::strtol(step->words[1].c_str(), nullptr, 10)));
  write_bytes(path, bytes);
  return bytes != sealed;
}

void require_refused(const std::string& path) {
  if (accepted([&] { archive::read_checkpoint(path); }))
    throw Finding("a sealed checkpoint with a wrong byte is read");
}

}  // namespace

void run_checkpoint(const std::string& input) {
  const std::vector<Step> steps = parse_recipe(input);
  const std::string run = scratch("file.h5"), path = archive::checkpoint_path(run);
  const std::string base = base_file("checkpoint");
  write_bytes(run, base_file("started"));
  cook(without_seal(base), steps, path);
  set_sum(path, last_word(steps, "sum", "stale"));
  const std::string seal = last_word(steps, "seal", "none");
  if (seal == "stale") write_bytes(path, read_bytes(path) + base.substr(without_seal(base).size()));
  if (seal == "again") {
    archive::seal_file(path);
    if (flip(steps, path)) require_refused(path);
  }
  accepted([&] { archive::read_checkpoint(path); });
  resume_run(run);
  clear_scratch("file");
}

std::string alter_checkpoint(const std::string& input, std::size_t most, Dice& dice) {
  std::vector<Step> steps = parse_recipe(input);
  static const std::vector<std::string> words{"none", "again", "stale"};
  switch (below(8, dice)) {
    case 0:
      steps.push_back({"seal", {one_of(words, dice)}});
      break;
    case 1:
      steps.push_back({"sum", {one_of(words, dice)}});
      break;
    case 2:
      steps.push_back({"flip", {std::to_string(dice() % 65536), std::to_string(1U << (dice() % 8))}});
      break;
    default:
      steps = alter_recipe(std::move(steps), kBases, dice);
  }
  const std::string text = text_of(steps);
  return text.size() <= most ? text : input;
}

}  // namespace saddleflow::fuzz
