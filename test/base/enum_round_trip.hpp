// What holds of the table of every enum.
#pragma once

#include <boost/test/unit_test.hpp>
#include <set>
#include <string>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/named_enum.hpp"

namespace saddleflow::test {

/// Word and number lead back to the value, no two share one, and an unknown one is an error that lists all.
template <NamedEnum E>
void check_round_trip() {
  const auto& table = enum_table<E>;
  BOOST_TEST_CONTEXT(table.what) {
    std::set<std::string> words;
    std::set<int> flags;
    std::string unknown = "no such word";
    BOOST_TEST(!find_name<E>(unknown).has_value());
    BOOST_TEST(!find_flag<E>(1234).has_value());
    for (const NamedValue<E>& row : table.rows) {
      BOOST_TEST((by_name<E>(name_of(row.value)) == row.value), row.name);
      BOOST_TEST((by_flag<E>(flag_of(row.value)) == row.value), row.name);
      words.insert(row.name);
      flags.insert(row.flag);
      const auto lists = [&](const InputError& error) {
        return std::string(error.what()).find(row.name) != std::string::npos;
      };
      BOOST_CHECK_EXCEPTION(by_name<E>(unknown, "here"), InputError, lists);
      BOOST_CHECK_EXCEPTION(by_flag<E>(1234, "here"), InputError, lists);
    }
    BOOST_TEST(words.size() == table.rows.size());
    BOOST_TEST(flags.size() == table.rows.size());
    BOOST_TEST(names<E>().size() == table.rows.size());
  }
}

}  // namespace saddleflow::test
