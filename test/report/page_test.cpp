#include "saddleflow/report/page.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "example_run.hpp"
#include "saddleflow/base/error.hpp"

BOOST_AUTO_TEST_SUITE(page_test)

using namespace saddleflow::report;

namespace {

const std::string hostile =
    "</title></script><script>alert(1)</script><!-- {{data}} {{script}} \"'&\xe2\x80\xa8";

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

std::string between(const std::string& text, const std::string& from, const std::string& to) {
  const std::size_t start = text.find(from) + from.size();
  return text.substr(start, text.find(to, start) - start);
}

}  // namespace

BOOST_AUTO_TEST_CASE(escapes) {
  BOOST_TEST(html_escape("a<b>&\"'") == "a&lt;b&gt;&amp;&quot;&#39;");
  BOOST_TEST(script_escape("\"</script>&\xe2\x80\xa8\xe2\x80\xa9\"") ==
             "\"\\u003c/script\\u003e\\u0026\\u2028\\u2029\"");
}

BOOST_AUTO_TEST_CASE(templates_are_filled_once) {
  BOOST_TEST(fill_template("{{a}}-{{b}}-{{a}}", {{"a", "{{b}}"}, {"b", "2"}}) == "{{b}}-2-{{b}}");
  BOOST_TEST(fill_template("no fields", {}) == "no fields");
  BOOST_CHECK_THROW(fill_template("{{c}}", {}), saddleflow::InputError);
  BOOST_CHECK_THROW(fill_template("{{c", {{"c", "1"}}), saddleflow::InputError);
}

BOOST_AUTO_TEST_CASE(hostile_texts_stay_text) {
  RunData run = example_run(2);
  const std::string quiet = render_page(run);
  run.title = run.file = run.study = run.study_as_typed = hostile;
  run.provenance.emplace_back(hostile, hostile);
  run.events[0].kind = hostile;
  const std::string page = render_page(run);
  for (const char* tag : {"<script", "</script", "<title", "</title", "<!--"})
    BOOST_TEST(count(page, tag) == count(quiet, tag));
  const auto data = nlohmann::json::parse(between(page, "id=\"run-data\">", "</script>"));
  BOOST_TEST(data["title"] == hostile);
  BOOST_TEST(data["study"] == hostile);
}

BOOST_AUTO_TEST_CASE(nothing_is_fetched) {
  const std::string page = render_page(example_run(10));
  BOOST_TEST(page.find("default-src 'none'") != std::string::npos);
  for (const char* fetch :
       {" src=", "<link rel=\"stylesheet\"", "@import", "url(", "fetch(", "XMLHttpRequest"})
    BOOST_TEST(page.find(fetch) == std::string::npos, fetch);
  BOOST_TEST_MESSAGE("page of " << page.size() / 1000 << " kB");
  BOOST_TEST(page.size() < 2'000'000u);
}

BOOST_AUTO_TEST_CASE(files_are_whole_and_not_overwritten_by_accident) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / ("saddleflow-page-" + std::to_string(getpid()));
  fs::create_directory(folder);
  const std::string path = (folder / "run.html").string();
  const RunData run = example_run(2);
  write_page(path, run, saddleflow::ExistingFile::keep);
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  BOOST_TEST(text.str() == render_page(run));
  BOOST_CHECK_THROW(write_page(path, run, saddleflow::ExistingFile::keep), saddleflow::InputError);
  write_page(path, example_run(10), saddleflow::ExistingFile::replace);
  BOOST_TEST(fs::file_size(path) != text.str().size());
  BOOST_CHECK_THROW(
      write_page((folder / "missing" / "run.html").string(), run, saddleflow::ExistingFile::keep),
      saddleflow::IoError);
  BOOST_TEST(std::distance(fs::directory_iterator(folder), fs::directory_iterator()) == 1);
  fs::remove_all(folder);
}

BOOST_AUTO_TEST_SUITE_END()
