#include "saddleflow/base/one_line.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

BOOST_AUTO_TEST_SUITE(one_line_test)

using saddleflow::one_line;

BOOST_AUTO_TEST_CASE(plain_text_stays) {
  for (const std::string text : {"", "a: found 3, expected \"x\" \\ y", "\xC3\xA9 \xE2\x88\x87L \xF0\x9F\x90\x8E"})
    BOOST_TEST(one_line(text) == text);
}

BOOST_AUTO_TEST_CASE(control_characters_are_shown) {
  BOOST_TEST(one_line("a\nb\r\tc") == "a\\nb\\r\\tc");
  BOOST_TEST(one_line(std::string("\0\x1B[31m\x7F", 7)) == "\\x00\\x1B[31m\\x7F");
  BOOST_TEST(one_line("\xC2\x9Bm") == "\\u{9B}m");           // CSI of eight bits
  BOOST_TEST(one_line("a\xE2\x80\xA8" "b") == "a\\u{2028}b");  // line separator
  BOOST_TEST(one_line("a\xE2\x80\xAE" "b") == "a\\u{202E}b");  // right-to-left override
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_utf8_are_shown) {
  BOOST_TEST(one_line("\xFF\x80") == "\\xFF\\x80");
  BOOST_TEST(one_line("\xC0\x8A") == "\\xC0\\x8A");                  // a line break in two bytes
  BOOST_TEST(one_line("\xED\xA0\x80") == "\\xED\\xA0\\x80");         // half of a surrogate pair
  BOOST_TEST(one_line("\xE2\x82") == "\\xE2\\x82");                  // cut short
  BOOST_TEST(one_line("\xF5\x80\x80\x80") == "\\xF5\\x80\\x80\\x80");  // beyond Unicode
}

BOOST_AUTO_TEST_SUITE_END()
