#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "dice.hpp"
#include "saddleflow/study/keys.hpp"
#include "sample_data.hpp"
#include "study_target.hpp"

namespace saddleflow::fuzz {
namespace {

// Lists and matrices have up to so many entries a side: the sizes of the networks that are run.
constexpr std::size_t kLongest = 4;

std::string quoted(const std::string& text) { return '"' + text + '"'; }

template <class Draw>
std::string list_of(std::size_t count, const Draw& draw) {
  std::vector<std::string> entries;
  for (std::size_t k = 0; k < count; ++k) entries.push_back(draw());
  return fmt::format("[{}]", fmt::join(entries, ", "));
}

std::string usual_integer(Dice& dice) {
  return dice() % 8 == 0 ? odd_integer(dice) : std::to_string(1 + below(6, dice));
}

std::string word_for(const Key& key, Dice& dice) {
  const std::vector<std::string> choices = choices_of(key);
  if (choices.empty() || dice() % 16 == 0) return quoted(dice() % 2 == 0 ? "none" : "");
  return quoted(one_of(choices, dice));
}

std::string snapshots(Dice& dice) {
  switch (dice() % 4) {
    case 0:
      return fmt::format("{{every = {}}}", odd_integer(dice));
    case 1:
      return fmt::format("{{times = {}}}", list_of(below(kLongest, dice), [&] { return odd_number(dice); }));
    default:
      return quoted(dice() % 2 == 0 ? "all" : "events");
  }
}

std::string value_for(const Key& key, Dice& dice) {
  const std::size_t length = below(kLongest + 1, dice);
  const auto number = [&] { return odd_number(dice); };
  const auto integer = [&] { return usual_integer(dice); };
  switch (key.type) {
    case KeyType::text:
      return word_for(key, dice);
    case KeyType::path:
      return quoted(one_of(sample_names(), dice));
    case KeyType::boolean:
      return dice() % 2 == 0 ? "true" : "false";
    case KeyType::integer:
      return integer();
    case KeyType::real:
      return number();
    case KeyType::layer_reals:
      return dice() % 2 == 0 ? number() : list_of(length, number);
    case KeyType::texts:
      return list_of(length, [&] { return word_for(key, dice); });
    case KeyType::integers:
      return list_of(length, integer);
    case KeyType::reals:
      return list_of(length, number);
    case KeyType::matrix: {
      const std::size_t columns = below(kLongest, dice) + 1;
      return list_of(length, [&] { return list_of(columns, number); });
    }
    case KeyType::weights:
      return snapshots(dice);
  }
  return number();
}

/// A line "path = value"; of a list of tables all keys of one of them.
std::string line_for(const Key& key, Dice& dice) {
  const std::size_t brackets = key.path.find("[].");
  if (brackets == std::string::npos) return key.path + " = " + value_for(key, dice);
  const std::string list = key.path.substr(0, brackets);
  std::vector<std::string> parts;
  for (const Key& other : study_keys())
    if (other.path.starts_with(list + "[].") && (other.path == key.path || dice() % 2 == 0))
      parts.push_back(other.path.substr(brackets + 3) + " = " + value_for(other, dice));
  return fmt::format("{} = [{{{}}}]", list, fmt::join(parts, ", "));
}

std::string key_in(const std::string& line) { return line.substr(0, line.find(" =")); }

void set_key(std::vector<std::string>& lines, Dice& dice) {
  const std::string line = line_for(one_of(study_keys(), dice), dice);
  std::erase_if(lines, [&](const std::string& old) { return key_in(old) == key_in(line); });
  lines.push_back(line);
}

/// Another value for a key that is there.
void change_key(std::vector<std::string>& lines, Dice& dice) {
  std::string& line = lines[below(lines.size(), dice)];
  const Key* key = find_key(key_in(line));
  if (key != nullptr) line = key->path + " = " + value_for(*key, dice);
}

}  // namespace

std::string alter_study(const std::string& input, std::size_t most, Dice& dice) {
  std::vector<std::string> lines = lines_of(input);
  for (std::size_t changes = 1 + below(3, dice); changes > 0; --changes) {
    const std::size_t way = below(4, dice);
    if (lines.empty() || way < 2)
      set_key(lines, dice);
    else if (way == 2)
      change_key(lines, dice);
    else
      lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(below(lines.size(), dice)));
  }
  const std::string text = joined(lines);
  return text.size() <= most ? text : input;
}

}  // namespace saddleflow::fuzz
