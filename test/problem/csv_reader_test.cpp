#include "saddleflow/problem/csv_reader.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <string>

#include "problem/expect_error.hpp"
#include "saddleflow/base/error.hpp"

BOOST_AUTO_TEST_SUITE(csv_reader_test)

namespace data = boost::unit_test::data;
using namespace saddleflow;
using test::expect_error;

namespace {

enum class GapRows { refused, dropped };

Dataset parse(const std::string& text, GapRows gaps = GapRows::refused) {
  return parse_csv(text, "data.csv", gaps == GapRows::dropped);
}

void expect_csv_error(const std::string& text, const std::string& message, GapRows gaps = GapRows::refused) {
  expect_error<InputError>([&] { parse(text, gaps); }, message);
}

void expect_two_samples(const Dataset& data) {
  BOOST_TEST_REQUIRE((data.inputs.rows() == 2 && data.inputs.cols() == 2));
  BOOST_TEST_REQUIRE((data.targets.rows() == 1 && data.targets.cols() == 2));
  BOOST_TEST((data.inputs == (Matrix(2, 2) << 1, 4, 2, Real(-0.5)).finished()));
  BOOST_TEST((data.targets == (Matrix(1, 2) << 3, 600).finished()));
}

}  // namespace

BOOST_DATA_TEST_CASE(dialects,
                     data::make({"x1,x2,y1\n1,2,3\n4,-0.5,6e2\n", "x1,x2,y1\n1,2,3\n4,-0.5,6e2",
                                 "x1,x2,y1\r\n1,2,3\r\n4,-0.5,6e2\r\n",
                                 "\xEF\xBB\xBFx1,x2,y1\n1,2,3\n4,-0.5,6e2\n",
                                 "x1, x2,y1 \n 1 ,\t2,3\n4,-0.5,+6E+2\n\n\n",
                                 "\"x1\",\"x2\",\"y1\"\n\"1\",2,3\n4,-.5,600.\n"}),
                     text) {
  expect_two_samples(parse(text));
}

BOOST_AUTO_TEST_CASE(several_targets) {
  const Dataset data = parse("x1,y1,y2\n1,2,3\n");
  BOOST_TEST((data.inputs == Matrix::Ones(1, 1)));
  BOOST_TEST((data.targets == (Matrix(2, 1) << 2, 3).finished()));
  BOOST_TEST(data.origin == "data.csv");
  BOOST_TEST(data.seed == -1);
}

BOOST_AUTO_TEST_CASE(gaps_are_dropped_and_counted) {
  const Dataset data = parse("x1,x2,y1\n1,2,3\n,5,6\n7,NA,9\n4,-0.5,600\n1,2,\n", GapRows::dropped);
  expect_two_samples(data);
  BOOST_TEST(data.dropped == 3);
  const Dataset words = parse(
      "x1,x2,y1\nNaN,2,3\nnan,2,3\nN/"
      "A,2,3\n1,2,3\n1,null,3\n1,NULL,3\n1,2,None\n1,2,?\n4,-0.5,600\n\"NA\",2,3\n",
      GapRows::dropped);
  expect_two_samples(words);
  BOOST_TEST(words.dropped == 8);
}

BOOST_AUTO_TEST_CASE(gaps_are_errors_otherwise) {
  expect_csv_error("x1,x2,y1\n1,2,3\n,5,6\n",
                   "data.csv: line 3, column x1: empty cell found, expected a number; 1 of 2 rows has gaps "
                   "(data.drop_gaps = true leaves them out)");
  expect_csv_error("x1,x2,y1\n1,2,N/A\n1,,3\n1,2,3\n",
                   "data.csv: line 2, column y1: \"N/A\" found, expected a number; 2 of 3 rows have gaps "
                   "(data.drop_gaps = true leaves them out)");
  expect_csv_error("x1,y1\n,1\n2,NA\n", "data.csv: no rows left, all 2 have gaps", GapRows::dropped);
}

