// Checks an error's text, which is part of the interface.
#pragma once

#include <boost/test/unit_test.hpp>
#include <string>

namespace saddleflow::test {

/// Calls `action` and expects an exception E whose whole message is `message`.
template <class E, class Action>
void expect_error(Action&& action, const std::string& message) {
  try {
    action();
    BOOST_ERROR("no error, expected: " << message);
  } catch (const E& error) {
    BOOST_TEST(error.what() == message);
  }
}

}  // namespace saddleflow::test
