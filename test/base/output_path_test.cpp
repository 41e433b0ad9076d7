#include "saddleflow/base/output_path.hpp"

#include <sys/resource.h>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/input_file.hpp"
#include "saddleflow/base/memory_bound.hpp"

namespace {

namespace fs = std::filesystem;
using namespace saddleflow;

struct Folder {
  Folder() : path(fs::temp_directory_path() / ("output_path_test_" + std::to_string(getpid()))) {
    fs::create_directories(path);
  }
  ~Folder() { fs::remove_all(path); }
  std::string in(const std::string& name) const { return (path / name).string(); }
  long entries() const { return std::distance(fs::directory_iterator(path), fs::directory_iterator()); }
  fs::path path;
};

std::string content_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(output_path_test)

BOOST_AUTO_TEST_CASE(a_text_replaces_a_plain_file_and_what_a_link_leads_to) {
  const Folder folder;
  write_output(folder.in("a"), "one", ExistingFile::keep);
  BOOST_CHECK_THROW(write_output(folder.in("a"), "two", ExistingFile::keep), InputError);
  write_output(folder.in("a"), "two", ExistingFile::replace);
  fs::create_symlink("a", folder.in("link"));
  fs::create_symlink("fresh", folder.in("dangling"));
  write_output(folder.in("link"), "three", ExistingFile::replace);
  write_output(folder.in("dangling"), "four", ExistingFile::keep);
  BOOST_TEST(content_of(folder.in("a")) == "three");
  BOOST_TEST(content_of(folder.in("fresh")) == "four");
  BOOST_TEST(fs::is_symlink(folder.in("link")));
  BOOST_TEST(fs::is_symlink(folder.in("dangling")));
  BOOST_TEST(folder.entries() == 4);  // and no draft
  fs::create_symlink("circle", folder.in("circle"));
  BOOST_CHECK_THROW(write_output(folder.in("circle"), "x", ExistingFile::replace), InputError);
}

BOOST_AUTO_TEST_CASE(special_files_and_long_names_are_refused) {
  const Folder folder;
  fs::create_directory(folder.in("folder"));
  BOOST_REQUIRE(mkfifo(folder.in("pipe").c_str(), 0600) == 0);
  for (const std::string& path : {folder.in("folder"), folder.in("pipe"), std::string("/dev/null")})
    BOOST_CHECK_THROW(write_output(path, "x", ExistingFile::replace), InputError);
  BOOST_TEST(fs::is_fifo(folder.in("pipe")));
  for (const std::size_t length : {234U, 250U, 300U})
    BOOST_CHECK_THROW(require_plain_output(folder.in(std::string(length, 'a'))), InputError);
  write_output(folder.in(std::string(233, 'a')), "x", ExistingFile::keep);
  BOOST_CHECK_THROW(require_plain_output(folder.in("none/a")), IoError);
}

BOOST_AUTO_TEST_CASE(a_limit_on_the_size_of_files_leaves_the_old_one) {
  const Folder folder;
  write_output(folder.in("a"), "old", ExistingFile::keep);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  BOOST_REQUIRE(getrlimit(RLIMIT_FSIZE, &limit) == 0);
  rlimit small = limit;
  small.rlim_cur = 1000;
  BOOST_REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  std::string message;
  try {
    write_output(folder.in("a"), std::string(5000, 'x'), ExistingFile::replace);
  } catch (const IoError& error) {
    message = error.what();
  }
  setrlimit(RLIMIT_FSIZE, &limit);
  std::signal(SIGXFSZ, handler);
  BOOST_TEST(message == folder.in("a") + ": cannot be written: File too large");
  BOOST_TEST(content_of(folder.in("a")) == "old");
  BOOST_TEST(folder.entries() == 1);
}

BOOST_AUTO_TEST_CASE(inputs_without_an_end_and_counts_beyond_the_memory_are_refused) {
  BOOST_CHECK_THROW(read_input("/dev/zero", "a study"), InputError);
  BOOST_CHECK_THROW(read_input("/", "a study"), InputError);
  BOOST_CHECK_THROW(read_input("/no such file", "a study"), IoError);
  require_memory("a", "numbers", {1000, 1000});
  constexpr std::int64_t large = std::int64_t{1} << 40;
  BOOST_CHECK_THROW(require_memory("a", "numbers", {large, large, large}), InputError);
}

BOOST_AUTO_TEST_SUITE_END()
