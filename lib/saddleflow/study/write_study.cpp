#include "saddleflow/study/write_study.hpp"

#include <fmt/format.h>

#include <sstream>

#include "saddleflow/study/keys.hpp"

namespace saddleflow {

namespace {

std::string written(const toml::node& node);

std::string written_list(const toml::array& list) {
  std::string out;
  for (const toml::node& element : list) out += (out.empty() ? "" : ", ") + written(element);
  return "[" + out + "]";
}

std::string written_table(const toml::table& table) {
  std::string out;
  for (const auto& [key, node] : table)
    out += (out.empty() ? "" : ", ") + std::string(key.str()) + " = " + written(node);
  return "{" + out + "}";
}

// The shortest decimal that reads back to the same double; always recognisable as a float.
std::string written_number(double number) {
  const std::string digits = fmt::format("{}", number);
  return digits.find_first_of(".en") == std::string::npos ? digits + ".0" : digits;
}

std::string written(const toml::node& node) {
  if (const toml::array* list = node.as_array()) return written_list(*list);
  if (const toml::table* table = node.as_table()) return written_table(*table);
  if (const auto* number = node.as_floating_point()) return written_number(number->get());
  std::ostringstream out;  // texts with their escapes, integers, true and false
  node.visit([&](const auto& concrete) {
    if constexpr (toml::is_string<decltype(concrete)>)
      out << toml::toml_formatter{
          concrete, toml::toml_formatter::default_flags & ~toml::format_flags::allow_literal_strings};
    else if constexpr (toml::is_value<decltype(concrete)>)
      out << concrete;
  });
  return out.str();
}

/// Writes section after section; a heading when the first key of its section is there.
class Writer {
 public:
  explicit Writer(const toml::table& study) : study_(study) {}

  std::string write() {
    std::string list;
    for (const Key& key : study_keys()) {
      const auto brackets = key.path.find("[].");
      if (brackets == std::string::npos) {
        line(key.path, study_.at_path(key.path).node());
      } else if (key.path.substr(0, brackets) != list) {
        list = key.path.substr(0, brackets);
        elements(list);
      }
    }
    return out_;
  }

 private:
  void line(const std::string& path, const toml::node* node) {
    if (node == nullptr) return;
    const auto dot = path.rfind('.');
    const std::string section = dot == std::string::npos ? "" : path.substr(0, dot);
    if (section != section_) out_ += fmt::format("{}[{}]\n", out_.empty() ? "" : "\n", section);
    section_ = section;
    out_ += fmt::format("{} = {}\n", path.substr(dot == std::string::npos ? 0 : dot + 1), written(*node));
  }

  void elements(const std::string& list) {
    const toml::array* array = study_.at_path(list).as_array();
    for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
      out_ += fmt::format("\n[[{}]]\n", list);
      section_ = list + "[]";
      for (const Key& key : study_keys())
        if (key.path.starts_with(section_ + "."))
          if (const toml::node* node = array->get(i)->as_table()->get(key.path.substr(section_.size() + 1)))
            out_ += fmt::format("{} = {}\n", key.path.substr(section_.size() + 1), written(*node));
    }
  }

  const toml::table& study_;
  std::string out_, section_;
};

}  // namespace

std::string toml_literal(const toml::node& node) { return written(node); }

std::string write_study(const toml::table& study) { return Writer(study).write(); }

namespace {

void collect(const toml::node& node, const std::string& path, std::map<std::string, std::string>& values) {
  if (const toml::table* table = node.as_table()) {
    for (const auto& [key, child] : *table)
      collect(child, path.empty() ? std::string(key) : fmt::format("{}.{}", path, key.str()), values);
  } else if (const toml::array* list = node.as_array();
             list && !list->empty() && list->is_array_of_tables()) {
    for (std::size_t i = 0; i < list->size(); ++i)
      collect((*list)[i], fmt::format("{}[{}]", path, i), values);
  } else {
    values[path] = written(node);
  }
}

}  // namespace

std::map<std::string, std::string> study_values(const toml::table& study) {
  std::map<std::string, std::string> values;
  collect(study, "", values);
  return values;
}

}  // namespace saddleflow
