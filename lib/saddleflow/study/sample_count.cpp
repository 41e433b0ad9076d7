#include "saddleflow/study/sample_count.hpp"

#include <algorithm>

#include "saddleflow/study/group_data.hpp"
#include "saddleflow/study/keys.hpp"
#include "saddleflow/study/population_study.hpp"

namespace saddleflow {

bool lacks_sample_count(const toml::table& study) {
  if (study.at_path("data.file")) return false;
  const auto inputs = study.at_path("data.inputs").value<std::string>();
  return inputs && (*inputs == kPopulationInputs || *inputs == kGroupInputs);
}

void drop_stored_sample_count(toml::table& study, const std::vector<std::string>& overrides) {
  const std::string key = kSampleCount;
  const bool given =
      std::ranges::any_of(overrides, [&key](const std::string& text) { return text.starts_with(key + "="); });
  toml::table* const data = study["data"].as_table();
  if (!given && data != nullptr && lacks_sample_count(study)) data->erase(key.substr(key.find('.') + 1));
}

}  // namespace saddleflow
