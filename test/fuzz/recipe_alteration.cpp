#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base_files.hpp"
#include "dice.hpp"
#include "hdf5_place.hpp"
#include "recipe.hpp"
#include "saddleflow/archive/hdf5/error.hpp"
#include "saddleflow/study/keys.hpp"
#include "scratch.hpp"

namespace saddleflow::fuzz {
namespace {

/// What the base holds, by name.
const std::vector<std::string>& places_of(const std::string& base) {
  static std::map<std::string, std::vector<std::string>> known;
  std::vector<std::string>& places = known[base];
  if (!places.empty()) return places;
  const std::string path = scratch("places.h5");
  write_bytes(path, base_file(base));
  hdf5::silence();
  const hdf5::Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  places = places_in(file);
  return places;
}

const std::vector<std::string>& kinds() {
  static const std::vector<std::string> words{"i1",    "i8",       "u8",   "f4",     "f8",  "text",
                                              "fixed", "compound", "enum", "opaque", "null"};
  return words;
}

const std::vector<std::string>& odd_texts() {
  static const std::vector<std::string> texts{
      "",       "%ff%fe",  "none",        "square", "logistic",           "feed_forward", "running",
      "killed", "layered", "%3c/script>", "%0a%0d", "growable separable", "reached_end",  "event:",
      "birth",  "rays",    "nan",         "x9"};
  return texts;
}

std::string study_step(Dice& dice) {
  const Key& key = one_of(study_keys(), dice);
  const std::vector<std::string> choices = choices_of(key);
  if (!choices.empty()) return fmt::format("study {}=\"{}\"", key.path, one_of(choices, dice));
  if (key.type == KeyType::integers)
    return fmt::format("study {}=[{}, {}, {}]", key.path, odd_integer(dice), odd_integer(dice),
                       odd_integer(dice));
  return fmt::format("study {}={}", key.path,
                     key.type == KeyType::integer ? odd_integer(dice) : odd_number(dice));
}

std::string shape_step(const std::string& place, Dice& dice) {
  std::string line = "shape " + place;
  for (std::size_t axes = below(4, dice); axes > 0; --axes) line += " " + odd_integer(dice);
  return line;
}

std::string step_for(const std::vector<std::string>& places, Dice& dice) {
  const std::string &place = one_of(places, dice), &other = one_of(places, dice);
  switch (below(16, dice)) {
    case 0:
      return "delete " + place;
    case 1:
      return fmt::format("rename {} {}", place, other);
    case 2:
      return fmt::format("copy {} {}", place, other);
    case 3:
      return fmt::format("soft {} {}", place, dice() % 2 == 0 ? other : std::string("/nowhere"));
    case 4:
      return fmt::format("fill {} {}", place, odd_number(dice));
    case 5:
      return fmt::format("fill {} {}", place, odd_integer(dice));
    case 6:
      return fmt::format("byte {} {} {}", place, dice() % 100000, 1U << (dice() % 8));
    case 7:
      return fmt::format("text {} {}", place, one_of(odd_texts(), dice));
    case 8:
      return fmt::format("type {} {}", place, one_of(kinds(), dice));
    case 9:
      return shape_step(place, dice);
    case 10:
      return fmt::format("extend {} {}", place, odd_integer(dice));
    case 11:
      return study_step(dice);
    case 12:
    case 13:
      return fmt::format("set {} {} {}", place, below(40, dice), odd_number(dice));
    default:
      return fmt::format("set {} {} {}", place, below(40, dice), odd_integer(dice));
  }
}

}  // namespace

std::vector<Step> alter_recipe(std::vector<Step> steps, const std::vector<std::string>& bases, Dice& dice) {
  for (std::size_t changes = 1 + below(2, dice); changes > 0; --changes) {
    const std::size_t way = below(8, dice);
    if (way == 0) {
      steps.push_back({"base", {one_of(bases, dice)}});
    } else if (way == 1 && !steps.empty()) {
      steps.erase(steps.begin() + static_cast<std::ptrdiff_t>(below(steps.size(), dice)));
    } else if (way == 2 && !steps.empty()) {
      Step& step = steps[below(steps.size(), dice)];
      if (step.words.size() > 1) step.words.back() = dice() % 2 == 0 ? odd_integer(dice) : odd_number(dice);
    } else {
      const std::vector<Step> more = parse_recipe(step_for(places_of(base_of(steps, bases)), dice));
      steps.insert(steps.end(), more.begin(), more.end());
    }
  }
  return steps;
}

}  // namespace saddleflow::fuzz
