// How many neurons it takes to learn a teacher of k: study tools/studies/pursuit/teacher.toml for k = 3.
#include <fmt/format.h>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "pursuit/pursuit_problem.hpp"

BOOST_AUTO_TEST_SUITE(teacher_table_test)

using namespace saddleflow;
using namespace saddleflow::test;
namespace bdata = boost::unit_test::data;

BOOST_DATA_TEST_CASE(teacher_of_squared_relus, bdata::xrange(1, 6), k) {
  int learnt = 0, exact = 0;
  std::string row;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    NeuronPursuit pursuit = teacher_pursuit(10, 500, k, Activation(0, 2), seed);
    Real loss = 0;
    std::string kind;
    while (const auto round = pursuit.advance()) {
      BOOST_TEST(round->loss_after < round->loss_before);
      BOOST_TEST(round->value > 0);
      BOOST_TEST(round->residual <= 1e-10);
      BOOST_TEST(round->point.is_critical());
      BOOST_TEST(round->point.refinement.relative_gradient <= 1e-10);
      loss = round->loss_after;
      kind = name_of(round->point.kind);
    }
    const bool done = pursuit.end() == PursuitEnd::loss;
    learnt += done ? 1 : 0;
    exact += done && pursuit.state().widths[0] == k ? 1 : 0;
    row += done ? fmt::format(" {}", pursuit.state().widths[0])
                : fmt::format(" ({} at a {}, loss {:.2e}, {})", pursuit.state().widths[0], kind,
                              static_cast<double>(loss), name_of(pursuit.end()));
  }
  BOOST_TEST_MESSAGE(
      fmt::format("k = {}, seeds 1-10: neurons to loss 1e-16:{}; exactly k: {}", k, row, exact));
  if (k <= 3) BOOST_TEST(learnt >= 9);  // the budget is k + 2
}

BOOST_AUTO_TEST_SUITE_END()
