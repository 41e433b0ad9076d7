#include "saddleflow/study/replaced_start.hpp"

#include <optional>

#include "saddleflow/study/init_kind.hpp"

namespace saddleflow {

namespace {

/// The kind that the last one of the overrides gives, if it is one.
std::optional<InitKind> overridden_kind(const std::vector<std::string>& overrides) {
  const std::string key = "init.kind=";
  std::optional<InitKind> kind;
  for (const std::string& text : overrides) {
    if (!text.starts_with(key)) continue;
    std::string word = text.substr(key.size());
    std::erase(word, '"');
    kind = find_name<InitKind>(word);
  }
  return kind;
}

}  // namespace

void drop_replaced_start(toml::table& study, const std::vector<std::string>& overrides) {
  const std::optional<InitKind> kind = overridden_kind(overrides);
  toml::table* const start = study["init"].as_table();
  if (!kind || start == nullptr) return;
  for (const std::string& path : init_keys_of_others(*kind)) start->erase(path.substr(path.find('.') + 1));
}

}  // namespace saddleflow