BOOST_AUTO_TEST_CASE(bad_cells_are_named) {
  expect_csv_error("x1,x2,y1\n1,2,3\n4,five,6\n",
                   "data.csv: line 3, column x2: \"five\" found, expected a number");
  expect_csv_error("x1,y1,y2\n1,2,3 4\n", "data.csv: line 2, column y2: \"3 4\" found, expected a number");
  expect_csv_error("x1,y1\n1,0x10\n", "data.csv: line 2, column y1: \"0x10\" found, expected a number");
  expect_csv_error("x1,y1\n1,+-2\n", "data.csv: line 2, column y1: \"+-2\" found, expected a number");
  expect_csv_error("x1,y1\n-nan,2\n",
                   "data.csv: line 2, column x1: \"-nan\" found, expected a finite number");
  for (const std::string word : {"nil", "??", "nano", "not known", "-"})
    expect_csv_error("x1,y1\n" + word + ",2\n",
                     "data.csv: line 2, column x1: \"" + word + "\" found, expected a number",
                     GapRows::dropped);
  expect_csv_error("x1,y1\n1,-inf\n",
                   "data.csv: line 2, column y1: \"-inf\" found, expected a finite number");
  expect_csv_error("x1,y1\n1,1e99999\n",
                   "data.csv: line 2, column y1: \"1e99999\" is outside the range of numbers");
  // A gap earlier in the row does not hide a cell that is no number.
  expect_csv_error("x1,y1\n,two\n", "data.csv: line 2, column y1: \"two\" found, expected a number",
                   GapRows::dropped);
}

BOOST_AUTO_TEST_CASE(ragged_rows_are_named) {
  expect_csv_error("x1,x2,y1\n1,2,3\n4,5\n", "data.csv: line 3: 2 cells found, expected 3 as in the header");
  expect_csv_error("x1,y1\n1,2,3\n", "data.csv: line 2: 3 cells found, expected 2 as in the header");
  expect_csv_error("x1,y1\n1,2\n\n3,4\n", "data.csv: line 3: 1 cells found, expected 2 as in the header");
}

BOOST_AUTO_TEST_CASE(a_single_column_needs_no_number) {
  const Dataset one = parse_csv("x,y\n1,2\n3,4\n", "data.csv", false);
  const Dataset numbered = parse_csv("x1,y1\n1,2\n3,4\n", "data.csv", false);
  BOOST_TEST((one.inputs == numbered.inputs));
  BOOST_TEST((one.targets == numbered.targets));
  BOOST_TEST(parse_csv("x1,x2,y\n1,2,3\n", "data.csv", false).inputs.rows() == 2);
  expect_csv_error("x,x2,y\n",
                   "data.csv: line 1, column 2: header \"x2\" found, expected x1,...,xd,y1,...,yk");
  expect_csv_error("x1,y,y2\n",
                   "data.csv: line 1, column 3: header \"y2\" found, expected x1,...,xd,y1,...,yk");
  expect_csv_error("y\n", "data.csv: line 1, column 1: header \"y\" found, expected x1,...,xd,y1,...,yk");
}

BOOST_AUTO_TEST_CASE(bad_headers_are_named) {
  expect_csv_error("x1;x2;y1\n1;2;3\n",
                   "data.csv: line 1, column 1: header \"x1;x2;y1\" found, expected x1,...,xd,y1,...,yk");
  expect_csv_error("1,2,3\n", "data.csv: line 1, column 1: header \"1\" found, expected x1,...,xd,y1,...,yk");
  expect_csv_error("x1,x3,y1\n",
                   "data.csv: line 1, column 2: header \"x3\" found, expected x1,...,xd,y1,...,yk");
  expect_csv_error("x1,y1,x2\n",
                   "data.csv: line 1, column 3: header \"x2\" found, expected x1,...,xd,y1,...,yk");
  expect_csv_error("y1,x1\n",
                   "data.csv: line 1, column 1: header \"y1\" found, expected x1,...,xd,y1,...,yk");
  expect_csv_error("x1,x2\n1,2\n", "data.csv: line 1: no target column found, expected x1,...,xd,y1,...,yk");
}

BOOST_AUTO_TEST_CASE(files_without_rows_are_refused) {
  expect_csv_error("", "data.csv: empty file, expected a header x1,...,xd,y1,...,yk");
  expect_csv_error("\n\r\n", "data.csv: empty file, expected a header x1,...,xd,y1,...,yk");
  expect_csv_error("x1,y1\n", "data.csv: no rows after the header, expected at least one");
}

BOOST_AUTO_TEST_SUITE_END()
