#include "recipe.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

#include "dice.hpp"

namespace saddleflow::fuzz {
namespace {

// No base needs more to be altered beyond recognition, and the time of an input stays bounded.
constexpr std::size_t kLongestRecipe = 12;

/// So many words of a line are single ones; the rest of it is one more.
std::size_t single_words(const std::string& verb) {
  if (verb == "text") return 1;
  return verb == "study" ? 0 : std::string::npos;
}

}  // namespace

std::vector<Step> parse_recipe(const std::string& text) {
  std::vector<Step> steps;
  for (const std::string& line : lines_of(text)) {
    if (steps.size() == kLongestRecipe) break;
    std::istringstream in(line);
    Step step;
    if (!(in >> step.verb)) continue;
    const std::size_t single = single_words(step.verb);
    std::string word;
    while (step.words.size() < single && in >> word) step.words.push_back(word);
    if (single != std::string::npos && std::getline(in >> std::ws, word)) step.words.push_back(word);
    steps.push_back(std::move(step));
  }
  return steps;
}

std::string text_of(const std::vector<Step>& steps) {
  std::string text;
  for (const Step& step : steps) text += fmt::format("{} {}\n", step.verb, fmt::join(step.words, " "));
  return text;
}

std::string base_of(const std::vector<Step>& steps, const std::vector<std::string>& bases) {
  std::string base = bases.front();
  for (const Step& step : steps)
    if (step.verb == "base" && step.words.size() == 1 &&
        std::ranges::find(bases, step.words[0]) != bases.end())
      base = step.words[0];
  return base;
}

}  // namespace saddleflow::fuzz
