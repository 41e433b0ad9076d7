#include "validation/census.hpp"

#include <fmt/format.h>

#include "validation/problem.hpp"

namespace saddleflow::claims {

namespace {

std::string first_of(std::vector<std::uint64_t> seeds) {
  constexpr std::size_t kListed = 4;  // seeds, in one line of a report
  const bool more = seeds.size() > kListed;
  if (more) seeds.resize(kListed);
  return "seeds " + listed(seeds) + (more ? " ..." : "");
}

}  // namespace

void Census::add(const std::string& kind, std::uint64_t seed) {
  for (auto& [known, seeds] : kinds_)
    if (known == kind) return seeds.push_back(seed);
  kinds_.push_back({kind, {seed}});
}

std::vector<std::string> Census::lines() const {
  std::vector<std::string> out;
  for (const auto& [kind, seeds] : kinds_)
    out.push_back(fmt::format("{} starts ({}): {}", seeds.size(), first_of(seeds), kind));
  return out;
}

std::string Census::line() const { return fmt::format("{}", fmt::join(lines(), "; ")); }

}  // namespace saddleflow::claims
