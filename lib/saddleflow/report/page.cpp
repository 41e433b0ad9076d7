#include "saddleflow/report/page.hpp"

#include <filesystem>

#include <fmt/format.h>

#include "saddleflow/base/error.hpp"
#include "saddleflow/report/json.hpp"
#include "saddleflow/report/page_files.hpp"

namespace saddleflow::report {

namespace {

/// Characters to be replaced are rarer than this in most texts: room for them, so that it is not copied.
constexpr std::size_t rare = 16;

/// `text` with each character that `reference` knows replaced.
template <class Reference>
std::string replace_characters(std::string_view text, Reference reference) {
  std::string out;
  out.reserve(text.size() + text.size() / rare);
  for (const char c : text) {
    const std::string_view replacement = reference(c);
    if (replacement.empty())
      out += c;
    else
      out += replacement;
  }
  return out;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

}  // namespace

std::string html_escape(std::string_view text) {
  return replace_characters(text, [](char c) -> std::string_view {
    switch (c) {
      case '&':
        return "&amp;";
      case '<':
        return "&lt;";
      case '>':
        return "&gt;";
      case '"':
        return "&quot;";
      case '\'':
        return "&#39;";
      default:
        return {};
    }
  });
}

std::string script_escape(std::string_view json) {
  std::string out = replace_characters(json, [](char c) -> std::string_view {
    switch (c) {
      case '<':
        return "\\u003c";
      case '>':
        return "\\u003e";
      case '&':
        return "\\u0026";
      default:
        return {};
    }
  });
  replace_all(out, "\xe2\x80\xa8", "\\u2028");
  replace_all(out, "\xe2\x80\xa9", "\\u2029");
  return out;
}

std::string fill_template(std::string_view page, const std::map<std::string, std::string_view>& values) {
  std::string out;
  for (std::size_t at = 0;;) {
    const std::size_t open = page.find("{{", at);
    if (open == std::string_view::npos) return out.append(page.substr(at));
    const std::size_t close = page.find("}}", open);
    const std::string name(page.substr(open + 2, close == std::string_view::npos ? close : close - open - 2));
    const auto value = values.find(name);
    if (close == std::string_view::npos || value == values.end())
      throw InputError(fmt::format("report template: no value for {{{{{}}}}}", name));
    out.append(page.substr(at, open - at)).append(value->second);
    at = close + 2;
  }
}

namespace {

std::string fill_page(const std::string& title_or_file, const std::string& json) {
  const std::string title = html_escape(title_or_file);
  const std::string data = script_escape(json);
  return fill_template(page_files::html, {{"title", title},
                                          {"uplot_style", page_files::uplot_style},
                                          {"style", page_files::style},
                                          {"data", data},
                                          {"uplot_script", page_files::uplot_script},
                                          {"script", page_files::script}});
}

const std::string& heading(const RunData& run) { return run.title.empty() ? run.file : run.title; }

}  // namespace

std::string render_page(const RunData& run) { return fill_page(heading(run), to_json(run)); }

std::string render_page(const std::vector<RunData>& runs) {
  const std::string json = to_json(runs);  // checks that there are any
  return fill_page(heading(runs.front()), json);
}

std::string render_page(const archive::SweepRecord& sweep) {
  const std::string file = std::filesystem::path(sweep.path).filename().string();
  return fill_page(sweep.title.empty() ? file : sweep.title, to_json(sweep));
}

}  // namespace saddleflow::report
