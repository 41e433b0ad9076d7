// Inputs that once crashed or broke a promise of the library, each through the function that the fuzzers
// call.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <set>

#include "fuzz/scratch.hpp"
#include "fuzz/target.hpp"

BOOST_AUTO_TEST_SUITE(fuzz_regressions_test)

namespace {

namespace fs = std::filesystem;
using namespace saddleflow::fuzz;

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const Target& target : targets()) all.push_back(target.name);
  return all;
}

std::set<fs::path> inputs(const std::string& folder, const std::string& target) {
  std::set<fs::path> found;
  const fs::path path = fs::path(FUZZ_FOLDER) / folder / target;
  if (fs::is_directory(path))
    for (const fs::directory_entry& entry : fs::directory_iterator(path)) found.insert(entry.path());
  return found;
}

}  // namespace

BOOST_DATA_TEST_CASE(what_once_was_wrong_is_right, boost::unit_test::data::make(names()), name) {
  for (const fs::path& input : inputs("regressions", name)) {
    BOOST_TEST_CONTEXT(input.filename().string()) {
      BOOST_CHECK_NO_THROW(find_target(name).run(read_bytes(input.string())));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
