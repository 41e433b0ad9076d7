#include "saddleflow/study/keys.hpp"

#include <boost/test/unit_test.hpp>
#include <set>

namespace saddleflow {

BOOST_AUTO_TEST_SUITE(keys_test)

BOOST_AUTO_TEST_CASE(every_key_is_documented_once) {
  std::set<std::string> seen;
  for (const Key& key : study_keys()) {
    BOOST_TEST(seen.insert(key.path).second, key.path << " stands twice");
    BOOST_TEST(!key.doc.empty(), key.path << " has no documentation");
    BOOST_TEST(describe_keys().find(key.path.substr(key.path.rfind('.') + 1)) != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(lines_of_the_help_fit_the_width) {
  const std::string help = describe_keys(100);
  for (std::size_t start = 0; start < help.size();) {
    const std::size_t end = help.find('\n', start);
    BOOST_TEST(end - start <= 100u, help.substr(start, end - start));
    start = end + 1;
  }
}

BOOST_AUTO_TEST_CASE(the_nearest_key_is_what_was_meant) {
  BOOST_TEST(nearest_key("flow.tol") == "flow.rtol");
  BOOST_TEST(nearest_key("network.layer") == "network.layers");
  BOOST_TEST(nearest_key("events.saddle.entr") == "events.saddle.enter");
}

BOOST_AUTO_TEST_CASE(ranges) {
  BOOST_TEST(in_range(0, ">= 0"));
  BOOST_TEST(!in_range(0, "> 0"));
  BOOST_TEST(in_range(-1, "-1..1"));
  BOOST_TEST(!in_range(1.5, "-1..1"));
  BOOST_TEST(in_range(1e-12, "1e-17..0.1"));
  BOOST_TEST(in_range(-5, ""));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow
